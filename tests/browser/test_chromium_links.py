"""Links that people open and that scripts of pages use, in Chromium."""

from tests.browser.sites import fetch, href, open_host, open_site
from tests.enforcement.clients import document
from tests.enforcement.places import Place
from tests.enforcement.test_said import DATA as SUMMED
from tests.enforcement.test_said import DIGESTS, OPTIONS, SAID
from tests.presign.presign_support import Presign

import pytest
from playwright.sync_api import BrowserContext, Download, Page

DATA = bytes(range(256)) * 40
NAMES = ["Bericht für Ü.bin", "it's; a $HOME, 100%.bin", "報告 🎉.bin", "plain.bin"]


def saved(context: BrowserContext, url: str) -> Download:
    """Click on a link, on a page of another site, that is to save a file."""
    page = open_site(context, href(url))
    with page.expect_download() as found:
        page.get_by_role("link").click()
    return found.value


@pytest.mark.parametrize("name", NAMES)
def test_a_download_is_saved_under_the_name_that_the_link_says(
    place: Place, presign: Presign, context: BrowserContext, name: str
) -> None:
    place.store("saved/as-stored", DATA)
    made = document(presign, "get", "--download-as", name, "saved/as-stored")
    download = saved(context, made["url"])
    assert download.suggested_filename == name
    assert download.path().read_bytes() == DATA


def test_a_page_in_the_bucket_is_saved_and_not_run(
    place: Place, presign: Presign, context: BrowserContext
) -> None:
    place.store("saved/page.html", b"<script>document.title = 'run'</script>")
    says = ("--download-as", "page.html", "--content-type", "text/html")
    made = document(presign, "get", *says, "saved/page.html")
    download = saved(context, made["url"])
    assert download.suggested_filename == "page.html"


def test_an_inline_download_is_shown_as_the_link_says(place: Place, presign: Presign, page: Page) -> None:
    place.store("shown", "Grüße\n<b>bold</b>".encode())
    made = document(
        presign,
        *("get", "--inline", "--content-type", "text/plain; charset=utf-8", "--content-language", "de"),
        *("--cache-control", "no-store", "shown"),
    )
    answer = page.goto(made["url"])
    assert answer
    assert answer.status == 200
    assert page.inner_text("body") == "Grüße\n<b>bold</b>"
    assert page.evaluate("document.contentType") == "text/plain"
    assert (answer.headers["cache-control"], answer.headers["content-language"]) == ("no-store", "de")


def test_a_script_uploads_with_everything_that_a_link_can_say(
    place: Place, presign: Presign, page: Page
) -> None:
    made = document(presign, "put", *OPTIONS, "script/said")
    status, answer = fetch(open_host(page, place), made, DATA)
    assert status == 200, answer
    assert place.stored("script/said") == DATA
    kept = place.head("script/said")
    assert kept["Metadata"] == {"owner": "Team A; 'B' = \"C\" $HOME `id` !", "x-y.z": "1"}
    said = {
        "--cache-control": kept["CacheControl"],
        "--content-disposition": kept["ContentDisposition"],
        "--content-encoding": kept["ContentEncoding"],
        "--content-language": kept["ContentLanguage"],
        "--content-type": kept["ContentType"],
        "--storage-class": kept["StorageClass"],
    }
    assert said == SAID


@pytest.mark.parametrize(
    ("name", "value"),
    [("x-amz-meta-owner", "somebody"), ("cache-control", "no-store"), ("x-amz-storage-class", "STANDARD")],
)
def test_a_script_that_says_something_else_is_refused(
    place: Place, presign: Presign, page: Page, name: str, value: str
) -> None:
    made = document(presign, "put", *OPTIONS, "script/changed")
    changed = {**made, "headers": {**made["headers"], name: value}}
    status, answer = fetch(open_host(page, place), changed, DATA)
    assert (status, "SignatureDoesNotMatch" in answer) == (403, True)
    assert "script/changed" not in place.listed()


@pytest.mark.parametrize("algorithm", DIGESTS)
def test_a_script_uploads_only_the_content_of_the_checksum(
    place: Place, presign: Presign, page: Page, algorithm: str
) -> None:
    key = f"script/{algorithm}"
    made = document(presign, "put", "--checksum", f"{algorithm}:{DIGESTS[algorithm]}", key)
    open_host(page, place)
    status, _ = fetch(page, made, SUMMED + b"more")
    assert status == 400
    assert key not in place.listed()
    assert fetch(page, made, SUMMED)[0] == 200
    assert place.stored(key) == SUMMED


def test_a_script_uploads_only_where_the_key_is_free(place: Place, presign: Presign, page: Page) -> None:
    made = document(presign, "put", "--if-none-match", "script/free")
    open_host(page, place)
    assert fetch(page, made, DATA)[0] == 200
    assert fetch(page, made, b"another")[0] == 412
    assert place.stored("script/free") == DATA


def test_a_script_fetches_what_a_link_is_for(place: Place, presign: Presign, page: Page) -> None:
    place.store("script/ü +%2F.bin", "Grüße".encode())
    made = document(presign, "get", "script/ü +%2F.bin")
    assert fetch(open_host(page, place), made) == (200, "Grüße")
