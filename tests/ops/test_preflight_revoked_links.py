"""What the preflight says of the links that settings take back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from ops.preflight.revoked_links import check
from ops.preflight.verdict import Mark
from settings.loading import load_environments
from settings.model import Settings
from tests.ops.ops_support import run_ops

import pytest

NOW = datetime(2026, 11, 26, 10, tzinfo=UTC)
BY_KEY = "those of an IAM user's access key still work: lower presign.max_expiry, or deactivate the key"


def settings(folder: Path, presign: str) -> Settings:
    (folder / "dev.toml").write_text(f"[presign]\n{presign}\n")
    (found,) = load_environments(folder, {})
    return found


def test_without_revoked_links_there_is_no_line(tmp_path: Path) -> None:
    assert check(settings(tmp_path, ""), NOW) == []


@pytest.mark.parametrize("moment", ["2026-11-26T11:00:00+01:00", "2026-11-26T09:59:59Z"])
def test_a_moment_that_has_passed_is_good_and_keys_of_users_are_named(tmp_path: Path, moment: str) -> None:
    (line,) = check(settings(tmp_path, f"revoke_issued_before = {moment}"), NOW)
    assert line.mark is Mark.GOOD
    assert line.text.startswith("those of sessions that began before 2026-11-26T")
    assert line.text.endswith(f"Z; {BY_KEY}")


@pytest.mark.parametrize(
    "moment", ["2026-11-26T10:00:01Z", "2026-11-26T09:00:01-01:00", "2999-01-01T00:00:00Z"]
)
def test_a_moment_that_has_not_passed_is_refused(tmp_path: Path, moment: str) -> None:
    (line,) = check(settings(tmp_path, f'revoke_issued_before = {moment}\nrevoked = ["a"]'), NOW)
    assert line.mark is Mark.BAD
    assert line.text.endswith(", but it is 2026-11-26T10:00:00Z now")
    assert line.remedy == "set presign.revoke_issued_before to a moment that has passed"


def test_revoked_keys_are_counted(tmp_path: Path) -> None:
    (line,) = check(settings(tmp_path, 'revoked = ["a.csv", "inbox/"]'), NOW)
    assert (line.mark, line.text) == (Mark.GOOD, "those for 2 keys and prefixes, for every signer")


def test_the_command_says_so_without_credentials_too(checkout: Path) -> None:
    moment = datetime.now(UTC) + timedelta(days=1)
    text = f"[presign]\nrevoke_issued_before = {moment:%Y-%m-%dT%H:%M:%SZ}\n"
    (checkout / "environments" / "dev.toml").write_text(text)
    done = run_ops(checkout, "preflight", "dev")
    assert "✗ revoked links:        those of sessions that began before" in done.stdout
