"""The values of one condition key that the conditions at hand tell apart.

A match is one value under one operator, before negation. A candidate is a
value of the key with the matches that are sure for it, and those that nobody
can know (a policy variable, a value that AWS does not document).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from itertools import pairwise

from proof.globs import ANY, DIGIT, Glob, Token, literal
from proof.limits import Limits
from proof.machine import machine, texts
from proof.operators import Family, Relation
from proof.patterns import Pattern, value_pattern


@dataclass(frozen=True)
class Match:
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


@dataclass(frozen=True)
class Candidate:
    """A value of the key, for all that match alike.

    Attributes:
        text: the value.
        sure: the matches that hold, as a bit set.
        unknown: those of which nobody can say whether they hold.
    """

    text: str
    sure: int
    unknown: int = 0


SOME_TEXT: Glob = (Token(ANY), Token(ANY, many=True))
ACCOUNT: Glob = (Token(DIGIT),) * 12


def candidates(matches: Sequence[Match], kind: Family, form: Glob, limits: Limits) -> list[Candidate]:
    """Return a value of a key for each way in which `matches` can turn out.

    Args:
        matches: what the policies compare it with.
        kind: what sort of value the key has.
        form: what every text has.
        limits: of the walk.
    """
    own = [match for match in matches if _comparable(match.family) == _comparable(kind)]
    finders: dict[Family, Callable[[], list[Candidate]]] = {
        "number": lambda: _numbers(matches, own),
        "ip": lambda: _addresses(matches, own),
        "bool": lambda: _bools(matches),
    }
    find = finders.get(_comparable(kind), lambda: _texts(matches, own, form, limits))
    return find()


def _comparable(family: Family) -> Family:
    """Dates are numbers of seconds, and binary values texts in base64."""
    merged: dict[Family, Family] = {"date": "number", "binary": "text"}
    return merged.get(family, family)


def _bits(matches: Sequence[Match], test: Callable[[Match], bool]) -> int:
    return sum(1 << number for number, match in enumerate(matches) if test(match))


def _foreign(matches: Sequence[Match], own: Sequence[Match]) -> int:
    """Matches of another sort than the key's: AWS does not say how they turn out."""
    return _bits(matches, lambda match: match not in own)


# Texts


def _texts(matches: Sequence[Match], own: Sequence[Match], form: Glob, limits: Limits) -> list[Candidate]:
    found = texts(_globs(own), form, limits.steps, limits.atoms)
    foreign = _foreign(matches, own)
    readers = _readers(matches, own)
    out = []
    for one in found:
        sure = sum(bit for bit, wanted, _ in readers if one.matches & wanted)
        possible = sum(bit for bit, _, wanted in readers if one.matches & wanted)
        out.append(Candidate(one.text, sure, (possible & ~sure) | foreign))
    return out


def _pattern(match: Match) -> Pattern:
    if match.family != "binary":
        return match.pattern
    try:
        text = base64.b64encode(base64.b64decode(match.text, validate=True)).decode()
    except (binascii.Error, ValueError):
        return Pattern((), ((Token(ANY, many=True),),), f"the value {match.text!r}, which is no base64")
    return Pattern((literal(text),), (literal(text),))


def _globs(own: Sequence[Match]) -> tuple[Glob, ...]:
    patterns = [_pattern(match) for match in own]
    return tuple(dict.fromkeys(glob for one in patterns for glob in (*one.sure, *one.possible)))


def _readers(matches: Sequence[Match], own: Sequence[Match]) -> list[tuple[int, int, int]]:
    """For each match its bit, and the sets of globs that make it sure and possible."""
    number = {glob: at for at, glob in enumerate(_globs(own))}
    out = []
    for at, match in enumerate(matches):
        if match in own:
            pattern = _pattern(match)
            out.append(
                (
                    1 << at,
                    sum(1 << number[glob] for glob in set(pattern.sure)),
                    sum(1 << number[glob] for glob in set(pattern.possible)),
                )
            )
    return out


