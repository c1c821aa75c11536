"""What ``presign get`` and ``presign put`` print."""

import json
import re
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import presign as package
from tests.presign.presign_support import KEY_ARN, OUTPUTS, OutputsFile, Presign

import pytest

ROOT = Path(__file__).parents[2]
BUCKET_URL = "https://secure-dev-data-bucket.s3.eu-west-1.amazonaws.com/"

pytestmark = pytest.mark.usefixtures("keys")


def test_an_upload_link_comes_with_all_that_its_user_has_to_know(
    presign: Presign, outputs_file: OutputsFile
) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    result = presign("put", "--outputs", outputs_file(), "--expires", "1h", "reports/november 1.csv")
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    expires = datetime.fromisoformat(lines[2].split()[1])
    assert timedelta(0) <= expires - before - timedelta(hours=1) <= timedelta(minutes=1)
    url = lines[6].split()[1]
    assert url.startswith(f"{BUCKET_URL}reports/november%201.csv?X-Amz-Algorithm=AWS4-HMAC-SHA256&")
    assert "&X-Amz-Expires=3600&" in url
    assert lines == [
        "Upload     s3://secure-dev-data-bucket/reports/november 1.csv",
        "Method     PUT",
        f"Expires    {expires:%Y-%m-%dT%H:%M:%SZ} (1 hour from now)",
        "Signed by  test, which needs the IAM policy arn:aws:iam::111122223333:policy/SecureS3Access-dev",
        "Headers    x-amz-server-side-encryption: aws:kms",
        f"           x-amz-server-side-encryption-aws-kms-key-id: {KEY_ARN}",
        f"URL        {url}",
        "",
        "To upload, run:",
        "curl --fail-with-body -X PUT -H 'x-amz-server-side-encryption: aws:kms' "
        f"-H 'x-amz-server-side-encryption-aws-kms-key-id: {KEY_ARN}' --upload-file 'november 1.csv' '{url}'",
    ]


def test_a_download_link_needs_no_headers(presign: Presign, outputs_file: OutputsFile) -> None:
    result = presign("get", "--outputs", outputs_file(), "a/b.csv")
    assert "\nHeaders    none needed\n" in result.out
    assert "X-Amz-SignedHeaders=host&" in result.out
    assert "(15 minutes from now)" in result.out
    assert "\nTo download, run:\ncurl --fail --output b.csv 'https://" in result.out


def test_json_holds_everything_a_program_needs(presign: Presign, outputs_file: OutputsFile) -> None:
    document = json.loads(presign("put", "--outputs", outputs_file(), "--format", "json", "k").out)
    assert list(document) == ["url", "method", "expires_at", "headers", "curl"]
    assert document["method"] == "PUT"
    assert document["headers"] == OUTPUTS["UploadHeaders"]
    assert document["url"] in document["curl"]
    datetime.strptime(document["expires_at"], "%Y-%m-%dT%H:%M:%S%z")


def test_url_and_curl_print_a_single_line(presign: Presign, outputs_file: OutputsFile) -> None:
    url = presign("get", "--outputs", outputs_file(), "--format", "url", "k").out
    assert re.fullmatch(rf"{re.escape(BUCKET_URL)}k\?\S+\n", url)
    curl = presign("get", "--outputs", outputs_file(), "--format", "curl", "--file", "x y", "k").out
    assert re.fullmatch(r"curl --fail --output 'x y' 'https://\S+'\n", curl)


