"""What S3 would refuse of a lifecycle is refused when the settings are read, and what it takes is not."""

from pathlib import Path

from settings.loading import load_environments
from settings.problems import SettingsError

import pytest


def problems(folder: Path, *rules: str) -> list[str]:
    """Return the problems of an environment with these rules, without the file's name."""
    file = folder / "dev.toml"
    tables = ", ".join(f"{{ {one} }}" for one in rules)
    file.write_text(f"lifecycle = {{ enabled = true, rules = [{tables}] }}")
    try:
        load_environments(folder, {})
    except SettingsError as error:
        return [line.removeprefix(f"{file.as_posix()}: ") for line in error.problems]
    return []


def moves(*transitions: tuple[int, str], name: str = "transitions") -> str:
    tables = ", ".join(f'{{ days = {days}, storage_class = "{one}" }}' for days, one in transitions)
    return f"{name} = [{tables}]"


@pytest.mark.parametrize(
    "rule",
    [
        "expiration_days = 1",
        "noncurrent_expiration_days = 30, newer_noncurrent_versions = 100",
        "expired_object_delete_markers = true, noncurrent_expiration_days = 1",
        moves((0, "GLACIER_IR")),
        moves((0, "INTELLIGENT_TIERING"), (1, "GLACIER")),
        moves((30, "STANDARD_IA"), (60, "ONEZONE_IA"), (90, "GLACIER"), (180, "DEEP_ARCHIVE")),
        moves((180, "DEEP_ARCHIVE"), (30, "STANDARD_IA"), (60, "GLACIER_IR")),
        moves((30, "STANDARD_IA"), (60, "INTELLIGENT_TIERING"), (61, "ONEZONE_IA"), (91, "GLACIER")),
        moves((30, "STANDARD_IA")) + ", expiration_days = 31",
        moves((30, "STANDARD_IA"), name="noncurrent_transitions") + ", expiration_days = 1",
        moves((0, "GLACIER"), name="noncurrent_transitions") + ", noncurrent_expiration_days = 1",
    ],
)
def test_what_s3_takes_is_taken(rule: str, tmp_path: Path) -> None:
    assert problems(tmp_path, rule) == []


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        (
            'prefix = "a/"',
            'must do something, not "a/"; like expiration_days, noncurrent_expiration_days or transitions',
        ),
        (
            "newer_noncurrent_versions = 3, expiration_days = 1",
            ".newer_noncurrent_versions: may only be set together with noncurrent_expiration_days, not 3",
        ),
        (
            "expired_object_delete_markers = true, expiration_days = 1",
            ".expired_object_delete_markers: must be left out where expiration_days is set, not true; "
            "which already removes such delete markers",
        ),
        (
            moves((29, "STANDARD_IA")),
            ".transitions[0].days: must be at least 30 where storage_class is STANDARD_IA, not 29",
        ),
        (
            moves((0, "ONEZONE_IA"), name="noncurrent_transitions"),
            ".noncurrent_transitions[0].days: must be at least 30 where storage_class is ONEZONE_IA, not 0",
        ),
        (
            moves((1, "GLACIER"), (91, "GLACIER")),
            '.transitions[1].storage_class: must differ between the transitions of a rule, not "GLACIER"',
        ),
        (
            moves((30, "STANDARD_IA"), (59, "GLACIER")),
            ".transitions[1].days: must be at least 60, as objects move to STANDARD_IA on day 30, not 59",
        ),
        (
            moves((119, "DEEP_ARCHIVE"), (30, "GLACIER"), name="noncurrent_transitions"),
            ".noncurrent_transitions[0].days: must be at least 120, as objects move to GLACIER on day 30, "
            "not 119",
        ),
        (
            moves((5, "INTELLIGENT_TIERING"), (5, "GLACIER")),
            ".transitions[1].days: must be at least 6, as objects move to INTELLIGENT_TIERING on day 5, "
            "not 5",
        ),
        (
            moves((30, "ONEZONE_IA"), (90, "GLACIER_IR")),
            ".transitions[1].storage_class: must be a storage class that ONEZONE_IA, of day 30, can move "
            'to, not "GLACIER_IR"; allowed: GLACIER, DEEP_ARCHIVE',
        ),
        (
            moves((30, "STANDARD_IA"), (0, "INTELLIGENT_TIERING")),
            ".transitions[0].storage_class: must be a storage class that INTELLIGENT_TIERING, of day 0, can "
            'move to, not "STANDARD_IA"; allowed: ONEZONE_IA, GLACIER_IR, GLACIER, DEEP_ARCHIVE',
        ),
        (
            moves((30, "DEEP_ARCHIVE"), (200, "GLACIER")),
            ".transitions[1].storage_class: must be a storage class that DEEP_ARCHIVE, of day 30, can move "
            'to, not "GLACIER"; allowed: none',
        ),
        (
            moves((30, "STANDARD_IA")) + ", expiration_days = 30",
            ".expiration_days: must be more than 30, the days of the last transition, not 30",
        ),
        (
            moves((0, "GLACIER"), (90, "DEEP_ARCHIVE"), name="noncurrent_transitions")
            + ", noncurrent_expiration_days = 7",
            ".noncurrent_expiration_days: must be more than 90, the days of the last transition, not 7",
        ),
    ],
)
def test_what_s3_refuses_is_one_line(rule: str, problem: str, tmp_path: Path) -> None:
    [line] = problems(tmp_path, rule)
    assert line == f"lifecycle.rules[0]{problem if problem.startswith('.') else f': {problem}'}"


def test_two_rules_for_the_same_objects_are_refused(tmp_path: Path) -> None:
    ours = 'prefix = "a/", expiration_days = 1'
    assert problems(tmp_path, ours, 'prefix = "a/b/", expiration_days = 1') == []
    assert problems(tmp_path, ours, "expiration_days = 3", ours) == [
        'lifecycle.rules[2].prefix: must differ from that of lifecycle.rules[0], not "a/"; '
        "put what they do into one rule"
    ]


def test_more_rules_than_a_bucket_can_have_are_refused(tmp_path: Path) -> None:
    rules = [f'prefix = "{number}/", expiration_days = 1' for number in range(1000)]
    assert problems(tmp_path, *rules[:999]) == []
    assert problems(tmp_path, *rules[:999], "expiration_days = 1") == []
    assert problems(tmp_path, *rules) == [
        "lifecycle.rules: must be at most 1000 rules, including the rule for all objects, not a list; "
        "there are 1001"
    ]


def test_rules_need_a_lifecycle(tmp_path: Path) -> None:
    (tmp_path / "dev.toml").write_text("lifecycle.rules = [{ expiration_days = 1 }]")
    with pytest.raises(SettingsError, match=r"must be true where lifecycle\.rules is set, not false"):
        load_environments(tmp_path, {})
