"""Whose credentials a client has, and that they are looked for only once."""

from pathlib import Path

from ops.shared import aws
from tests.ops.ops_support import stub

import pytest

REGION = "eu-west-1"


@pytest.fixture(autouse=True)
def files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder with the user's files of AWS, which are the only ones."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    return tmp_path


def key_id(service: aws.Client) -> str:
    """Return whose key signs."""
    url: str = service.generate_presigned_url("get_object", Params={"Bucket": "bucket", "Key": "key"})
    return next(name for name in ("ONE", "OTHER", "THIRD") if name in url)


def test_without_credentials_each_question_looks_for_them_again() -> None:
    assert aws.client("s3", REGION) is not aws.client("s3", REGION)


def test_the_same_question_gets_the_same_client(files: Path) -> None:
    (files / "credentials").write_text("[default]\naws_access_key_id = ONE\naws_secret_access_key = x\n")
    one = aws.client("s3", REGION)
    assert aws.client("s3", REGION) is one
    others = (
        aws.client("kms", REGION),
        aws.client("s3", "us-east-1"),
        aws.client("s3", REGION, config={"read_timeout": 1}),
        aws.client("s3", REGION, endpoint_url="http://127.0.0.1:9"),
    )
    assert len({id(client) for client in (one, *others)}) == 5


def test_other_credentials_get_another_client(monkeypatch: pytest.MonkeyPatch, files: Path) -> None:
    for name in ("ONE", "OTHER"):
        text = f"[default]\naws_access_key_id = {name}\naws_secret_access_key = secret\n"
        (files / "credentials").write_text(text)
        assert key_id(aws.client("s3", REGION)) == name
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "THIRD")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert key_id(aws.client("s3", REGION)) == "THIRD"
    assert key_id(aws.client("s3", REGION, aws_access_key_id="ONE", aws_secret_access_key="x")) == "ONE"


def test_a_profile_is_asked_for_credentials_once(files: Path) -> None:
    """As for a role of a profile, of which each session would need a code for MFA."""
    answer = '{"Version": 1, "AccessKeyId": "ONE", "SecretAccessKey": "secret"}'
    process = stub(files / "process", f"echo asked >> '{files / 'asked'}'\necho '{answer}'")
    (files / "config").write_text(f"[default]\ncredential_process = {process}\n")
    for service in ("s3", "sts", "s3", "kms"):
        aws.client(service, REGION)
    assert key_id(aws.client("s3", REGION)) == "ONE"
    assert (files / "asked").read_text() == "asked\n"
