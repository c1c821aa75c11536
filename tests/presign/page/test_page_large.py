"""Pages with files that are uploaded in parts, on a server that checks signatures."""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from presign.check import Answer
from tests.presign.multipart_support import MIB
from tests.presign.page.page_support import LOOPBACK, Opened, made, opened, send
from tests.presign.presign_support import BUCKET, OutputsFile, Presign

import pytest
import requests
from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.usefixtures("keys")


def left(s3: S3Client) -> list[str]:
    return [one["Key"] for one in s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])]


def end_all(s3: S3Client) -> None:
    for one in s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []):
        s3.abort_multipart_upload(Bucket=BUCKET, Key=one["Key"], UploadId=one["UploadId"])


@pytest.fixture(autouse=True)
def on_loopback(monkeypatch: pytest.MonkeyPatch, outputs: str, s3: S3Client) -> Iterator[None]:
    """Every test begins and ends with no upload."""
    monkeypatch.setenv(LOOPBACK, "1")
    monkeypatch.setenv("PRESIGN_OUTPUTS", outputs)
    end_all(s3)
    yield
    end_all(s3)


def put_part(page: Opened, slot: Mapping[str, Any], number: int, content: bytes) -> requests.Response:
    """Upload a part as the page's script does."""
    path = f"{slot['head']}{number}{slot['between']}{slot['signatures'][number - 1]}"
    digest = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
    headers = {"Content-MD5": digest}
    return requests.put(page.origin + page.about["base"] + path, content, headers=headers, timeout=30)


def finish(page: Opened, slot: Mapping[str, Any], tags: list[str]) -> requests.Response:
    """Complete an upload as the page's script does."""
    parts = "".join(
        f"<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>"
        for number, tag in enumerate(tags, 1)
    )
    url = page.origin + page.about["base"] + slot["complete"]
    body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>"
    return requests.post(url, body, headers=slot["condition"], timeout=30)


def test_a_large_file_is_uploaded_in_parts_and_replaces_nothing(
    presign: Presign, s3: S3Client, upload_headers: dict[str, str]
) -> None:
    s3.delete_object(Bucket=BUCKET, Key="large/film.bin")
    first, second = (
        opened(made(presign, "put", "--large", "film.bin:130MiB", "large/")["url"]) for _ in range(2)
    )
    pieces = [b"a" * (64 * MIB), b"b" * 77]
    for page in (first, second):
        [slot] = page.about["large"]
        assert (slot["name"], slot["key"]) == ("film.bin", "large/film.bin")
        assert (slot["size"], slot["partSize"], len(slot["signatures"])) == (130 * MIB, 64 * MIB, 3)
        tags = [put_part(page, slot, number, piece).headers["ETag"] for number, piece in enumerate(pieces, 1)]
        assert finish(page, slot, tags).status_code == (200 if page is first else 412)
    stored = s3.get_object(Bucket=BUCKET, Key="large/film.bin")
    assert stored["Body"].read() == b"".join(pieces)
    assert [stored["ServerSideEncryption"], stored["SSEKMSKeyId"]] == list(upload_headers.values())
    assert stored["ContentType"] == "application/octet-stream"
    # The page takes other files as well.
    assert send(first, "large/other", b"x").status_code == 201


def test_the_page_sees_which_parts_are_there(presign: Presign) -> None:
    page = opened(made(presign, "put", "--large", "a:5GB", "large/")["url"])
    [slot] = page.about["large"]
    assert len(slot["lists"]) == 1
    put_part(page, slot, 1, b"x" * 100)
    listed = requests.get(page.origin + page.about["base"] + slot["lists"][0], timeout=30).text
    assert re.findall(r"<PartNumber>(\d+)</PartNumber>", listed) == ["1"]
    assert "<Size>100</Size>" in listed
    # One link for each thousand parts.
    [many] = opened(made(presign, "put", "--large", "b:140GB", "large/")["url"]).about["large"]
    assert len(many["signatures"]) == 2087
    assert [re.findall(r"part-number-marker=(\d+)", path) for path in many["lists"]] == [
        [],
        ["1000"],
        ["2000"],
    ]


def test_a_part_that_arrives_otherwise_is_refused(presign: Presign) -> None:
    page = opened(made(presign, "put", "--large", "a:1MB", "large/")["url"])
    [slot] = page.about["large"]
    url = page.origin + page.about["base"] + f"{slot['head']}1{slot['between']}{slot['signatures'][0]}"
    headers = {"Content-MD5": base64.b64encode(hashlib.md5(b"y", usedforsecurity=False).digest()).decode()}
    assert requests.put(url, b"x", headers=headers, timeout=30).status_code == 400


