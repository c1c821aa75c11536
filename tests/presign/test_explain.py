"""`presign explain` without an answer: what a link is for, whether it fits the bucket, and what is no link.

Which cause it names for which refusal is in tests/enforcement/test_explained_refusals.py.
"""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from presign.signer import Signer
from tests.presign.presign_support import KEY_ARN, OUTPUTS, OutputsFile, Presign

import boto3
import pytest
from botocore.config import Config

ROOT = Path(__file__).parents[2]
TOKEN = "IQoJb3JpZ2luX2VjEHgaCXVzLWVhc3QtMSJHMEUCIQC+Dth+2tfhUj1EvwG7IKgc4tv8uVgxYCB02Ja3d9mb7QIg"
HOST = "https://secure-dev-data-bucket.s3.eu-west-1.amazonaws.com/"


def signer(url: str = HOST, region: str = "eu-west-1", token: str | None = None) -> Signer:
    key_id = "ASIAIOSFODNN7EXAMPLE" if token else "AKIAIOSFODNN7EXAMPLE"
    return Signer(access_key=key_id, secret_key="s", session_token=token, region=region, bucket_url=url)


def first_line(presign: Presign, *arguments: str) -> str:
    result = presign("explain", *arguments)
    assert (result.code, result.err) == (0, "")
    return result.out.partition("\n")[0]


def test_all_that_a_link_says_is_said(presign: Presign, outputs_file: OutputsFile) -> None:
    query = {"versionId": "v1", "x-id": "GetObject"}
    url = signer(token=TOKEN).plan("GET", 900, {}, query).url("reports/ü.csv")
    lines = presign("explain", "--outputs", outputs_file(), url).out.splitlines()
    assert lines[0] == "Nothing is wrong with the link, as far as it shows."
    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    expected = [
        r"For        download \(GET\)",
        "Place      s3://secure-dev-data-bucket/reports/ü.csv",
        "With       versionId=v1",
        "           x-id=GetObject",
        "Host       https://secure-dev-data-bucket.s3.eu-west-1.amazonaws.com",
        "Region     eu-west-1",
        r"Signed by  ASIAIOSFODNN7EXAMPLE \(a session: the link ends with it\)",
        f"Since      {moment}",
        rf"Until      {moment} \(14 minutes left\)",
        "Headers    none needed",
        "Bucket     secure-dev-data-bucket allows such links, for at most 7 days",
    ]
    assert len(lines[2:]) == len(expected)
    for line, pattern in zip(lines[2:], expected, strict=True):
        assert re.fullmatch(pattern, line), line


def test_json_has_the_same(presign: Presign, outputs_file: OutputsFile) -> None:
    url = signer().url("PUT", "k", 900, {**OUTPUTS["UploadHeaders"], "content-type": "text/csv"})
    document = json.loads(presign("explain", "--outputs", outputs_file(), "--format", "json", url).out)
    assert (document["cause"], document["causes"], document["answer"]) == (None, [], None)
    assert (document["methods"], document["bucket"], document["key"]) == (
        ["PUT"],
        OUTPUTS["S3BucketName"],
        "k",
    )
    assert document["signed_headers"] == {
        "content-type": None,
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": KEY_ARN,
    }
    assert document["outputs"] == {"bucket": OUTPUTS["S3BucketName"], "objections": []}


