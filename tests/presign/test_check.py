"""``--check`` asks S3 and explains what it says; ``show`` tells what is known without asking."""

import json

from tests.presign.presign_support import BUCKET, OutputsFile, Presign, refusing

import pytest
from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.usefixtures("keys")


@pytest.fixture(autouse=True, scope="session")
def an_object(s3: S3Client) -> None:
    s3.put_object(Bucket=BUCKET, Key="there", Body=b"data")


def test_show_tells_the_bucket_its_limits_and_the_credentials(
    presign: Presign, outputs_file: OutputsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = presign("show", "--outputs", outputs_file(PresignMaxSeconds=3600)).out
    assert text.startswith("Bucket     secure-dev-data-bucket\nRegion     eu-west-1\n")
    assert "\nLinks      live at most 1 hour\nSigned by  test, which needs the IAM policy arn:" in text
    assert text.endswith("\nUntil      revoked (not temporary)\n")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "t")
    result = presign("show", "--outputs", outputs_file())
    assert result.out.endswith("\nUntil      unknown (temporary credentials)\n")
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", "2999-01-01T00:00:00Z")
    document = json.loads(presign("show", "--outputs", outputs_file(), "--format", "json").out)
    assert (document["temporary"], document["credentials_expire_at"]) == (True, "2999-01-01T00:00:00Z")


@pytest.mark.parametrize(
    "command",
    [["show"], ["show", "there"], ["get", "there"], ["put", "new"], ["post", "in/"]],
)
def test_what_is_allowed_passes_the_check(presign: Presign, outputs: str, command: list[str]) -> None:
    result = presign(*command, "--outputs", outputs, "--check")
    assert (result.code, result.err) == (0, "")
    if command[0] == "show":
        assert "\nChecked    the credentials may " in result.out


def test_what_is_not_there_is_said(presign: Presign, outputs: str) -> None:
    result = presign("get", "--outputs", outputs, "--check", "gone")
    assert (result.code, result.out, result.err) == (
        1,
        "",
        f"Error: there is no object s3://{BUCKET}/gone\n",
    )


def test_a_wrong_secret_is_explained(presign: Presign, outputs: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    result = presign("put", "--outputs", outputs, "--check", "k")
    assert (result.code, result.err) == (
        1,
        f"Error: S3 refuses s3://{BUCKET} (403): the secret key is not that of the access key, "
        "or a proxy changes the request\n",
    )


@pytest.mark.parametrize(
    ("code", "message", "words"),
    [
        ("InvalidAccessKeyId", "", "S3 does not know the access key"),
        ("ExpiredToken", "", "the temporary credentials have expired"),
        ("AccessDenied", "Access Denied", "they need the IAM policy arn:aws:iam::111122223333:policy/"),
        (
            "AccessDenied",
            "not authorized, with an explicit deny in a resource-based policy",
            "policy denies it",
        ),
        ("AccessDenied", "not authorized to perform: kms:Decrypt", "may not use the bucket's KMS key"),
        ("AccessDenied", "Request is not yet valid", "clock is ahead"),
    ],
)
def test_a_403_is_explained_in_words(
    presign: Presign, outputs_file: OutputsFile, code: str, message: str, words: str
) -> None:
    with refusing(403, code, message) as endpoint:
        result = presign("get", "--outputs", outputs_file(), "--check", "--endpoint-url", endpoint, "k")
    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
    assert words in result.err


@pytest.mark.parametrize(
    ("date", "words"),
    [("Wed, 01 Jan 2020 00:00:00 GMT", "ahead of S3's"), ("Tue, 01 Jan 2999 00:00:00 GMT", "behind S3's")],
)
def test_a_clock_that_is_wrong_is_warned_of(
    presign: Presign, outputs_file: OutputsFile, date: str, words: str
) -> None:
    with refusing(200, "", "", date) as endpoint:
        result = presign("put", "--outputs", outputs_file(), "--check", "--endpoint-url", endpoint, "k")
    assert result.code == 0
    assert words in result.err


def test_an_s3_that_does_not_answer_is_one_line(presign: Presign, outputs_file: OutputsFile) -> None:
    result = presign(
        "get", "--outputs", outputs_file(), "--check", "--endpoint-url", "http://127.0.0.1:1", "k"
    )
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert result.err.startswith("Error: cannot reach S3 at http://127.0.0.1:1/secure-dev-data-bucket/k: ")
