"""Policies that are known only after apply, as far as it is known what is in them.

Terraform writes `(known after apply)` for a whole policy where one ARN in it is not known yet. The
synthesized JSON has its text, with references in it. A plan only lists what a policy refers to, and not
what becomes of that: a `data.aws_iam_policy_document` may show a danger, but never that there is none.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from review.accounts import is_claimed
from review.documents import known_part, whole_policy
from review.facts.kinds import POLICIES
from review.masking import visible
from review.model import Finding
from review.parts import plain_address
from review.plan import Change, Plan
from review.policies import parse_policy
from review.policy_findings import allowed_more
from review.reading import configured, items, object_at, objects, state_resources

Json = Any
_REFERENCE = re.compile(r"data\.aws_iam_policy_document\.[^.]+")
_DOCUMENT = re.compile(r"\$\{data\.aws_iam_policy_document\.([\w-]+)\.(?:minified_)?json\}")
_CALLER = re.compile(r"\$\{(data\.aws_caller_identity\.[\w-]+)\.account_id\}")
_ESCAPED = re.compile(r"(?<!\$)\$\$\{|(?<!%)%%\{")
_OF_AWS = re.compile(r"\$\{(?:aws_\w+\.[\w-]+\.arn|aws_s3_bucket\.[\w-]+\.(?:bucket|id))\}")
"""What AWS names: no such name can be a pattern, or a part of a policy."""


class Literals:
    """What a plan, and the synthesized JSON if it is there, say of policies that are not known yet."""

    def __init__(self, plan: Plan, synthesized: Mapping[str, Json] | None, own: Collection[str]) -> None:
        """Read `plan` and `synthesized`; `own` are the accounts that are ours."""
        self._configured = dict(configured(plan.document))
        self._read = [
            (plain_address(str(one.get("address"))), object_at(one, "change"))
            for one in objects(plan.document.get("resource_changes"))
            if one.get("type") == "aws_iam_policy_document"
        ]
        self._synthesized = synthesized or {}
        self._own = own
        # A reference to the caller says more than an account that only the configuration names.
        self._callers = {} if is_claimed(own) else _callers(plan)

    def filled_in(self, change: Change) -> Change:
        """Return the change of a new resource with its unknown policies filled in, where all of one is known.

        An existing resource stays as it is: comparing it with references would find false differences.
        """
        found = {
            name: text
            for name in _unknown(change)
            if (text := self._of_synthesized(change, name)) and _is_whole(text) and parse_policy(text)
        }
        if not found:
            return change
        rest = {name: mark for name, mark in change.unknown.items() if name not in found}
        return replace(change, after={**object_at(change.after), **found}, unknown=rest)

    def opened(self, change: Change) -> Iterator[Finding]:
        """Yield what the known part of each unknown policy of a new resource allows."""
        for name in _unknown(change):
            text = self._of_synthesized(change, name) or self._of_document(change, name)
            if object_at(change.after_sensitive).get(name) is not True:
                for _, one in allowed_more(change.type, None, parse_policy(text), self._own):
                    yield one.at(change.address)

    def _of_synthesized(self, change: Change, name: str) -> str | None:
        of_resource = object_at(self._synthesized, "resource", change.type, change.address.partition(".")[2])
        value = of_resource.get(name)
        if isinstance(value, str) and (named := _DOCUMENT.fullmatch(value)):
            value = whole_policy(object_at(self._synthesized, "data", "aws_iam_policy_document", named[1]))
        if not isinstance(value, str) or parse_policy(value) is None:
            return None
        return _CALLER.sub(lambda found: self._callers.get(found[1], found[0]), value)

    def _of_document(self, change: Change, name: str) -> str | None:
        """Return what a plan shows of the one document that a policy refers to."""
        address = plain_address(change.address)
        module = address[: address.rfind(change.type)]
        references = object_at(self._configured.get(address), "expressions", name).get("references")
        named = {
            f"{module}{plain_address(found[0])}"
            for one in items(references)
            if isinstance(one, str) and (found := _REFERENCE.match(one))
        }
        read = [one for where, one in self._read if named == {where}]
        if len(read) != 1:
            return None
        sides = (read[0].get(name) for name in ("after", "after_unknown", "after_sensitive"))
        return known_part(object_at(visible(*sides)))


def _callers(plan: Plan) -> dict[str, str]:
    """Return the account of each caller by its address: one of another provider may be another's."""
    return {
        str(one.get("address")): str(object_at(one, "values").get("account_id"))
        for one in state_resources(plan.document)
        if one.get("type") == "aws_caller_identity"
    }


def _unknown(change: Change) -> list[str]:
    """Return which policies of a new resource are not known yet."""
    unknown = object_at(change.unknown) if change.action == "create" else {}
    return [name for name in POLICIES.get(change.type, ()) if unknown.get(name) is True]


def _is_whole(text: str) -> bool:
    """Return whether a policy's text refers to nothing that could be any text."""
    for plain in (_ESCAPED, _CALLER, _OF_AWS):
        text = plain.sub("", text)
    return not re.search(r"[$%]\{", text)
