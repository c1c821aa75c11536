"""How long links live."""

from datetime import UTC, datetime

from presign import duration
from presign.errors import DurationError, ExpiryError

import pytest
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("15m", 900), ("1h", 3600), ("7d", 604800), (" 1h ", 3600), ("010m", 600)],
)
def test_a_duration_is_a_number_with_an_optional_unit(text: str, seconds: int) -> None:
    assert duration.parse(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "0h",
        "-5m",
        "+5m",
        "1.5h",
        "1w",
        "m",
        "1h30m",
        "1 h",
        "\N{ARABIC-INDIC DIGIT ONE}",
        "9" * 5000,
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(DurationError, match="is not a duration: give a whole number above zero and a unit"):
        duration.parse(text)


@given(st.integers(min_value=1, max_value=10**9))
def test_words_lose_nothing(seconds: int) -> None:
    count, unit = duration.words(seconds).split()
    assert duration.parse(f"{count}{unit[0]}") == seconds
    assert unit.endswith("s") == (count != "1")


def test_without_a_wish_a_link_lives_for_15_minutes() -> None:
    assert duration.choose(None, 604800) == 900


def test_without_a_wish_the_bucket_may_allow_less_than_15_minutes() -> None:
    assert duration.choose(None, 300) == 300


def test_as_long_as_the_bucket_allows_is_accepted() -> None:
    assert duration.choose(3600, 3600) == 3600


def test_longer_than_the_bucket_allows_is_refused() -> None:
    with pytest.raises(ExpiryError, match=r"2 hours is longer than this bucket allows .*: at most 1 hour$"):
        duration.choose(7200, 3600)


def test_longer_than_7_days_is_refused_whatever_the_bucket_allows() -> None:
    with pytest.raises(ExpiryError, match="8 days is longer than S3 allows: at most 7 days"):
        duration.choose(8 * 86400, 30 * 86400)


def test_moments_are_written_in_iso_8601() -> None:
    assert duration.iso(datetime(2026, 11, 22, 6, 41, 5, tzinfo=UTC)) == "2026-11-22T06:41:05Z"
