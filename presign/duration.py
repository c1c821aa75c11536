"""How long a link lives: reading ``15m``, choosing, and saying it in words or as a moment."""

import re
from datetime import UTC, datetime, timedelta

from presign.errors import DurationError, ExpiryError, MomentError
from presign.signer import MAX_EXPIRES

DEFAULT_EXPIRES = 15 * 60  # seconds

_SECONDS = {"": 1, "s": 1, "m": 60, "h": 60 * 60, "d": 24 * 60 * 60}
_WORDS = ((24 * 60 * 60, "day"), (60 * 60, "hour"), (60, "minute"), (1, "second"))
# Twelve digits are more than enough, and keep absurd numbers out of the arithmetic.
_DURATION = re.compile(r"([0-9]{1,12})([smhd]?)")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def parse(text: str) -> int:
    """Return the seconds in a duration such as ``90``, ``90s``, ``15m``, ``1h`` or ``7d``.

    Raises DurationError for anything else, and for zero.
    """
    match = _DURATION.fullmatch(text.strip())
    seconds = int(match[1]) * _SECONDS[match[2]] if match else 0
    if not seconds:
        raise DurationError(
            f"{text!r} is not a duration: give a whole number above zero and a unit (s, m, h or d), "
            "such as 15m, 1h or 7d"
        )
    return seconds


def choose(asked: int | None, bucket_max: int, default: int = DEFAULT_EXPIRES) -> int:
    """Return the seconds that a link will live.

    ``asked`` is what the user wants, in seconds, or None for ``default``, which
    gives way to a bucket that allows less. ``bucket_max`` is the
    bucket's own limit in seconds. Raises ExpiryError where more is asked than
    the bucket or SigV4 (7 days) allows.
    """
    limit = min(bucket_max, MAX_EXPIRES)
    if asked is None:
        return min(default, limit)
    if asked > limit:
        whose = "this bucket allows (its output PresignMaxSeconds)" if limit < MAX_EXPIRES else "S3 allows"
        raise ExpiryError(f"an expiry of {words(asked)} is longer than {whose}: at most {words(limit)}")
    return asked


def moment(text: str) -> datetime:
    """Return the moment that a date and time with its offset names, such as ``2026-12-01T08:00Z``, in UTC.

    Raises MomentError for anything else: without an offset, readers in two places would disagree.
    """
    try:
        if _MOMENT.fullmatch(text.strip()):
            return datetime.fromisoformat(text.strip().upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise MomentError(
        f"{text!r} is not a date and time with an offset: give one such as 2026-12-01T08:00Z "
        "or 2026-12-01T09:00+01:00"
    )


def until(end: datetime, now: datetime, bucket_max: int) -> int:
    """Return the seconds from ``now`` to ``end``, both in UTC; ``bucket_max`` is as for ``choose``.

    Raises ExpiryError where the end is past, or later than the bucket or SigV4 allows.
    """
    seconds = int((end - now).total_seconds())
    if seconds < 1:
        raise ExpiryError(f"{iso(end)} is past: it is {iso(now)} now")
    try:
        return choose(seconds, bucket_max)
    except ExpiryError as error:
        latest = now + timedelta(seconds=min(bucket_max, MAX_EXPIRES))
        raise ExpiryError(f"{iso(end)} is too late: {error}, which is {iso(latest)}") from error


def words(seconds: int) -> str:
    """Say a number of seconds in the largest unit that leaves no rest: 900 is ``15 minutes``."""
    size, name = next((size, name) for size, name in _WORDS if seconds % size == 0)
    count = seconds // size
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


def iso(moment: datetime) -> str:
    """Write a moment that is in UTC as ISO 8601, to the second: ``2026-11-22T06:41:05Z``."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def roughly(seconds: float) -> str:
    """Say a number of seconds in the largest unit that they fill, rounded down: 5400 is ``1 hour``."""
    whole = abs(int(seconds))
    size = next((size for size, _ in _WORDS if whole >= size), 1)
    return words(whole // size * size) if whole else "0 seconds"
