"""Policies, and how they differ by statement. Order and formatting never count.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from review.model import Part, StatementChange
from review.plan import too_deep

Json = Any
Condition = tuple[str, str]
"""A condition's operator and key."""

ELEMENTS = ("Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource")
PARTS = {"Version", "Id", "Statement"}
IN_STATEMENT = {"Sid", "Effect", "Condition", *ELEMENTS}


@dataclass(frozen=True)
class Statement:
    """A statement in its normal form.

    Attributes:
        sid: its Sid; may be empty.
        effect: `Allow` or `Deny`.
        elements: the values of each of `ELEMENTS` that it has.
        conditions: the values by operator and key.
    """

    sid: str
    effect: str
    elements: Mapping[str, frozenset[str]]
    conditions: Mapping[Condition, frozenset[str]] = field(default_factory=dict)

    @cached_property
    def content(self) -> tuple[object, ...]:
        """All but the Sid, to compare."""
        return (
            self.effect,
            frozenset(self.elements.items()),
            frozenset(
                (operator.lower(), key.lower(), values) for (operator, key), values in self.conditions.items()
            ),
        )

    @property
    def has_variables(self) -> bool:
        """Whether it has text that is a variable, or plain text, by the policy's version.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
        """
        found = (*self.elements.values(), *self.conditions.values())
        return any("${" in value for values in found for value in values)

    def parts(self) -> dict[str, tuple[str, ...]]:
        """Return each element as it is shown."""
        shown: dict[str, tuple[str, ...]] = {"Effect": (self.effect,)}
        shown |= {name: tuple(sorted(values)) for name, values in self.elements.items()}
        for (operator, key), values in sorted(self.conditions.items()):
            shown[f"Condition {operator} {key}"] = tuple(sorted(values))
        return shown


@dataclass(frozen=True)
class Policy:
    """A policy document."""

    version: str
    statements: tuple[Statement, ...]


def parse_policy(text: Json) -> Policy | None:
    """Return the policy that `text` holds, or None where it holds none."""
    return _parsed(text) if isinstance(text, str) and text.lstrip().startswith("{") else None


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Policy | None:
    try:
        document = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or too_deep(document) or not document.keys() <= PARTS:
        return None
    listed = document.get("Statement", [])
    statements = [listed] if isinstance(listed, dict) else listed
    if not isinstance(statements, list) or not all(_is_statement(one) for one in statements):
        return None
    return Policy(_text(document.get("Version", "2008-10-17")), tuple(_statement(one) for one in statements))


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """Return an object; no page says which of two values with the same name AWS takes."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands there twice")
    return found


def _is_statement(value: Json) -> bool:
    # What is written otherwise, as `action`, might be an element to AWS.
    return (
        isinstance(value, dict) and value.get("Effect") in ("Allow", "Deny") and value.keys() <= IN_STATEMENT
    )


def _statement(value: Mapping[str, Json]) -> Statement:
    elements = {}
    for name in ELEMENTS:
        if name in value:
            read = (
                _principals if name.endswith("Principal") else _actions if name.endswith("Action") else _texts
            )
            elements[name] = frozenset(read(value[name]))
    conditions: dict[Condition, frozenset[str]] = {}
    blocks = value.get("Condition")
    for operator, block in blocks.items() if isinstance(blocks, dict) else ():
        for key, values in block.items() if isinstance(block, dict) else ():
            conditions[operator, key] = frozenset(_texts(values))
    sid = value.get("Sid")
    return Statement("" if sid is None else _text(sid), value["Effect"], elements, conditions)


def _texts(value: Json) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        yield _text(item)


def _text(value: Json) -> str:
    # "true" and true are the same condition, and so are "1" and 1.
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _actions(value: Json) -> Iterator[str]:
    for action in _texts(value):
        service, colon, name = action.partition(":")
        yield f"{service.lower()}{colon}{name}"


def _principals(value: Json) -> Iterator[str]:
    for kind, names in value.items() if isinstance(value, dict) else [("AWS", value)]:
        for name in _texts(names):
            if kind != "AWS":
                yield f"{kind} {name}"
            elif re.fullmatch(r"[0-9]{12}", name):
                yield f"arn:aws:iam::{name}:root"  # what AWS makes of an account's number
            else:
                yield name


def pairs(before: Policy | None, after: Policy | None) -> list[tuple[Statement | None, Statement | None]]:
    """Return the statements that differ, each with what became of it.

    They are paired by their Sid; those without one, or with one that others have too, by their content.
    """
    old = list(before.statements) if before else []
    new = list(after.statements) if after else []
    same = Counter((one.sid, one.content) for one in old) & Counter((one.sid, one.content) for one in new)
    old, new = _left_over(old, same), _left_over(new, same)
    result: list[tuple[Statement | None, Statement | None]] = []
    # A Sid that changed, and nothing else.
    for one in list(old):
        twin = next((other for other in new if other.content == one.content), None)
        if twin is not None:
            result.append((one, twin))
            old.remove(one)
            new.remove(twin)
    for one in old:
        match = next((other for other in new if one.sid and other.sid == one.sid), None)
        if match is not None:
            new.remove(match)
        result.append((one, match))
    return [*result, *((None, one) for one in new)]


def _left_over(statements: list[Statement], same: Counter[tuple[str, tuple[object, ...]]]) -> list[Statement]:
    left = same.copy()
    result = []
    for one in statements:
        if left[one.sid, one.content] > 0:
            left[one.sid, one.content] -= 1
        else:
            result.append(one)
    return result


def statement_changes(before: Policy | None, after: Policy | None) -> tuple[StatementChange, ...]:
    """Return how the two policies differ, statement by statement."""
    result = []
    for old, new in pairs(before, after):
        left, right = old.parts() if old else {}, new.parts() if new else {}
        names = [*left, *(name for name in right if name not in left)]
        parts = tuple(
            Part(name, left.get(name, ()), right.get(name, ()))
            for name in names
            if left.get(name) != right.get(name)
        )
        if old is not None and new is not None and old.sid != new.sid:
            result.append(StatementChange(new.sid, "renamed", (Part("Sid", (old.sid,), (new.sid,)),)))
        else:
            change = "added" if old is None else "removed" if new is None else "changed"
            result.append(StatementChange((new or old or _NONE).sid, change, parts))
    return tuple(result)


_NONE = Statement("", "", {})
