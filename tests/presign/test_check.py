"""``--check`` asks S3 and explains what it says; ``show`` tells what is known without asking."""

import json
import socket
from threading import Thread

from tests.presign.presign_support import BUCKET, OUTPUTS, OutputsFile, Presign, refusing

import pytest
from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.usefixtures("keys")

UNKNOWN = (
    "Warning: only an upload shows whether these credentials may upload (s3:PutObject, kms:GenerateDataKey)\n"
)


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
    assert (result.code, result.err) == (0, UNKNOWN if command[0] in ("put", "post") else "")
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
        "or a proxy changes the request: set both keys again, or leave the proxy out\n",
    )


@pytest.mark.parametrize(
    ("code", "message", "words"),
    [
        ("InvalidAccessKeyId", "", "S3 does not know the access key"),
        ("ExpiredToken", "", "the session that signed has ended"),
        (
            "AccessDenied",
            "Access Denied",
            "have the IAM policy arn:aws:iam::111122223333:policy/",
        ),
        (
            "AccessDenied",
            "not authorized, with an explicit deny in a resource-based policy",
            "policy denies it",
        ),
        (
            "AccessDenied",
            "User: arn:aws:iam::111122223333:user/a is not authorized to perform: kms:Decrypt on resource: x "
            "because no identity-based policy allows the kms:Decrypt action",
            f"may not use the KMS key of the bucket ({OUTPUTS['KMSKeyArn']}): kms:Decrypt is missing",
        ),
        ("InvalidObjectState", "", "the object is archived"),
        ("AccessDenied", "Request is not yet valid", "the clock of the machine that signed is ahead"),
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


@pytest.mark.parametrize(
    ("code", "message"), [("AccessDenied", "Request has expired"), ("AccessDenied", "Access Denied")]
)
def test_a_clock_that_is_wrong_comes_before_what_s3_says(
    presign: Presign, outputs_file: OutputsFile, code: str, message: str
) -> None:
    with refusing(403, code, message, "Tue, 01 Jan 2999 00:00:00 GMT") as endpoint:
        result = presign("get", "--outputs", outputs_file(), "--check", "--endpoint-url", endpoint, "k")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert result.err.startswith("Error: this machine's clock is ")


@pytest.mark.parametrize("command", [["put", "k"], ["post", "in/"]])
def test_credentials_that_may_not_list_may_yet_upload(
    presign: Presign, outputs_file: OutputsFile, command: list[str]
) -> None:
    with refusing(403, "AccessDenied", "Access Denied") as endpoint:
        result = presign(*command, "--outputs", outputs_file(), "--check", "--endpoint-url", endpoint)
    assert (result.code, result.err) == (0, f"{UNKNOWN[:-1]}; they may not list the bucket\n")
    with refusing(403, "InvalidAccessKeyId", "") as endpoint:
        result = presign(*command, "--outputs", outputs_file(), "--check", "--endpoint-url", endpoint)
    assert (result.code, result.out) == (1, "")
    assert "S3 does not know the access key" in result.err


def test_an_object_without_a_first_byte_passes(presign: Presign, outputs: str, s3: S3Client) -> None:
    s3.put_object(Bucket=BUCKET, Key="empty", Body=b"")
    assert presign("get", "--outputs", outputs, "--check", "empty").err == ""
    with refusing(416, "InvalidRange", "") as endpoint:
        result = presign("get", "--outputs", outputs, "--check", "--endpoint-url", endpoint, "k")
    assert (result.code, result.err) == (0, "")


def test_the_question_goes_through_the_proxy_of_the_environment(
    presign: Presign, outputs_file: OutputsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ("--outputs", outputs_file(), "--check", "--endpoint-url", "http://s3.example")
    with refusing(200, "", "") as proxy:
        monkeypatch.setenv("http_proxy", proxy)
        assert presign("get", *options, "k").code == 0


def test_a_bundle_of_certificates_that_cannot_be_read_is_one_line(
    presign: Presign, outputs_file: OutputsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", "no.pem")
    result = presign("get", "--outputs", outputs_file(), "--check", "k")
    assert (result.code, result.err) == (
        1,
        "Error: cannot use the CA bundle no.pem: [Errno 2] No such file or directory\n",
    )


def test_an_s3_that_does_not_answer_is_one_line(presign: Presign, outputs_file: OutputsFile) -> None:
    result = presign(
        "get", "--outputs", outputs_file(), "--check", "--endpoint-url", "http://127.0.0.1:1", "k"
    )
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert result.err.startswith("Error: cannot reach S3 at http://127.0.0.1:1/secure-dev-data-bucket/k: ")


@pytest.mark.parametrize("status", [200, 403])
@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("Content-Length: 10", "IncompleteRead(3 bytes read, 7 more expected)"),
        ("Transfer-Encoding: chunked", ""),
    ],
)
def test_an_answer_that_breaks_off_is_one_line(
    presign: Presign, outputs_file: OutputsFile, status: int, header: str, said: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                body = "abc" if said else "a\r\nabc"
                connection.sendall(f"HTTP/1.1 {status} x\r\n{header}\r\n\r\n{body}".encode())

        thread = Thread(target=answer)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        done = presign("get", "--check", "--outputs", outputs_file(), "--endpoint-url", url, "k")
        thread.join()
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1), done.err
    assert done.err.startswith(f"Error: cannot reach S3 at {url}/secure-dev-data-bucket/k: IncompleteRead(")
    assert said in done.err
