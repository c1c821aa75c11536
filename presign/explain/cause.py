"""What is wrong, and what to do about it; and how values are shown without giving a secret away."""

from collections.abc import Iterable
from dataclasses import dataclass

SECRET_PARAMETERS = ("X-Amz-Signature", "X-Amz-Security-Token")
_LONGEST = 80  # characters of a value


@dataclass(frozen=True)
class Cause:
    """What is wrong, in one line, and the remedy.

    ``scan`` is whether the object's scan for malware may be the reason, which its tags tell.
    """

    text: str
    remedy: str
    scan: bool = False


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


def listed(names: Iterable[str], last: str = "and") -> str:
    """Write ``a``, ``a and b`` or ``a, b and c``."""
    *first, end = names
    return f"{', '.join(first)} {last} {end}" if first else end
