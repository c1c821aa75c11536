"""What conditions compare the values of a key with, and a value by how it compares.

A match is one value under one operator, before negation. A candidate is a
value of the key with the matches that are sure for it, and those that nobody
can know (a policy variable, a value that AWS does not document).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from proof.operators import Family, Relation
from proof.patterns import Pattern, value_pattern


class Match(NamedTuple):
    """One value of a policy under one operator.

    Attributes:
        family: what it compares.
        relation: how.
        text: the value.
        variables: whether `${…}` in it is a policy variable.
        ignore_case: whether letters are compared without case.
    """

    family: Family
    relation: Relation
    text: str
    variables: bool = False
    ignore_case: bool = False

    @property
    def pattern(self) -> Pattern:
        """What it matches, for text."""
        return value_pattern(self.text, self.relation, variables=self.variables, ignore_case=self.ignore_case)


class Candidate(NamedTuple):
    """A value of the key, for all that match alike.

    Attributes:
        text: the value.
        sure: the matches that hold, as a bit set.
        unknown: those of which nobody can say whether they hold.
    """

    text: str
    sure: int
    unknown: int = 0


def bits(matches: Sequence[Match], test: Callable[[Match], bool]) -> int:
    """Return those of `matches` that pass a test, as a bit set."""
    return sum(1 << number for number, match in enumerate(matches) if test(match))


def foreign(matches: Sequence[Match], own: Sequence[Match]) -> int:
    """Return the matches of another sort than the key's: AWS does not say how they turn out."""
    ours = set(own)
    return bits(matches, lambda match: match not in ours)
