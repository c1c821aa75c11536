"""The values of one condition key that the given conditions distinguish."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache

from proof.address_values import address_candidate, addresses
from proof.globs import ANY, DIGIT, Glob, Token, literal
from proof.limits import Limits
from proof.machine import Machine, machine, texts
from proof.matches import Candidate, Match, foreign
from proof.number_values import number_candidate, numbers
from proof.operators import Family
from proof.patterns import Pattern

SOME_TEXT: Glob = (Token(ANY), Token(ANY, many=True))
ACCOUNT: Glob = (Token(DIGIT),) * 12
_MERGED: dict[Family, Family] = {"date": "number", "binary": "text"}


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
        "number": lambda: numbers(matches, own),
        "ip": lambda: addresses(matches, own),
        "bool": lambda: _bools(matches),
    }
    find = finders.get(_comparable(kind), lambda: _texts(matches, own, form, limits))
    return find()


def _comparable(family: Family) -> Family:
    """Dates are numbers of seconds, and binary values texts in base64."""
    return _MERGED.get(family, family)


# Texts


def _texts(matches: Sequence[Match], own: Sequence[Match], form: Glob, limits: Limits) -> list[Candidate]:
    found = texts(_globs(own), form, limits.steps, limits.atoms)
    read = _reader(tuple(matches), tuple(own))
    return [Candidate(one.text, *read(one.matches)) for one in found]


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


@lru_cache(maxsize=2048)
def _machine(own: tuple[Match, ...]) -> Machine:
    return machine(_globs(own))


@lru_cache(maxsize=2048)
def _reader(matches: tuple[Match, ...], own: tuple[Match, ...]) -> Callable[[int], tuple[int, int]]:
    """Return what says which matches a set of globs makes sure, and which are undecided."""
    number = {glob: at for at, glob in enumerate(_globs(own))}
    ours, of_other_sorts = set(own), foreign(matches, own)
    readers = []  # for each match its bit, and the sets of globs that make it sure and possible
    for at, match in enumerate(matches):
        if match in ours:
            pattern = _pattern(match)
            readers.append(
                (
                    1 << at,
                    sum(1 << number[glob] for glob in set(pattern.sure)),
                    sum(1 << number[glob] for glob in set(pattern.possible)),
                )
            )

    def read(hit: int) -> tuple[int, int]:
        sure = sum(bit for bit, wanted, _ in readers if hit & wanted)
        possible = sum(bit for bit, _, wanted in readers if hit & wanted)
        return sure, (possible & ~sure) | of_other_sorts

    return read


def candidate(matches: Sequence[Match], kind: Family, text: str) -> Candidate:
    """Return how `matches` turn out for one value of a key, which is `text`."""
    own = [match for match in matches if _comparable(match.family) == _comparable(kind)]
    if kind == "bool":
        return next(one for one in _bools(matches) if one.text == text)
    if _comparable(kind) == "number":
        return number_candidate(matches, own, Fraction(text), text)
    if kind == "ip":
        return address_candidate(matches, own, text)
    sure, unknown = _evaluate(matches, own, text)
    return Candidate(text, sure, unknown)


def _evaluate(matches: Sequence[Match], own: Sequence[Match], text: str) -> tuple[int, int]:
    """Return which text matches hold for `text` for sure, and which are undecided."""
    hit = _machine(tuple(own)).run(text)
    return _reader(tuple(matches), tuple(own))(hit)


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