def test_the_page_can_use_no_other_key_or_upload(presign: Presign) -> None:
    page = opened(made(presign, "put", "--large", "a:1MB", "--large", "b:1MB", "large/")["url"])
    one, two = page.about["large"]
    mixed = {**one, "head": two["head"]}
    assert put_part(page, mixed, 1, b"x").status_code == 403
    abort = page.origin + page.about["base"] + one["lists"][0]
    assert requests.delete(abort, timeout=30).status_code == 403


def test_what_was_not_used_is_ended_by_its_maker(presign: Presign, s3: S3Client) -> None:
    result = presign("page", "put", "--large", "a:6GB", "--large", "b:7GB", "large/")
    assert f"In parts   s3://{BUCKET}/large/a, at most 6,000,000,000 bytes\n" in result.out
    assert f"           s3://{BUCKET}/large/b, at most 7,000,000,000 bytes\n" in result.out
    assert "(1 day from now)" in result.out
    assert left(s3) == ["large/a", "large/b"]
    assert presign("multipart", "abort", "large/a").code == 0
    assert left(s3) == ["large/b"]


@pytest.mark.parametrize("step", ["presign.page.place.store", "presign.report.write"])
def test_where_the_page_fails_no_upload_is_left(
    presign: Presign, s3: S3Client, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*arguments: object) -> None:
        assert left(s3) == ["large/a", "large/b"]
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(step, fail)
    assert presign("page", "put", "--large", "a:6GB", "--large", "b:6GB", "large/").code == 1
    assert left(s3) == []


@pytest.mark.parametrize(
    ("code", "large", "problem"),
    [
        (2, ["film.bin"], "'film.bin' is not a file's name and size: give such as video.mov:20GB"),
        (2, [":5GB"], "is not a file's name and size"),
        (2, ["a/b:5GB"], "is not a file's name and size"),
        (2, ["..:5GB"], "is not a file's name and size"),
        (2, ["a\nb:5GB"], "is not a file's name and size"),
        (2, ["a:big"], "'big' is not a size"),
        (2, ["a:5GB", "a:6GB"], "two files have the same name"),
        (1, ["a:49TiB"], "S3 takes objects of at most"),
        (1, ["x" * 1100 + ":5GB"], "1106 bytes"),
    ],
)
def test_files_that_cannot_be_meant_are_refused(
    presign: Presign, s3: S3Client, code: int, large: list[str], problem: str
) -> None:
    options = [text for one in large for text in ("--large", one)]
    result = presign("page", "put", *options, "large/")
    assert (result.code, result.out, result.err.count("\n")) == (code, "", 1)
    assert problem in result.err
    assert left(s3) == []


def test_a_content_type_is_that_of_the_large_files_too(presign: Presign, s3: S3Client) -> None:
    s3.delete_object(Bucket=BUCKET, Key="large/film.mp4")
    options = ("--content-type", "video/mp4", "--large", "film.mp4:1MB")
    page = opened(made(presign, "put", *options, "large/")["url"])
    [slot] = page.about["large"]
    assert finish(page, slot, [put_part(page, slot, 1, b"x").headers["ETag"]]).status_code == 200
    assert s3.head_object(Bucket=BUCKET, Key="large/film.mp4")["ContentType"] == "video/mp4"
    refused = presign("page", "put", "--content-type", "video/*", "--large", "a:1MB", "large/")
    assert (refused.code, refused.out, refused.err.count("\n")) == (1, "", 1)
    assert "--content-type video/* is not for a --large file" in refused.err
    assert left(s3) == []


@pytest.mark.parametrize("options", [["--min-size", "1KB"], ["--max-size", "1GB"], ["--same-folder"]])
def test_what_is_for_a_form_is_refused_where_the_page_has_none(
    presign: Presign,
    s3: S3Client,
    outputs_file: OutputsFile,
    upload_headers: dict[str, str],
    options: list[str],
) -> None:
    outputs = outputs_file(S3BucketName=BUCKET, UploadHeaders=upload_headers, ObjectLock=True)
    result = presign("page", "put", "--outputs", outputs, "--large", "a:1MB", *options, "large/")
    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
    assert f"the page takes the --large files alone, and {options[0]} is not for them" in result.err
    assert left(s3) == []


