"""Pages of `presign page -o FILE`, opened from the disk in Chromium."""

from collections.abc import Iterator
from pathlib import Path

from tests.browser.people import choose, files, uploaded, visit, watched
from tests.enforcement.places import Place
from tests.presign.presign_support import Presign

import pytest
from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.parametrize("place", ["MiniStack"], indirect=True)


@pytest.fixture
def admitted(place: Place) -> Iterator[None]:
    """The bucket's CORS rules admit every origin, as docs/presign-pages.md shows."""
    rule = {
        "AllowedOrigins": ["*"],
        "AllowedMethods": ["GET", "HEAD", "PUT", "POST"],
        "AllowedHeaders": ["content-md5", "if-none-match"],
        "ExposeHeaders": ["ETag", "x-amz-version-id"],
    }
    place.s3.put_bucket_cors(Bucket=place.bucket, CORSConfiguration={"CORSRules": [rule]})
    yield
    place.s3.delete_bucket_cors(Bucket=place.bucket)


def written(presign: Presign, folder: Path, *arguments: str) -> str:
    """Write a page to a file, and return the URL of the file."""
    result = presign("page", *arguments, "-o", str(folder / "page.html"))
    assert (result.code, result.out) == (0, "")
    return (folder / "page.html").as_uri()


@pytest.mark.usefixtures("admitted")
def test_where_cors_admits_it_the_page_is_the_same(
    place: Place, presign: Presign, context: BrowserContext, page: Page, tmp_path: Path
) -> None:
    with watched(context) as seen:
        visit(page, written(presign, tmp_path, "put", "--large", "film.bin:1GB", "file/"))
        chosen = files(tmp_path, "a.csv", "film.bin")
        choose(page, *chosen)
        keys = uploaded(page, 2)
    assert seen.problems == []
    assert keys[1] == "file/film.bin"
    assert [place.stored(key) for key in keys] == [file.read_bytes() for file in chosen]


def test_else_it_is_a_form_that_says_where_the_file_is(
    place: Place, presign: Presign, context: BrowserContext, page: Page, tmp_path: Path
) -> None:
    (file,) = files(tmp_path, "a ü.csv")
    page.goto(written(presign, tmp_path, "put", "plain/"))
    page.get_by_label("File").set_input_files(file)
    with context.expect_page() as answer:
        page.get_by_role("button", name="Upload").click()
    answer.value.wait_for_load_state()
    assert "plain/a" in answer.value.content()
    [key] = [key for key in place.listed() if key.startswith("plain/")]
    assert place.stored(key) == file.read_bytes()


def test_downloads_need_no_cors(place: Place, presign: Presign, page: Page, tmp_path: Path) -> None:
    place.store("file/out.csv", b"content")
    visit(page, written(presign, tmp_path, "get", "file/out.csv"))
    with page.expect_download() as found:
        page.get_by_role("link", name="out.csv").click()
    assert found.value.suggested_filename == "out.csv"
    assert Path(found.value.path()).read_bytes() == b"content"
