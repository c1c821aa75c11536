"""Pages for uploads, on a server that checks signatures and forms."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

from tests.presign.page.page_support import LOOPBACK, Opened, made, opened, send
from tests.presign.presign_support import BUCKET, OutputsFile, Presign

import pytest
import requests
from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.usefixtures("keys")


@pytest.fixture(autouse=True)
def on_loopback(monkeypatch: pytest.MonkeyPatch, outputs: str) -> None:
    monkeypatch.setenv(LOOPBACK, "1")
    monkeypatch.setenv("PRESIGN_OUTPUTS", outputs)


@pytest.fixture
def page(presign: Presign) -> Opened:
    return opened(made(presign, "put", "--max-size", "1KB", "inbox/")["url"])


def test_the_page_is_stored_as_the_bucket_demands(
    presign: Presign, s3: S3Client, upload_headers: dict[str, str]
) -> None:
    found = made(presign, "put", "inbox/")
    assert re.fullmatch(r"_presign/[0-9a-f]{32}/upload\.html", found["key"])
    stored = s3.get_object(Bucket=BUCKET, Key=found["key"], ChecksumMode="ENABLED")
    assert [stored["ServerSideEncryption"], stored["SSEKMSKeyId"]] == list(upload_headers.values())
    assert stored["ContentType"] == "text/html; charset=utf-8"
    assert stored["CacheControl"] == "no-store"
    assert stored["ChecksumSHA256"]  # which Object Lock demands
    # Two pages never share a folder.
    assert made(presign, "put", "inbox/")["key"] != found["key"]


def test_the_stored_page_has_no_links_where_they_are_in_the_url(presign: Presign, s3: S3Client) -> None:
    found = made(presign, "put", "inbox/")
    assert found["links_in"] == "url"
    stored = s3.get_object(Bucket=BUCKET, Key=found["key"])["Body"].read().decode()
    assert "x-amz" not in stored.lower()
    assert "inbox" not in stored


def test_links_that_do_not_fit_are_in_the_page(
    presign: Presign, s3: S3Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("presign.page.place.LONGEST_LINK", 1000)
    found = made(presign, "put", "inbox/")
    assert found["links_in"] == "page"
    assert "#" not in found["url"]
    page = opened(found["url"])
    assert send(page, "inbox/in the page.txt", b"x").status_code == 201
    assert "anyone who may read it in the bucket can use them" in presign("page", "put", "inbox/").out


def test_the_page_uploads_with_the_buckets_headers(
    page: Opened, s3: S3Client, upload_headers: dict[str, str]
) -> None:
    assert page.about["prefix"] == "inbox/"
    assert page.about["visits"] is True
    assert (page.about["min"], page.about["max"]) == (0, 1000)
    assert send(page, "inbox/ü 1.html", b"<script>").status_code == 201
    stored = s3.get_object(Bucket=BUCKET, Key="inbox/ü 1.html")
    assert stored["Body"].read() == b"<script>"
    assert stored["SSEKMSKeyId"] == upload_headers["x-amz-server-side-encryption-aws-kms-key-id"]
    # No browser shows it as a page.
    assert stored["ContentType"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("key", "content", "fields"),
    [
        ("other/x", b"x", {}),
        ("_presign/sw.js", b"x", {}),
        ("inbo", b"x", {}),
        ("inbox/x", b"x" * 1001, {}),
        ("inbox/x", b"x", {"Content-Type": "text/html"}),
        ("inbox/x", b"x", {"x-amz-server-side-encryption": "AES256"}),
        ("inbox/x", b"x", {"x-amz-meta-a": "b"}),
        ("inbox/x", b"x", {"success_action_redirect": "https://evil.example/"}),
    ],
)
def test_the_page_can_upload_nothing_else(
    page: Opened, key: str, content: bytes, fields: dict[str, str]
) -> None:
    assert send(page, key, content, **fields).status_code in (400, 403)


def test_the_pages_link_is_for_the_page_alone(presign: Presign) -> None:
    url = made(presign, "put", "inbox/")["url"].partition("#")[0]
    assert requests.put(url, data=b"x", timeout=30).status_code == 403
    assert requests.delete(url, timeout=30).status_code == 403
    assert requests.get(url.replace("upload.html", "other.html"), timeout=30).status_code == 403


def test_a_content_type_is_that_of_each_file(presign: Presign, s3: S3Client) -> None:
    result = presign("page", "put", "--content-type", "image/*", "--format", "json", "inbox/")
    assert "image/* may be HTML, SVG or XML, whose scripts browsers run" in result.err
    page = opened(json.loads(result.out)["url"])
    assert (page.about["type"], page.about["anySubtype"]) == ("image/", True)
    assert send(page, "inbox/a", b"x", **{"Content-Type": "image/png"}).status_code == 201
    assert s3.head_object(Bucket=BUCKET, Key="inbox/a")["ContentType"] == "image/png"
    assert send(page, "inbox/b", b"x", **{"Content-Type": "text/html"}).status_code == 403
    exact = opened(made(presign, "put", "--content-type", "text/csv", "inbox/")["url"])
    assert exact.about["fields"]["Content-Type"] == "text/csv"


@pytest.mark.parametrize(
    "content_type", ["text/html", "image/svg+xml", "application/xml", "text/xml; charset=x"]
)
def test_no_page_takes_what_browsers_run(presign: Presign, content_type: str) -> None:
    result = presign("page", "put", "--content-type", content_type, "inbox/")
    assert (result.code, result.out) == (1, "")
    assert "browsers would run its scripts" in result.err


def test_the_page_says_until_when_and_outlives_its_links(presign: Presign) -> None:
    before = datetime.now(UTC).timestamp()
    found = made(presign, "put", "--expires", "1h", "inbox/")
    page = opened(found["url"])
    assert 3590 < page.about["until"] - before < 3660
    assert datetime.fromisoformat(found["expires_at"]).timestamp() == page.about["until"]
    # For a day more, it says that it has expired.
    assert "X-Amz-Expires=90000&" in found["url"]


def test_no_link_outlives_what_the_bucket_allows(
    presign: Presign, outputs_file: OutputsFile, upload_headers: dict[str, str]
) -> None:
    outputs = outputs_file(S3BucketName=BUCKET, UploadHeaders=upload_headers, PresignMaxSeconds=600)
    found = made(presign, "put", "--outputs", outputs, "inbox/")
    assert "X-Amz-Expires=600&" in found["url"]
    assert opened(found["url"]).about["until"] < datetime.now(UTC).timestamp() + 601
    result = presign("page", "put", "--outputs", outputs, "--expires", "1h", "inbox/")
    assert (result.code, result.out) == (1, "")
    assert "at most 10 minutes" in result.err


def test_the_text_says_all_that_its_maker_has_to_know(presign: Presign) -> None:
    result = presign("page", "put", "inbox/")
    lines = result.out.splitlines()
    assert lines[0] == f"Uploads to s3://{BUCKET}/inbox/"
    names = ["Uploads to", "Expires", "Signed by", "Stored as", "Its links", "Open"]
    assert [line[:10].strip() for line in lines] == names
    assert lines[4] == "Its links  in the URL alone, after the #"
    assert result.err == ""
    url = presign("page", "put", "--format", "url", "inbox/").out
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\S+#\S+\n", url)


def test_object_lock_is_refused_with_the_way_out(
    presign: Presign, outputs_file: OutputsFile, upload_headers: dict[str, str]
) -> None:
    outputs = outputs_file(S3BucketName=BUCKET, UploadHeaders=upload_headers, ObjectLock=True)
    result = presign("page", "put", "--outputs", outputs, "inbox/")
    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
    assert "the bucket has Object Lock, and takes no upload without a checksum" in result.err


def test_a_page_that_cannot_be_stored_is_one_line(presign: Presign, outputs: str) -> None:
    text = Path(outputs).read_text()
    Path(outputs).write_text(text.replace(BUCKET, "no-such-bucket-here"))
    result = presign("page", "put", "inbox/")
    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
    assert "cannot store the page _presign/" in result.err


def test_revoked_prefixes_get_no_page(
    presign: Presign, outputs_file: OutputsFile, upload_headers: dict[str, str]
) -> None:
    outputs = outputs_file(S3BucketName=BUCKET, UploadHeaders=upload_headers, PresignRevoked=["old/"])
    assert "are revoked" in presign("page", "put", "--outputs", outputs, "old/").err


def test_where_all_pages_are_revoked_none_is_made(
    presign: Presign, outputs_file: OutputsFile, upload_headers: dict[str, str]
) -> None:
    outputs = outputs_file(S3BucketName=BUCKET, UploadHeaders=upload_headers, PresignRevoked=["_presign/"])
    for command in (["page", "put", "inbox/"], ["page", "get", "a"]):
        result = presign(*command, "--outputs", outputs)
        assert (result.code, result.out) == (1, "")
        assert "links for '_presign/' are revoked" in result.err