def test_a_name_may_have_a_colon(presign: Presign) -> None:
    page = opened(made(presign, "put", "--large", "at 12:30.mov:5GB", "large/")["url"])
    assert page.about["large"][0]["name"] == "at 12:30.mov"


def test_a_bucket_with_object_lock_takes_the_named_files_alone(
    presign: Presign, s3: S3Client, outputs_file: OutputsFile, upload_headers: dict[str, str]
) -> None:
    outputs = outputs_file(S3BucketName=BUCKET, UploadHeaders=upload_headers, ObjectLock=True)
    result = presign("page", "put", "--outputs", outputs, "--format", "url", "--large", "a:1MB", "large/")
    assert result.err == "Warning: the bucket has Object Lock: the page takes the --large files alone\n"
    page = opened(result.out.strip())
    assert "fields" not in page.about
    [slot] = page.about["large"]
    tag = put_part(page, slot, 1, b"x").headers["ETag"]
    assert finish(page, slot, [tag]).status_code in (200, 412)
    refused = presign("page", "put", "--outputs", outputs, "large/")
    assert "name each file, which is then uploaded in parts with checksums: --large NAME:SIZE" in refused.err


def test_a_single_upload_in_parts_can_be_a_page(presign: Presign, s3: S3Client, tmp_path: Path) -> None:
    (tmp_path / "it's <b>.bin").write_bytes(b"x" * (11 * MIB))
    options = ["--multipart", "--part-size", "5MiB", "--file", str(tmp_path / "it's <b>.bin")]
    said = ["--content-type", "text/csv", "--metadata", "owner=me"]
    result = presign("put", *options, *said, "--format", "html", "one/k")
    assert result.code == 0, result.err
    assert f"In parts   s3://{BUCKET}/one/k, at most {11 * MIB:,} bytes\n" in result.out
    page = opened(result.out.split()[-1])
    assert "fields" not in page.about
    [slot] = page.about["large"]
    assert (slot["name"], slot["key"], slot["condition"]) == ("it's <b>.bin", "one/k", {})
    tags = [put_part(page, slot, number, b"x" * 5 * MIB).headers["ETag"] for number in (1, 2)]
    tags.append(put_part(page, slot, 3, b"x" * MIB).headers["ETag"])
    assert finish(page, slot, tags).status_code == 200
    stored = s3.head_object(Bucket=BUCKET, Key="one/k")
    assert (stored["ContentLength"], stored["ContentType"]) == (11 * MIB, "text/csv")
    assert stored["Metadata"] == {"owner": "me"}


@pytest.mark.parametrize(
    ("code", "options", "problem"),
    [
        (2, ["--format", "html"], "--format html is for an upload in parts: add --multipart"),
        (2, ["--multipart", "--format", "html"], "an upload in parts needs the file's size"),
        (1, ["--multipart", "--size", "6GB", "--format", "html", "--checksum", "x"], "--checksum is not for"),
        (
            1,
            ["--multipart", "--file", "f", "--format", "html", "--part-checksums"],
            "sends a checksum with each part anyway",
        ),
        (
            1,
            ["--multipart", "--size", "6GB", "--format", "html", "--access-point", "arn:aws:s3:x"],
            "leave --access-point out",
        ),
        (
            1,
            ["--multipart", "--size", "6GB", "--format", "html", "--content-type", "text/html"],
            "no page takes text/html: browsers would run its scripts",
        ),
        (1, ["--multipart", "--size", "6GB", "--format", "text"], "sh, powershell, json, html"),
    ],
)
def test_a_page_of_one_file_refuses_what_it_cannot_have(
    presign: Presign, s3: S3Client, code: int, options: list[str], problem: str
) -> None:
    Path("f").write_bytes(b"x")
    result = presign("put", *options, "k")
    assert (result.code, result.out, result.err.count("\n")) == (code, "", 1)
    assert problem in result.err
    assert left(s3) == []


def test_a_page_of_one_file_is_checked_first(
    presign: Presign, s3: S3Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ("put", "--multipart", "--size", "1MB", "--format", "html", "--check", "one/checked")
    assert "only an upload shows whether these credentials may upload" in presign(*options).err
    end_all(s3)

    def fail(prepared: object) -> Answer:
        return Answer("the bucket is not there", [])

    monkeypatch.setattr("presign.check.ask_upload", fail)
    result = presign(*options)
    assert (result.code, result.out, result.err) == (1, "", "Error: the bucket is not there\n")
    assert left(s3) == []
