"""What `[presign]` may take back, and what each mistake is answered with."""

from datetime import UTC, datetime
from pathlib import Path

from settings.loading import load_environments
from settings.model import PresignSettings
from settings.problems import SettingsError
from stacks.links import links_of

import pytest


def presign(folder: Path, text: str) -> PresignSettings:
    (folder / "prod.toml").write_text(f"[presign]\n{text}\n", encoding="utf-8")
    (settings,) = load_environments(folder, {})
    return settings.presign


def problem(folder: Path, text: str) -> str:
    with pytest.raises(SettingsError) as error:
        presign(folder, text)
    (line,) = error.value.problems
    return line.removeprefix(f"{folder}/prod.toml: presign.")


@pytest.mark.parametrize(
    "written", ["2026-11-26T10:00:00Z", "2026-11-26 11:00:00+01:00", "2026-11-25T23:30:00-10:30"]
)
def test_a_moment_is_the_same_with_every_offset(tmp_path: Path, written: str) -> None:
    assert presign(tmp_path, f"revoke_issued_before = {written}").revoke_issued_before == datetime(
        2026, 11, 26, 10, tzinfo=UTC
    )
    (settings,) = load_environments(tmp_path, {})
    assert links_of(settings).issued_before == "2026-11-26T10:00:00Z"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("2026-11-26T10:00:00", "2026-11-26T10:00:00"),
        ("2026-11-26", "2026-11-26"),
        ("10:00:00", "10:00:00"),
        ('"2026-11-26T10:00:00Z"', '"2026-11-26T10:00:00Z"'),
        ("1795687200", "1795687200"),
    ],
)
def test_what_is_no_moment_is_refused(tmp_path: Path, written: str, shown: str) -> None:
    assert problem(tmp_path, f"revoke_issued_before = {written}") == (
        "revoke_issued_before: must be a date and a time with an offset from UTC, without quotes, "
        f"like 2026-11-26T10:00:00Z, not {shown}"
    )


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("2026-11-26T10:00:00.5Z", "must be in whole seconds, not 2026-11-26T10:00:00.500000+00:00"),
        ("0001-01-01T00:00:00+14:00", "must be of the years 2000 to 2999, not 0001-01-01T00:00:00+14:00"),
        ("9999-12-31T23:00:00-12:00", "must be of the years 2000 to 2999, not 9999-12-31T23:00:00-12:00"),
    ],
)
def test_a_moment_that_no_policy_can_name_is_refused(tmp_path: Path, written: str, rule: str) -> None:
    assert problem(tmp_path, f"revoke_issued_before = {written}") == f"revoke_issued_before: {rule}"


def test_keys_that_differ_by_case_are_two(tmp_path: Path) -> None:
    keys = ("a.csv", "A.csv", "größe/", "/", "//a", "with space:and colon", "100%/5% of it", "a+b//c")
    assert presign(tmp_path, f"revoked = {list(keys)}").revoked == keys


@pytest.mark.parametrize(
    ("key", "rule"),
    [
        (
            "",
            'must be a key, or a prefix that ends with a slash, not ""; '
            'like "reports/november.csv" or "inbox/"',
        ),
        *(
            (
                key,
                f'must be a key, or a prefix that ends with a slash, not "{key}"; '
                "without the bucket's name, and not as it is written in a link",
            )
            for key in (
                "s3://bucket/a.csv",
                "https://bucket.s3.amazonaws.com/a.csv",
                "arn:aws:s3:::bucket/a.csv",
            )
        ),
        *(
            (
                key,
                "must not contain * ? $ %{, which have a meaning in a policy or in Terraform, or "
                f'control characters, not "{key}"; name the folder that it is in, like "reports/"',
            )
            for key in ("*", "reports/*", "a?.csv", "${aws:username}/", "$.csv", "%{x}")
        ),
        *(
            (
                key,
                f'must not have an escape like %20, as a link has it, not "{key}"; write the character '
                "itself; if the key really has it, name the folder that it is in",
            )
            for key in ("reports/november%20final.csv", "gr%C3%B6%c3%9fe/", "a%2Fb", "/a%20b")
        ),
        *(
            (
                key,
                f'must not begin with a slash, as the path of a link does, not "{key}"; leave the slash out; '
                '"/" ends the links for all keys that really begin with one',
            )
            for key in ("/reports/november.csv", "/inbox/")
        ),
    ],
)
def test_a_key_that_a_policy_would_read_otherwise_is_refused(tmp_path: Path, key: str, rule: str) -> None:
    assert problem(tmp_path, f'revoked = ["{key}"]') == f"revoked[0]: {rule}"


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ('"a.csv"', 'revoked: must be a list, like ["a", "b"], not "a.csv"'),
        ("[1]", "revoked[0]: must be text in quotes, not 1"),
        ('["a", "a"]', 'revoked[1]: must be listed only once, not "a"'),
        (f'["{"a" * 1025}"]', f'revoked[0]: must be at most 1024 bytes, not "{"a" * 60}"… (1025 characters)'),
    ],
)
def test_a_list_that_is_none_is_refused(tmp_path: Path, written: str, line: str) -> None:
    assert problem(tmp_path, f"revoked = {written}").partition("; name the folder")[0] == line


@pytest.mark.parametrize(
    "front", ["secure-prod-data-bucket", "secure-prod-data-bucket.s3.eu-west-1.amazonaws.com"]
)
def test_the_buckets_name_in_front_is_refused_unless_the_key_is_there_too(tmp_path: Path, front: str) -> None:
    line = problem(tmp_path, f'revoked = ["in/", "{front}/a/b.csv"]')
    assert line == (
        f'revoked[1]: must not begin with the bucket\'s name, not "{front}/a/b.csv"; '
        'give "a/b.csv", and both if objects really have such a folder'
    )
    both = ("a/b.csv", f"{front}/a/b.csv")
    assert presign(tmp_path, f"revoked = {list(both)}").revoked == both
    others = ("another-bucket/a", "secure-prod-data-bucket-2/a", f"x/{front}/a")
    assert presign(tmp_path, f"revoked = {list(others)}").revoked == others
