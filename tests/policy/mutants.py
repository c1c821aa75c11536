"""Policies with one part taken out of one statement, to see that some request of the table notices."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass

from tests.policy.engine import Document


@dataclass(frozen=True)
class Mutant:
    """A policy that lacks something.

    Attributes:
        policy: the policy's name.
        sid: the statement that lacks it.
        lacks: what; empty where the whole statement is gone.
        document: what is left.
    """

    policy: str
    sid: str
    lacks: str
    document: Document

    def __str__(self) -> str:
        return f"{self.policy}: {self.sid}" + (f" without {self.lacks}" if self.lacks else "")


def without_statement(name: str, policy: Document, sid: str) -> Mutant:
    """Return `policy` without the statement `sid`."""
    left = [one for one in policy["Statement"] if one["Sid"] != sid]
    return Mutant(name, sid, "", {**policy, "Statement": left})


def without_part(name: str, policy: Document) -> Iterator[Mutant]:
    """Yield `policy` without each value of a list, and without each condition key, of every statement."""
    for number, statement in enumerate(policy["Statement"]):
        places: list[tuple[str, ...]] = [("Action",), ("Resource",), ("Principal", "AWS")]
        for operator, block in statement.get("Condition", {}).items():
            for key in block:
                places.append(("Condition", operator, key))
                left = copy.deepcopy(statement)
                del left["Condition"][operator][key]
                yield Mutant(name, statement["Sid"], f"{operator} {key}", _replaced(policy, number, left))
        for place in places:
            for value in list(_several(statement, place)):
                left = copy.deepcopy(statement)
                _several(left, place).remove(value)
                lacks = f"{' '.join(place)} {value}"
                yield Mutant(name, statement["Sid"], lacks, _replaced(policy, number, left))


def _replaced(policy: Document, number: int, statement: Document) -> Document:
    """Return `policy` with another statement of that number; the others are the same objects."""
    statements = policy["Statement"]
    return {**policy, "Statement": [*statements[:number], statement, *statements[number + 1 :]]}


def _several(statement: Document, place: tuple[str, ...]) -> list[str]:
    """Return the list at `place`, if there is one and it has more than one value."""
    found: object = statement
    for key in place:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, list) and len(found) > 1 else []
