"""Policies that are known only after apply, as far as the configuration says what is in them.

Terraform writes `(known after apply)` for a whole policy where one ARN in it is not known yet. The
synthesized JSON has its text, with references in it, and a plan has the literals of each
`data.aws_iam_policy_document`.
https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from review.accounts import is_claimed
from review.facts.kinds import POLICIES
from review.parts import plain_address
from review.plan import Change, Plan
from review.policies import parse_policy
from review.reading import configured, object_at

Json = Any
_DOCUMENT = re.compile(r"data\.aws_iam_policy_document\.[^.]+")
_CALLER = re.compile(r"\$\{data\.aws_caller_identity\.[^.}]+\.account_id\}")


class Literals:
    """What a plan's configuration, and the synthesized JSON if it is there, say of policies."""

    def __init__(self, plan: Plan, synthesized: Mapping[str, Json] | None, own: Collection[str]) -> None:
        """Read `plan` and `synthesized`; `own` are the accounts that are ours."""
        self._configured = dict(configured(plan.document))
        self._synthesized = synthesized or {}
        # A reference to the caller says more than an account that only the configuration names.
        self._account = next(iter(own)) if len(own) == 1 and not is_claimed(own) else ""

    def filled_in(self, change: Change) -> Change:
        """Return the change of a new resource with its unknown policies filled in, as far as possible.

        An existing resource stays as it is: comparing it with references would find false differences.
        """
        unknown = change.unknown if isinstance(change.unknown, dict) else {}
        found = {
            name: text
            for name in POLICIES.get(change.type, ())
            if change.action == "create" and unknown.get(name) is True and (text := self._text(change, name))
        }
        if not found:
            return change
        after = change.after if isinstance(change.after, dict) else {}
        rest = {name: mark for name, mark in unknown.items() if name not in found}
        return replace(change, after=after | found, unknown=rest)

    def _text(self, change: Change, name: str) -> str | None:
        text = self._of_synthesized(change, name) or self._of_document(change, name)
        if text and self._account:
            text = _CALLER.sub(self._account, text)
        return text if parse_policy(text) else None

    def _of_synthesized(self, change: Change, name: str) -> str | None:
        of_resource = object_at(self._synthesized, "resource", change.type, change.address.partition(".")[2])
        value = of_resource.get(name)
        return value if isinstance(value, str) else None

    def _of_document(self, change: Change, name: str) -> str | None:
        address = plain_address(change.address)
        module = address[: address.rfind(change.type)]
        references = object_at(self._configured.get(address), "expressions", name).get("references")
        documents = {
            found[0] for one in references or () if isinstance(one, str) and (found := _DOCUMENT.match(one))
        }
        if len(documents) != 1:
            return None
        return _policy(self._configured.get(f"{module}{documents.pop()}", {}).get("expressions"))


MERGED = {"source_policy_documents", "override_policy_documents"}
"""With these a document holds statements of others."""


class _UnreadError(Exception):
    """A part that decides is no literal."""


def _policy(expressions: Json) -> str | None:
    if not isinstance(expressions, dict) or MERGED & expressions.keys():
        return None
    try:
        statements = [_statement(one) for one in expressions.get("statement") or ()]
    except (_UnreadError, AttributeError, TypeError):
        return None
    return json.dumps({"Version": "2012-10-17", "Statement": statements}) if statements else None


def _statement(given: Mapping[str, Json]) -> dict[str, Json]:
    made: dict[str, Json] = {"Effect": _one(given.get("effect")) or "Allow", "Sid": _one(given.get("sid"))}
    for name, element in (
        ("actions", "Action"),
        ("not_actions", "NotAction"),
        ("resources", "Resource"),
        ("not_resources", "NotResource"),
    ):
        if name in given:
            made[element] = list(_many(given[name], references=name.endswith("resources")))
    for name, element in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
        for one in given.get(name) or ():
            listed = made.setdefault(element, {}).setdefault(_one(one.get("type")), [])
            listed += _many(one.get("identifiers"))
    for one in given.get("condition") or ():
        block = made.setdefault("Condition", {}).setdefault(_one(one.get("test")), {})
        block[_one(one.get("variable"))] = list(_many(one.get("values")))
    return made


def _one(given: Json) -> str:
    value = given.get("constant_value") if given else None
    if given and not isinstance(value, str):
        raise _UnreadError
    return value or ""


def _many(given: Json, *, references: bool = False) -> Iterator[str]:
    """Yield the literals of an argument; of one with references, which may be among literals, the first."""
    values = given.get("constant_value")
    if isinstance(values, list):
        yield from map(str, values)
    elif references and isinstance(given.get("references"), list):
        yield from (f"${{{one}}}" for one in given["references"][:1])
    else:
        raise _UnreadError
