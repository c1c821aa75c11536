"""Patterns over text, as globs: a sequence of tokens.

A token accepts one character of a class, or any number of them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

ANY = ""
NO_COLON = ":"
NO_SLASH = ":/"
DIGIT = "0-9"
DIGITS = "0123456789"


class Token(NamedTuple):
    """One piece of a glob.

    Attributes:
        accepts: a class from above, or the characters themselves (one, or one in both cases).
        many: whether any number of them passes, also none.
        literal: whether `accepts` holds characters and no class.
    """

    accepts: str
    many: bool = False
    literal: bool = False


STAR = Token(ANY, many=True)
ONE = Token(ANY)
Glob = tuple[Token, ...]


def literal(text: str, *, ignore_case: bool = False) -> Glob:
    """Return the glob of exactly `text`."""
    if not ignore_case:
        return tuple(Token(character, literal=True) for character in text)
    return tuple(Token(_both_cases(character), literal=True) for character in text)


def _both_cases(character: str) -> str:
    lower, upper = character.lower(), character.upper()
    return character if len(lower) != 1 or len(upper) != 1 or lower == upper else lower + upper


def glob(text: str, accepts: str = ANY) -> Glob:
    """Return the glob of `text`, whose `*` and `?` accept the characters of a class."""
    tokens = {"*": Token(accepts, many=True), "?": Token(accepts)}
    return tuple(tokens.get(character) or Token(character, literal=True) for character in text)


@lru_cache(maxsize=16384)
def beginning(tokens: Glob) -> str:
    """Return the characters that every text of a glob begins with."""
    found = ""
    for token in tokens:
        if not token.literal or token.many or len(token.accepts) != 1:
            break
        found += token.accepts
    return found


def may_meet(one: Glob, other: Glob) -> bool:
    """Say False only where no text matches both."""
    start, first = beginning(one), beginning(other)
    if not start.startswith(first):
        return first.startswith(start)
    if len(start) == len(first) or len(first) == len(other):
        return True
    follows = other[len(first)]
    return follows.many or follows.literal or in_class(start[len(first)], follows.accepts)


def in_class(character: str, accepts: str) -> bool:
    """Say whether a class accepts a character."""
    if accepts == DIGIT:
        return character in DIGITS
    return accepts == ANY or (character != ":" and (accepts == NO_COLON or character != "/"))
