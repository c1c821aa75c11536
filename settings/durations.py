"""Durations as a settings file writes them."""

import re
from datetime import timedelta

from settings.names.aws import InvalidValueError

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def duration(text: str, shortest: timedelta, longest: timedelta) -> timedelta:
    """Read a duration like "3600s", "15m", "12h" or "7d" that is not outside of the two bounds."""
    # Nine digits are enough for thirty years of seconds; more could overflow a timedelta.
    parts = re.fullmatch(r"([0-9]{1,9})([smhd])", text)
    if not parts:
        raise InvalidValueError("must be a whole number and a unit", 'like "3600s", "15m", "12h" or "7d"')
    seconds = int(parts[1]) * _SECONDS[parts[2]]
    if not shortest.total_seconds() <= seconds <= longest.total_seconds():
        raise InvalidValueError(f"must be from {duration_text(shortest)} to {duration_text(longest)}")
    return timedelta(seconds=seconds)


def duration_text(length: timedelta) -> str:
    """Write a duration the way `duration` reads it, in the largest unit that fits: "7d", "90m"."""
    seconds = int(length.total_seconds())
    unit = next(unit for unit in ("d", "h", "m", "s") if seconds % _SECONDS[unit] == 0)
    return f"{seconds // _SECONDS[unit]}{unit}"
