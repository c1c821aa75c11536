"""Durations are read and written as settings files have them."""

from datetime import timedelta

from settings.durations import duration, duration_text
from settings.names.aws import InvalidValueError

import pytest

MINUTE, WEEK = timedelta(minutes=1), timedelta(days=7)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("60s", 60), ("1m", 60), ("15m", 900), ("3600s", 3600), ("12h", 43200), ("7d", 604800)],
)
def test_duration_is_read(text: str, seconds: int) -> None:
    assert duration(text, MINUTE, WEEK) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "7", "d", "1.5h", "-1h", "1h30m", "7 d", "7D", "7w", "\u0667d", "7d\n"])
def test_text_that_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError, match="a whole number and a unit"):
        duration(text, MINUTE, WEEK)


@pytest.mark.parametrize("text", ["59s", "0d", "8d", "604801s", "999999999d"])
def test_duration_outside_of_its_bounds_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError, match="must be from 1m to 7d"):
        duration(text, MINUTE, WEEK)


@pytest.mark.parametrize("text", ["7d", "90m", "36h", "61s"])
def test_duration_is_written_as_it_is_read(text: str) -> None:
    assert duration_text(duration(text, MINUTE, WEEK)) == text