@pytest.mark.parametrize(
    ("url", "place"),
    [
        (HOST, "s3://secure-dev-data-bucket/a/b"),
        ("https://s3.eu-west-1.amazonaws.com/dotted.bucket/", "s3://dotted.bucket/a/b"),
        ("https://bucket.s3.dualstack.eu-west-1.amazonaws.com/", "s3://bucket/a/b"),
        ("https://bucket.s3-fips.us-gov-west-1.amazonaws.com/", "s3://bucket/a/b"),
        ("https://bucket.s3-accelerate.amazonaws.com/", "s3://bucket/a/b"),
        ("https://bucket.s3.cn-north-1.amazonaws.com.cn/", "s3://bucket/a/b"),
        ("https://bucket.s3-us-west-2.amazonaws.com/", "s3://bucket/a/b"),
        (
            "https://bucket.bucket.vpce-1a2b3c4d-5e6f.s3.eu-west-1.vpce.amazonaws.com/",
            "s3://bucket/a/b",
        ),
        ("http://127.0.0.1:9000/bucket/", "s3://bucket/a/b"),
        ("http://bucket.s3.example:9000/", "s3://bucket/a/b"),
        ("http://s3.example:9000/bucket/", "s3://bucket/a/b"),
    ],
)
def test_bucket_and_key_are_found_in_every_kind_of_url(presign: Presign, url: str, place: str) -> None:
    link = signer(url).url("GET", "a/b", 900)
    out = presign("explain", "--endpoint-url", "http://s3.example:9000", link).out
    assert f"\nPlace      {place}\n" in out


