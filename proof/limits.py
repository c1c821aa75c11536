"""Limits on the work of one question, counted in steps, so that every machine gives the same answer."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """How much work is done before an answer is "undecided".

    Attributes:
        characters: of all patterns and values of one question together.
        steps: of one walk over the patterns of a dimension.
        atoms: values of one dimension that the patterns tell apart.
        solver: z3's `rlimit` for one check.
        rounds: how often a request that depends on something unknown is replaced by another one.
    """

    characters: int = 100_000
    steps: int = 60_000
    atoms: int = 1_500
    solver: int = 3_000_000
    rounds: int = 24


DEFAULT = Limits()


class LimitError(Exception):
    """A question that is too large to decide within its limits."""
