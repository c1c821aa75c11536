"""Policies from the arguments of a `data.aws_iam_policy_document`.

https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from review.masking import is_sensitive, is_unknown
from review.reading import one_or_many

Json = Any
LISTS = {
    "actions": "Action",
    "not_actions": "NotAction",
    "resources": "Resource",
    "not_resources": "NotResource",
}
WHO = {"principals": "Principal", "not_principals": "NotPrincipal"}
ARGUMENTS = {"//", "depends_on", "lifecycle", "policy_id", "provider", "statement", "version"}
"""With others, such as `dynamic` or `source_policy_documents`, a document has statements of elsewhere."""


class _UnreadError(Exception):
    """A part that decides is not known."""


def whole_policy(document: Mapping[str, Json]) -> str | None:
    """Return the policy that a document makes; None where it says only a part of it."""
    statements = list(_statements(document))
    return None if None in statements or document.keys() - ARGUMENTS else _policy(document, statements)


def known_part(document: Mapping[str, Json]) -> str | None:
    """Return the policy of the statements that a document surely makes, with placeholders in their lists."""
    if document.get("override_policy_documents") or document.get("override_json"):
        return None
    return _policy(document, [one for one in _statements(document) if one])


def _policy(document: Mapping[str, Json], statements: list[Json]) -> str | None:
    version = document.get("version") or "2012-10-17"
    return json.dumps({"Version": version, "Statement": statements}) if statements else None


def _statements(document: Mapping[str, Json]) -> Iterator[dict[str, Json] | None]:
    """Yield each statement; None for one of which a part that decides is not known."""
    for one in one_or_many(document.get("statement")):
        try:
            yield _statement(one)
        except _UnreadError:
            yield None


def _statement(given: Json) -> dict[str, Json]:
    if not isinstance(given, Mapping) or not given.keys() <= {*LISTS, *WHO, "condition", "effect", "sid"}:
        raise _UnreadError
    made: dict[str, Json] = {"Effect": _word(given.get("effect") or "Allow"), "Sid": given.get("sid") or ""}
    made |= {element: _texts(given[name]) for name, element in LISTS.items() if given.get(name)}
    for name, element in WHO.items():
        for one in one_or_many(given.get(name)):
            kind = _word(_at(one, "type"))
            # The provider writes the type * as "Principal": "*".
            made.setdefault(element, {}).setdefault("AWS" if kind == "*" else kind, []).extend(
                _texts(_at(one, "identifiers"))
            )
    for one in one_or_many(given.get("condition")):
        block = made.setdefault("Condition", {}).setdefault(_word(_at(one, "test")), {})
        block.setdefault(_word(_at(one, "variable")), []).extend(_texts(_at(one, "values")))
    return made


def _at(block: Json, name: str) -> Json:
    if not isinstance(block, Mapping):
        raise _UnreadError
    return block.get(name)


def _word(value: Json) -> str:
    if not isinstance(value, str) or is_unknown(value) or is_sensitive(value):
        raise _UnreadError
    return value


def _texts(value: Json) -> list[str]:
    """Return a list's texts; what is hidden stands as a reference, as in the synthesized JSON."""
    return [
        f"${{{one.strip('()')}}}" if is_unknown(one) or is_sensitive(one) else str(one)
        for one in one_or_many(value)
    ]
