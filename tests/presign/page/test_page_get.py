"""Pages for downloads, on a server that checks signatures."""

import uuid

from tests.presign.page.page_support import LOOPBACK, Opened, made, opened
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
def prefix(s3: S3Client) -> str:
    """A folder with two files, what a console leaves for a folder, and what no browser can download."""
    folder = f"{uuid.uuid4()}/"
    for name, content in (("a.csv", b"abc"), ("ü <b> %41.html", b"<script>"), ("", b""), ("x/../y", b"y")):
        s3.put_object(Bucket=BUCKET, Key=f"{folder}{name}", Body=content, ContentType="text/html")
    return folder


def links(page: Opened) -> dict[str, int]:
    """Each link as the page's script writes it, and the size next to it."""
    about = page.about
    return {
        f"{page.origin}{about['base']}{path}?{about['query']}{signature}": size
        for path, size, signature in about["files"]
    }


def test_the_page_lists_what_a_browser_can_download(presign: Presign, prefix: str) -> None:
    result = presign("page", "get", prefix)
    assert result.code == 0
    assert "Downloads  2 files\n" in result.out
    assert result.err == (
        "Warning: left out 1 objects whose keys have a '.' or '..' part, which browsers rewrite\n"
    )
    page = opened(result.out.splitlines()[-1].split()[-1])
    assert page.about["prefix"] == prefix
    answers = [requests.get(link, timeout=30) for link in links(page)]
    assert [answer.content for answer in answers] == [b"abc", b"<script>"]
    assert list(links(page).values()) == [3, 8]
    # No content is shown, so that none runs with the page's origin.
    assert [answer.headers["Content-Disposition"] for answer in answers] == ["attachment"] * 2
    plain = [link.replace("response-content-disposition=attachment&", "") for link in links(page)]
    assert {requests.get(link, timeout=30).status_code for link in plain} == {403}


def test_single_objects_are_listed_with_their_sizes(presign: Presign, prefix: str) -> None:
    found = made(presign, "get", f"{prefix}a.csv", f"s3://{BUCKET}/{prefix}ü <b> %41.html")
    page = opened(found["url"])
    assert list(links(page).values()) == [3, 8]
    assert page.about["prefix"] == ""
    assert found["key"].endswith("/download.html")


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ("missing.csv", f"there is no object s3://{BUCKET}/missing.csv"),
        ("missing/", "there is nothing to download: S3 lists no objects there"),
        ("a/../b", "no browser can download 'a/../b'"),
        ("s3://another/b", "is not in the bucket of these outputs"),
    ],
)
def test_what_cannot_be_downloaded_is_one_line(presign: Presign, wanted: str, problem: str) -> None:
    result = presign("page", "get", wanted)
    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
    assert problem in result.err


def test_archived_and_revoked_objects_are_left_out(
    presign: Presign, s3: S3Client, prefix: str, outputs_file: OutputsFile, upload_headers: dict[str, str]
) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"{prefix}cold", Body=b"x", StorageClass="GLACIER")
    outputs = outputs_file(
        S3BucketName=BUCKET, UploadHeaders=upload_headers, PresignRevoked=[f"{prefix}a.csv"]
    )
    result = presign("page", "get", "--outputs", outputs, prefix)
    assert "Downloads  1 file\n" in result.out
    assert "left out 1 archived objects, which must be restored first" in result.err
    assert "left out 1 objects whose links are revoked" in result.err
    refused = presign("page", "get", "--outputs", outputs, f"{prefix}a.csv")
    assert (refused.code, refused.out) == (1, "")
    assert "are revoked" in refused.err


def test_pages_are_no_downloads(presign: Presign, s3: S3Client, prefix: str) -> None:
    made(presign, "get", prefix)
    whole = presign("page", "get", "--format", "json", "")
    assert whole.code == 1
    assert "empty" in whole.err


def test_more_than_people_read_is_refused(
    presign: Presign, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("presign.page.downloads.MOST", 1)
    result = presign("page", "get", prefix)
    assert (result.code, result.out) == (1, "")
    assert "these are more than 1 files" in result.err
    assert "presign bulk get" in result.err


def test_many_links_are_in_the_page(presign: Presign, s3: S3Client) -> None:
    folder = f"{uuid.uuid4()}/"
    for number in range(120):
        s3.put_object(Bucket=BUCKET, Key=f"{folder}{uuid.uuid4()}-{number}", Body=b"x" * number)
    found = made(presign, "get", folder)
    assert found["links_in"] == "page"
    page = opened(found["url"])
    assert sorted(links(page).values()) == list(range(120))
    assert requests.get(list(links(page))[7], timeout=30).status_code == 200
