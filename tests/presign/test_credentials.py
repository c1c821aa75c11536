"""Credentials come from where boto3 finds them."""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from presign import credentials
from presign.credentials import Credentials
from presign.errors import CredentialsError

import pytest

KEYS = {"AWS_ACCESS_KEY_ID": "env-key", "AWS_SECRET_ACCESS_KEY": "env-secret"}


@pytest.fixture
def profiles(tmp_path: Path) -> Path:
    """Profiles of several kinds, in the files that the environment names."""
    issuer = tmp_path / "issue.py"
    in_an_hour = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds")
    issued = {
        "Version": 1,
        "AccessKeyId": "p",
        "SecretAccessKey": "s",
        "SessionToken": "t",
        "Expiration": in_an_hour,
    }
    issuer.write_text(f"print({json.dumps(issued)!r})")
    (tmp_path / "aws-credentials").write_text(
        "[default]\naws_access_key_id = default-key\naws_secret_access_key = s\n"
        "[team]\naws_access_key_id = team-key\naws_secret_access_key = s\naws_session_token = t\n"
        "[half]\naws_access_key_id = half-key\n"
    )
    (tmp_path / "aws-config").write_text(
        f"[profile process]\ncredential_process = {sys.executable} {issuer}\n"
        f"[profile broken]\ncredential_process = {sys.executable} -c 'print(1'\n"
        "[profile sso]\nsso_session = s\nsso_account_id = 111122223333\nsso_role_name = r\n"
        "[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://example.com/start\n"
    )
    return tmp_path


def test_the_environment_is_used() -> None:
    assert credentials.resolve(None, {**KEYS, "AWS_SESSION_TOKEN": "t"}) == Credentials(
        "env-key", "env-secret", "t"
    )


def test_an_empty_session_token_is_none() -> None:
    assert credentials.resolve(None, {**KEYS, "AWS_SESSION_TOKEN": ""}).session_token is None


def test_when_the_environments_credentials_expire_is_known() -> None:
    environment = {**KEYS, "AWS_CREDENTIAL_EXPIRATION": "2999-01-01T01:00:00+01:00"}
    assert credentials.resolve(None, environment).expires_at == datetime(2999, 1, 1, tzinfo=UTC)


def test_expired_credentials_are_refused() -> None:
    with pytest.raises(CredentialsError, match="expired at 2020-01-01T00:00:00Z"):
        credentials.resolve(None, {**KEYS, "AWS_CREDENTIAL_EXPIRATION": "2020-01-01T00:00:00Z"})


def test_the_default_profile_is_used_when_the_environment_has_no_keys(profiles: Path) -> None:
    assert credentials.resolve(None, {}).access_key == "default-key"


def test_a_profile_by_name_goes_before_the_environment(profiles: Path) -> None:
    assert credentials.resolve("team", KEYS) == Credentials("team-key", "s", "t")


def test_the_environments_keys_go_before_aws_profile_as_in_boto3(
    profiles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.session import Session

    environment = {**KEYS, "AWS_PROFILE": "team"}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    theirs = Session().get_credentials()
    assert theirs is not None
    assert credentials.resolve(None, environment).access_key == theirs.access_key == "env-key"


def test_with_keys_in_the_environment_aws_profile_may_be_missing_unlike_in_boto3(
    profiles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.exceptions import ProfileNotFound
    from botocore.session import Session

    environment = {**KEYS, "AWS_PROFILE": "nobody"}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ProfileNotFound):
        Session().get_credentials()
    assert credentials.resolve(None, environment).access_key == "env-key"
    with pytest.raises(CredentialsError, match="nobody"):
        credentials.resolve(None, {"AWS_PROFILE": "nobody"})


def test_aws_profile_is_used_when_the_environment_has_no_keys(
    profiles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "team")
    assert credentials.resolve(None, {"AWS_PROFILE": "team"}).access_key == "team-key"


def test_temporary_credentials_from_a_process_tell_when_they_expire(profiles: Path) -> None:
    found = credentials.resolve("process", {})
    assert (found.access_key, found.session_token) == ("p", "t")
    assert found.expires_at is not None
    assert timedelta(minutes=59) < found.expires_at - datetime.now(UTC) <= timedelta(hours=1)


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        ("nobody", "could not be found"),
        ("half", "Partial"),
        ("broken", "custom-process"),
        ("sso", "SSO|expired|token"),
    ],
)
def test_a_profile_that_gives_no_credentials_is_named(profiles: Path, profile: str, said: str) -> None:
    with pytest.raises(
        CredentialsError, match=f"cannot get AWS credentials from the profile '{profile}'.*({said})"
    ):
        credentials.resolve(profile, {})


def test_half_a_pair_of_keys_in_the_environment_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    with pytest.raises(CredentialsError, match="missing: AWS_SECRET_ACCESS_KEY"):
        credentials.resolve(None, {"AWS_ACCESS_KEY_ID": "k"})


def test_no_credentials_anywhere_is_an_error() -> None:
    with pytest.raises(CredentialsError, match="no AWS credentials found where boto3 looks"):
        credentials.resolve(None, {})


def test_the_secrets_are_not_shown() -> None:
    assert repr(Credentials("AKIA", "hidden", "hidden")) == "Credentials(access_key='AKIA', expires_at=None)"
