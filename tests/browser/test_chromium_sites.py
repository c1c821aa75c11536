"""Pages of other websites and pages in files, in Chromium: they use links as the CORS rules admit."""

from pathlib import Path
from typing import Any

from tests.browser.people import choose, files, uploaded, visit, watched
from tests.browser.sites import fetch, open_site
from tests.enforcement.places import Place
from tests.enforcement.test_browser import ALLOWED, OTHERS
from tests.presign.presign_support import Presign

import pytest
from playwright.sync_api import BrowserContext, Page

ANY: dict[str, Any] = {
    "AllowedOrigins": ["*"],
    "AllowedMethods": ["GET", "PUT", "POST"],
    "AllowedHeaders": ["*"],
    "ExposeHeaders": ["ETag"],
}
MINISTACK = pytest.mark.parametrize("place", ["MiniStack"], indirect=True)


@pytest.mark.parametrize("site", ALLOWED)
def test_a_site_that_is_named_uploads_with_a_link(
    named_sites: tuple[str, dict[str, str]],
    context: BrowserContext,
    site: str,
) -> None:
    url, headers = named_sites
    page = open_site(context, site=site)
    assert fetch(page, {"url": url, "method": "PUT", "headers": headers}, b"hello")[0] == 200
    etag = "async url => (await fetch(url, {method: 'PUT', headers: HEADERS, body: 'x'})).headers.get('ETag')"
    assert page.evaluate(etag.replace("HEADERS", repr(headers)), url)


@pytest.mark.parametrize("site", [site for site in OTHERS if site != "null"])
def test_any_other_site_does_not(
    named_sites: tuple[str, dict[str, str]],
    context: BrowserContext,
    site: str,
) -> None:
    url, headers = named_sites
    page = open_site(context, site=site)
    status, said = fetch(page, {"url": url, "method": "PUT", "headers": headers}, b"hello")
    assert (status, "Failed to fetch" in said) == (0, True)


@MINISTACK
def test_a_page_in_a_file_is_a_plain_form(place: Place, presign: Presign, page: Page, tmp_path: Path) -> None:
    assert presign("page", "put", "-o", "page.html", "file/").code == 0
    (file,) = files(tmp_path, "a ü.csv")
    page.goto((tmp_path / "page.html").as_uri())
    page.get_by_label("File").set_input_files(file)
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Upload").click()
    opened.value.wait_for_load_state()
    assert "<Key>" in opened.value.content()
    # MiniStack reads names as Latin-1.
    assert place.stored("file/a ü.csv".encode().decode("latin-1")) == file.read_bytes()


@MINISTACK
def test_a_page_in_a_file_has_progress_where_cors_admits_it(
    place: Place, presign: Presign, page: Page, tmp_path: Path
) -> None:
    place.s3.put_bucket_cors(Bucket=place.bucket, CORSConfiguration={"CORSRules": [ANY]})
    try:
        assert presign("page", "put", "-o", "page.html", "file/").code == 0
        (file,) = files(tmp_path, "b.csv")
        with watched(page.context) as seen:
            visit(page, (tmp_path / "page.html").as_uri())
            choose(page, file)
            (key,) = uploaded(page, 1)
        assert place.stored(key) == file.read_bytes()
        assert seen.problems == []
    finally:
        place.s3.delete_bucket_cors(Bucket=place.bucket)


@MINISTACK
def test_a_list_in_a_file_downloads(place: Place, presign: Presign, page: Page, tmp_path: Path) -> None:
    place.store("file/c.csv", b"content")
    assert presign("page", "get", "-o", "page.html", "file/c.csv").code == 0
    with watched(page.context) as seen:
        visit(page, (tmp_path / "page.html").as_uri())
        with page.expect_download() as found:
            page.get_by_role("link", name="c.csv").click()
        assert found.value.path().read_bytes() == b"content"
    assert seen.problems == []