def candidate(matches: Sequence[Match], kind: Family, text: str) -> Candidate:
    """Return how `matches` turn out for one value of a key, which is `text`."""
    own = [match for match in matches if _comparable(match.family) == _comparable(kind)]
    if kind == "bool":
        return next(one for one in _bools(matches) if one.text == text)
    if _comparable(kind) == "number":
        return _number(matches, own, Fraction(text), text)
    if kind == "ip":
        return _address(matches, own, text)
    sure, unknown = _evaluate(matches, own, text)
    return Candidate(text, sure, unknown)


def _evaluate(matches: Sequence[Match], own: Sequence[Match], text: str) -> tuple[int, int]:
    """Return which text matches hold for `text` for sure, and of which nobody can say."""
    hit = machine(_globs(own)).run(text)
    readers = _readers(matches, own)
    sure = sum(bit for bit, wanted, _ in readers if hit & wanted)
    possible = sum(bit for bit, _, wanted in readers if hit & wanted)
    return sure, (possible & ~sure) | _foreign(matches, own)


# Bools


def _bools(matches: Sequence[Match]) -> list[Candidate]:
    """Return true and false; how other spellings compare is not documented."""
    as_texts = [_as_text(match) for match in matches]
    texts_ = [match for match in as_texts if match.family == "text"]
    out = []
    for text in ("true", "false"):
        sure, unknown = _evaluate(as_texts, texts_, text)
        out.append(Candidate(text, sure, unknown))
    return out


def _as_text(match: Match) -> Match:
    plain = match.family == "bool" and match.text in ("true", "false")
    return Match("text", "equals", match.text) if plain else match


# Numbers and dates


def _numbers(matches: Sequence[Match], own: Sequence[Match]) -> list[Candidate]:
    dates = any(match.family == "date" for match in own)
    points = sorted({one for one in map(number, own) if one is not None})
    return [
        _number(matches, own, point, _moment(point) if dates else _decimal(point))
        for point in _between(points)
    ]


def _number(matches: Sequence[Match], own: Sequence[Match], point: Fraction, text: str) -> Candidate:
    limits = {match: number(match) for match in own}
    unknown = _foreign(matches, own) | _bits(matches, lambda match: limits.get(match, 0) is None)
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
    """Return a number, or a moment in seconds since 1970; None for what is neither."""
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


# Addresses

Network = IPv4Network | IPv6Network


@lru_cache(maxsize=4096)
def network(match: Match) -> Network | None:
    """Return the network of an IpAddress value; None where it is none."""
    try:
        return ip_network(match.text, strict=False)
    except ValueError:
        return None


def _addresses(matches: Sequence[Match], own: Sequence[Match]) -> list[Candidate]:
    networks = [one for one in map(network, own) if one is not None]
    out: dict[tuple[int, int], Candidate] = {}
    for text in _points(networks):
        one = _address(matches, own, text)
        out.setdefault((one.sure, one.unknown), one)
    return list(out.values())


def _address(matches: Sequence[Match], own: Sequence[Match], text: str) -> Candidate:
    address = ip_address(text)
    sure, unknown = 0, _foreign(matches, own)
    for at, match in enumerate(matches):
        if match not in own:
            continue
        found = network(match)
        # How IAM reads an IPv6 address without a prefix is not documented.
        if found is None or (found.version == 6 and "/" not in match.text):
            unknown |= 1 << at
        elif found.version == address.version and address in found:
            sure |= 1 << at
    return Candidate(text, sure, unknown)


def _points(networks: list[Network]) -> list[str]:
    """Return an address of each range that the networks cut out; IPv4 and IPv6 apart."""
    points = ["198.51.100.7", "2001:db8::7"]
    for version, largest in ((4, 2**32 - 1), (6, 2**128 - 1)):
        starts = {0}
        for one in networks:
            if one.version == version:
                starts |= {int(one.network_address), int(one.broadcast_address) + 1}
        make = IPv4Network if version == 4 else IPv6Network
        points += [str(make(start).network_address) for start in sorted(starts) if start <= largest]
    return points
