"""Moments as a settings file writes them, which TOML calls offset date-times."""

from datetime import UTC, datetime

from settings.names.aws import InvalidValueError

EXPECTED = "a date and a time with an offset from UTC, without quotes, like 2026-11-26T10:00:00Z"


def moment(value: datetime) -> datetime:
    """Check a moment that a policy compares a session's begin with, which AWS knows to the second."""
    if value.tzinfo is None:
        raise InvalidValueError(f"must be {EXPECTED}")
    if value.microsecond:
        raise InvalidValueError("must be in whole seconds")
    if not 2000 <= value.year < 3000:  # the ends of the calendar cannot be written in UTC
        raise InvalidValueError("must be of the years 2000 to 2999")
    return value


def moment_text(value: datetime) -> str:
    """Write a moment as a policy and a settings file can, in UTC: 2026-11-26T10:00:00Z."""
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
