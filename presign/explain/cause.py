"""What is wrong, and what to do about it; and how values are shown without giving a secret away."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

SECRET_PARAMETERS = ("X-Amz-Signature", "X-Amz-Security-Token")
_LONGEST = 80  # characters of a value
_PART = 16  # characters of a secret; fewer may also be a word
# A signature is hexadecimal, a session token Base64, whose + and / may be escaped. Version ids have 32
# characters.
_SECRET = re.compile(r"[0-9a-f]{33,}|(?:[A-Za-z0-9+/]|%(?:25)*2[BbFf]){40,}(?:=|%(?:25)*3[Dd])*")
_ENCODINGS = 4  # how often a link is percent-encoded at most


@dataclass(frozen=True)
class Cause:
    """What is wrong, in one line, and the remedy."""

    text: str
    remedy: str


def shown(value: str) -> str:
    """Return a value in quotes, cut where it is long."""
    return repr(value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…")


def difference(sent: str, signed: str) -> str:
    """Say what was sent and what was signed; of long values, the first character that differs."""
    if max(len(sent), len(signed)) <= _LONGEST:
        return f"S3 got {shown(sent)}, and {shown(signed)} was signed"
    place = next((n for n, pair in enumerate(zip(sent, signed, strict=False)) if pair[0] != pair[1]), None)
    if place is None:
        return f"S3 got {len(sent)} characters, and {len(signed)} were signed"
    around = slice(max(place - 10, 0), place + 20)
    return f"from character {place + 1} S3 got {sent[around]!r}, and {signed[around]!r} was signed"


def secret_difference(sent: str, signed: str) -> str:
    """Say where two secrets differ, and show neither."""
    if len(sent) != len(signed):
        return f"S3 got {len(sent)} characters, and the link has {len(signed)}"
    place = next(n for n, pair in enumerate(zip(sent, signed, strict=True)) if pair[0] != pair[1])
    return f"character {place + 1} of {len(signed)} differs"


def without(text: str, secrets: Iterable[str]) -> str:
    """Return the text without any part of a secret that has _PART characters or more."""
    parts = {secret[n : n + _PART] for secret in secrets for n in range(len(secret) - _PART + 1)}
    hidden = bytearray(len(text))
    for n in range(len(text) - _PART + 1):
        if text[n : n + _PART] in parts:
            hidden[n : n + _PART] = b"\1" * _PART
    runs = re.finditer(b"\0+|\1+", hidden)
    return "".join("[not shown]" if hidden[run.start()] else text[run.start() : run.end()] for run in runs)


def secrets_in(query: str) -> list[str]:
    """Return what in a query looks like a signature or a token, under whatever name it stands."""
    found = []
    for _ in range(_ENCODINGS):
        found += _SECRET.findall(query)
        query = unquote(query)
    return found


def listed(names: Iterable[str], last: str = "and") -> str:
    """Write ``a``, ``a and b`` or ``a, b and c``."""
    *first, end = names
    return f"{', '.join(first)} {last} {end}" if first else end