def test_links_of_boto3_are_read(presign: Presign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    # Not the default session, which would keep these keys for other tests.
    s3 = boto3.Session().client("s3", region_name="eu-west-1", config=Config(signature_version="s3v4"))
    part = {"Bucket": "bucket", "Key": "k", "UploadId": "id", "PartNumber": 3}
    for operation, parameters, words in (
        ("upload_part", part, "For        upload part 3 of an upload in parts (PUT)"),
        ("list_objects_v2", {"Bucket": "bucket"}, "For        list the bucket (GET)"),
        ("delete_object", {"Bucket": "bucket", "Key": "k"}, "For        delete (DELETE)"),
    ):
        url = s3.generate_presigned_url(operation, Params=parameters)
        result = presign("explain", url)
        assert result.out.startswith("Nothing is wrong")
        assert words in result.out


def test_the_secret_key_in_the_environment_shows_what_was_changed(
    presign: Presign, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = signer().url("DELETE", "k", 900)
    changed = url.replace("Expires=900", "Expires=901")
    assert "For        download, look at, upload or delete (" in presign("explain", url).out
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    assert "\nFor        delete (DELETE)\n" in presign("explain", url).out
    assert first_line(presign, changed).startswith(
        "The signature is not that of this link: the link was changed"
    )
    unknown = signer().url("PUT", "k", 900, {"content-type": "text/csv"})
    assert first_line(presign, unknown).startswith("Nothing is wrong")


def test_what_presign_prints_may_be_given_as_it_is(
    presign: Presign, outputs_file: OutputsFile, keys: None
) -> None:
    for command in (["put", "k"], ["get", "k"], ["post", "in/"]):
        made = presign(*command, "--outputs", outputs_file(), "--format", "json").out.encode()
        result = presign("explain", "--outputs", outputs_file(), "-", stdin=made)
        assert result.out.startswith("Nothing is wrong with the link"), result.out


def test_an_answer_may_have_its_headers_or_be_of_powershell(presign: Presign) -> None:
    url = signer().url("GET", "k", 900)
    body = "<Error><Code>NoSuchKey</Code><Message>No</Message></Error>"
    for data in (
        body.encode(),
        f"HTTP/1.1 404 Not Found\r\nServer: x\r\n\r\n{body}".encode(),
        body.encode("utf-16"),
    ):
        Path("answer").write_bytes(data)
        assert first_line(presign, "--answer", "answer", url).startswith("There is no object under this key")
    Path("answer").write_text("> GET /k HTTP/1.1\n> \n< HTTP/1.1 403 Forbidden\n< Server: AmazonS3\n< \n")
    assert "answered 403 without a body, as to HEAD" in first_line(presign, "--answer", "answer", url)
    Path("answer").write_text("HTTP/1.1 301 Moved\r\nx-amz-bucket-region: us-west-2\r\n\r\n")
    assert "and the bucket is in us-west-2" in first_line(presign, "--answer", "answer", url)


@pytest.mark.parametrize(
    ("head", "time"),
    [("", "<ServerTime>2026-01-01T00:00:00Z</ServerTime>"), ("Date: Thu, 01 Jan 2026 00:00:00 GMT\n", "")],
)
def test_the_time_of_s3_shows_whose_clock_is_wrong(presign: Presign, head: str, time: str) -> None:
    link = Signer(
        access_key="AKIAIOSFODNN7EXAMPLE",
        secret_key="s",
        region="eu-west-1",
        bucket_url=HOST,
        clock=lambda: datetime(2026, 1, 1, 3, tzinfo=UTC),
    ).url("GET", "k", 60)
    said = f"<Code>AccessDenied</Code><Message>Request is not yet valid</Message>{time}"
    Path("answer").write_text(f"HTTP/1.1 403 Forbidden\n{head}\n<Error>{said}</Error>")
    assert "so the clock of the machine that signed is 3 hours ahead" in first_line(
        presign, "--answer", "answer", link
    )


@pytest.mark.parametrize(
    ("parameter", "words"),
    [
        ("X-Goog-Signature=0", "The link is for Google Cloud Storage, not for S3."),
        ("sv=2024&sig=0", "The link is for Azure Storage, not for S3."),
        ("Key-Pair-Id=K&Signature=0", "The link is for CloudFront, not for S3."),
        ("x-amz-signature=0", "The names of the signature's parameters were changed"),
    ],
)
def test_links_that_are_not_of_s3_are_named(presign: Presign, parameter: str, words: str) -> None:
    assert first_line(presign, f"https://files.example/k?{parameter}").startswith(words)


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "message"),
    [
        (["hello"], b"", 1, "this is not a URL: give the whole link, which begins with https://"),
        (["s3://bucket/key"], b"", 1, "this is not a URL: give the whole link"),
        (["https://[x/"], b"", 1, "this is not a URL: "),
        (
            ["https://user:password"],
            b"",
            1,
            "this is not a URL: give the whole link, which begins with https://\n",
        ),
        (["-"], b"", 1, "standard input is empty"),
        (["-"], b"{", 1, "this begins like JSON and is not: "),
        (["-"], b'{"bucket": 1}', 1, "this JSON has no 'url'"),
        (["-"], b'{"url": "https://x/", "headers": 1}', 1, "this JSON has 'headers' that is not an object"),
        (["https://x/", "--answer", "no.xml"], b"", 1, "cannot read no.xml: No such file or directory"),
        (["https://x/", "--outputs", "no.json"], b"", 1, "cannot read the outputs in no.json"),
        (["-", "--answer", "-"], b"", 2, "standard input can be only one of LINK, --answer and --outputs"),
        ([], b"", 2, "missing argument 'LINK'"),
    ],
)
def test_what_cannot_be_explained_is_one_line(
    presign: Presign, arguments: list[str], stdin: bytes, code: int, message: str
) -> None:
    result = presign("explain", *arguments, stdin=stdin)
    assert (result.code, result.out, result.err.count("\n")) == (code, "", 1)
    assert result.err.startswith(f"Error: {message}")


def test_no_other_command_loads_it(outputs_file: OutputsFile, keys: None) -> None:
    script = (
        "import sys; from presign.cli import run; run(sys.argv[1:]);"
        "print(sorted(name for name in sys.modules if name.startswith('presign.explain')))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, "get", "--outputs", outputs_file(), "k"],
        env={"PYTHONPATH": str(ROOT), "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.splitlines()[-1] == "['presign.explain', 'presign.explain.command']"


def test_a_page_has_links_after_the_hash(presign: Presign, outputs_file: OutputsFile) -> None:
    url = signer().url("GET", "_presign/00/upload.html", 900)
    for link in (url, f"{url}#a-_Z0"):
        said = presign("explain", "--outputs", outputs_file(), link).out
        assert said.startswith("Nothing is wrong with the link, as far as it shows.\n")
        words = "open, look at or delete a page of 'presign page', whose own links it does not show"
        assert f"For        {words} (GET or HEAD or DELETE): only the signature knows which\n" in said
    other = signer().url("GET", "a/upload.html", 900)
    assert "the link has a '#'" in first_line(presign, f"{other}#a").lower()
