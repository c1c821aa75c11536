"""Numbers and dates of a condition key: one at, between and beyond all that conditions compare it with."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from proof.matches import Candidate, Match, bits, foreign
from proof.operators import Relation


def numbers(matches: Sequence[Match], own: Sequence[Match]) -> list[Candidate]:
    """Return a number for each way in which `matches` can turn out; `own` are those of numbers and dates."""
    dates = any(match.family == "date" for match in own)
    points = sorted({one for one in map(number, own) if one is not None})
    return [
        number_candidate(matches, own, point, _moment(point) if dates else _decimal(point))
        for point in _between(points)
    ]


def number_candidate(matches: Sequence[Match], own: Sequence[Match], point: Fraction, text: str) -> Candidate:
    """Return how `matches` turn out for a number or a moment, which is written `text`."""
    limits = {match: number(match) for match in own}
    unknown = foreign(matches, own) | bits(matches, lambda match: limits.get(match, 0) is None)
    sure = sum(
        1 << at
        for at, match in enumerate(matches)
        if (limit := limits.get(match)) is not None and _ORDER[match.relation](point, limit)
    )
    return Candidate(text, sure, unknown)


_ORDER: dict[Relation, Callable[[Fraction, Fraction], bool]] = {
    "equals": lambda given, limit: given == limit,
    "less": lambda given, limit: given < limit,
    "less or equal": lambda given, limit: given <= limit,
    "greater": lambda given, limit: given > limit,
    "greater or equal": lambda given, limit: given >= limit,
}


@lru_cache(maxsize=4096)
def number(match: Match) -> Fraction | None:
    """Return a number, or a moment in seconds since 1970; None for anything else."""
    try:
        return Fraction(_finite(match.text))
    except (InvalidOperation, ValueError):
        return _seconds(match.text) if match.family == "date" else None


def _finite(text: str) -> Decimal:
    # No exponents: 1e999999999 would take all memory.
    if not re.fullmatch(r"[+-]?\d{1,40}(\.\d{1,40})?", text, re.ASCII):
        raise ValueError(text)
    return Decimal(text)


def _seconds(text: str) -> Fraction | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return Fraction(since.days * 86400 + since.seconds) + Fraction(since.microseconds, 1_000_000)


def _between(points: list[Fraction]) -> list[Fraction]:
    """Return each of `points` and a number between each two and at both ends, none below zero."""
    if not points:
        return [Fraction(1)]
    out = [
        max(points[-1] + 1, Fraction(1)),
        points[0] - 1 if points[0] > 1 or points[0] < 0 else points[0] / 2,
    ]
    for one, other in pairwise(points):
        out += [one, _middle(one, other)]
    out.append(points[-1])
    return sorted({one for one in out if one >= 0})


def _middle(one: Fraction, other: Fraction) -> Fraction:
    """Return a number between the two; a whole one where there is one."""
    whole = Fraction(one.numerator // one.denominator + 1)
    return whole if whole < other else (one + other) / 2


def _decimal(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value.numerator)
    digits = Decimal(value.numerator) / Decimal(value.denominator)
    return format(digits.normalize(), "f")


def _moment(value: Fraction) -> str:
    try:
        return datetime.fromtimestamp(float(value), UTC).isoformat().replace("+00:00", "Z")
    except (OverflowError, ValueError, OSError):
        return _decimal(value)