def test_outputs_may_come_from_standard_input_or_the_environment(
    presign: Presign, outputs_file: OutputsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = {
        name: {"value": value, "type": "string", "sensitive": False} for name, value in OUTPUTS.items()
    }
    assert presign("get", "--outputs", "-", "k", stdin=json.dumps(document).encode()).code == 0
    monkeypatch.setenv("PRESIGN_OUTPUTS", outputs_file())
    assert presign("get", "k").code == 0


def test_endpoints_are_taken_from_the_option_then_the_environment(
    presign: Presign, outputs_file: OutputsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("get", "--outputs", outputs_file(), "--format", "url", "k")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert presign(*command).out.startswith("http://127.0.0.1:1/secure-dev-data-bucket/k?")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:2")
    assert presign(*command).out.startswith("http://127.0.0.1:2/")
    assert presign(*command, "--endpoint-url", "http://127.0.0.1:3").out.startswith("http://127.0.0.1:3/")


def test_one_of_several_stacks_can_be_chosen(presign: Presign) -> None:
    document = json.dumps({"dev": OUTPUTS, "prod": {**OUTPUTS, "S3BucketName": "prod-bucket"}}).encode()
    result = presign("get", "--outputs", "-", "k", stdin=document)
    assert (result.code, result.err) == (
        1,
        "Error: standard input holds several storage stacks: choose one with --stack: dev, prod\n",
    )
    chosen = presign("get", "--outputs", "-", "--stack", "prod", "--format", "url", "k", stdin=document)
    assert chosen.out.startswith("https://prod-bucket.s3.")


def test_a_bucket_that_allows_less_than_15_minutes_sets_the_default(
    presign: Presign, outputs_file: OutputsFile
) -> None:
    result = presign("get", "--outputs", outputs_file(PresignMaxSeconds="300"), "k")
    assert "(5 minutes from now)" in result.out


@pytest.mark.parametrize(
    ("key", "warning"),
    [
        ("/k", "Warning: the key starts with /: it becomes part of the object's name\n"),
        ("a/../k", "Warning: the key has a '.' or '..' part: browsers and most HTTP clients rewrite it"),
    ],
)
def test_a_key_that_may_be_a_mistake_is_warned_of_on_standard_error(
    presign: Presign, outputs_file: OutputsFile, key: str, warning: str
) -> None:
    result = presign("get", "--outputs", outputs_file(), "--format", "url", key)
    assert (result.code, result.out.count("\n")) == (0, 1)
    assert result.err.startswith(warning)


def test_a_link_is_cut_to_the_life_of_its_credentials(
    presign: Presign, outputs_file: OutputsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "t")
    command = ("get", "--outputs", outputs_file(), "--format", "url", "k", "--expires")
    assert presign(*command, "1h").err == (
        "Warning: the temporary credentials do not say when they expire: "
        "links expire with them, even if earlier\n"
    )
    soon = datetime.now(UTC) + timedelta(minutes=30)
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", soon.isoformat())
    assert presign(*command, "20m").err == ""
    cut = presign(*command, "40m")
    assert cut.err == (
        f"Warning: links expire earlier than asked, at {soon:%Y-%m-%dT%H:%M:%SZ}, "
        "because the credentials expire then\n"
    )
    seconds = re.search(r"X-Amz-Expires=(\d+)", cut.out)
    assert seconds
    assert 1790 <= int(seconds[1]) <= 1800


def test_text_shows_control_characters_as_escapes(presign: Presign, outputs_file: OutputsFile) -> None:
    result = presign("get", "--outputs", outputs_file(), "a\x1b[31m\nb")
    assert result.out.startswith("Download   s3://secure-dev-data-bucket/a\\x1b[31m\\nb\n")
    assert "\x1b" not in result.out


@pytest.mark.parametrize(
    "command",
    [
        *([], ["get"], ["put"], ["post"], ["show"], ["explain"], ["completion"]),
        *(["multipart", "list"], ["multipart", "abort"]),
    ],
)
def test_help_shows_a_real_example(presign: Presign, command: list[str]) -> None:
    result = presign(*command, "--help")
    assert (result.code, result.err) == (0, "")
    assert re.search(
        r"\n  Example:\n(    .*\n)*    presign "
        r"((get|put|post|show|explain|multipart \w+) --outputs outputs.json .*\S/|completion bash)",
        result.out,
    )


def test_the_version_is_the_one_in_pyproject(presign: Presign) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert package.__version__ == version
    assert presign("--version").out == f"presign {version}\n"


def test_a_key_may_be_given_with_its_own_bucket_but_with_no_other(
    presign: Presign, outputs_file: OutputsFile
) -> None:
    options = ("get", "--outputs", outputs_file(), "--format", "url")
    assert presign(*options, "s3://secure-dev-data-bucket/a/k").out.startswith(f"{BUCKET_URL}a/k?")
    other = presign(*options, "s3://other-bucket/k")
    assert (other.code, other.out, other.err) == (
        1,
        "",
        "Error: 's3://other-bucket/k' is not in the bucket of these outputs, secure-dev-data-bucket: "
        "give a key of this bucket\n",
    )


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for_the_shell(presign: Presign, shell: str) -> None:
    result = presign("completion", shell)
    assert (result.code, result.err) == (0, "")
    assert f"_PRESIGN_COMPLETE={shell}_complete" in result.out
