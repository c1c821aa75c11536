"""The page for downloads, in Chromium."""

import json
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from tests.browser.people import Seen, visit
from tests.enforcement.places import Place

import pytest
from playwright.sync_api import Page, expect

DATA = bytes(range(256)) * 40
HOSTILE = [
    "<img src=x onerror=alert(1)>.txt",
    '"><svg onload=alert(1)>.txt',
    "</script><script>alert(1)</script>.txt",
    "it's; 100% a+b&c=d #1?.txt",
    "Bericht für Ü 報告 🎉.txt",
    "a%2F..%2Fb.txt",
    "javascript:alert(1)",
    "report\u202etxt.exe",
    "a  b.txt",
]


def test_three_files_are_downloaded_as_they_are(
    place: Place, link: Callable[..., str], page: Page, seen: Seen
) -> None:
    stored = {f"out/three/{name}": DATA + name.encode() for name in ("a.csv", "sub/b ü.csv", "empty")}
    stored["out/three/empty"] = b""
    for key, content in stored.items():
        place.store(key, content)
    visit(page, link("get", "out/three/"))
    assert page.get_by_role("status").inner_text() == f"3 files from {place.bucket}/out/three/, 20 KB"
    for key, content in stored.items():
        with page.expect_download() as found:
            page.get_by_role("link", name=key.removeprefix("out/three/"), exact=True).click()
        assert found.value.path().read_bytes() == content
        assert found.value.suggested_filename == PurePosixPath(key).name
    expect(page.get_by_role("row", name="empty 0 bytes")).to_be_visible()


def test_a_hostile_key_is_a_name_and_nothing_else(
    place: Place, link: Callable[..., str], page: Page, seen: Seen
) -> None:
    # What turns the direction of text is shown as a sign of its own.
    shown = {name.replace("\u202e", "\ufffd"): DATA + name.encode() for name in HOSTILE}
    for name in HOSTILE:
        place.store(f"out/hostile/{name}", DATA + name.encode())
    visit(page, link("get", "out/hostile/"))
    links = page.get_by_role("table").get_by_role("link")
    names = links.evaluate_all("found => found.map(one => one.textContent)")
    assert set(names) == set(shown)
    for index, name in enumerate(names):
        with page.expect_download() as found:
            links.nth(index).click()
        assert found.value.path().read_bytes() == shown[name]
    assert page.locator("img, svg").count() == 0
    assert page.locator("script").count() == 2


def test_a_page_in_the_bucket_is_saved_and_not_shown(
    place: Place, link: Callable[..., str], page: Page, seen: Seen
) -> None:
    bad = b"<script>alert(document.domain)</script>"
    args = {"Bucket": place.bucket, "Key": "out/bad.html", "Body": bad, "ContentType": "text/html"}
    algorithm, arn = place.headers.values()
    place.s3.put_object(**args, ServerSideEncryption=algorithm, SSEKMSKeyId=arn)
    visit(page, link("get", "out/bad.html"))
    before = page.url
    for click in ("left", "middle"):
        with page.expect_download() as found:
            # A click with the middle button asks for a new tab, past what the attribute says.
            page.get_by_role("link").click(button=click)
        assert found.value.path().read_bytes() == bad
    assert page.url == before


@pytest.mark.parametrize("place", ["MiniStack"], indirect=True)
def test_a_long_list_has_its_links_in_the_page(
    place: Place, link: Callable[..., str], page: Page, seen: Seen
) -> None:
    names = [f"{number:03} </script><!--{number}.txt" for number in range(200)]
    for name in names:
        place.store(f"out/many/{name}", name.encode())
    url = link("get", "out/many/")
    assert "#" not in url
    visit(page, url)
    assert page.get_by_role("link").count() == 200
    with page.expect_download() as found:
        page.get_by_role("link", name=names[123], exact=True).click()
    assert found.value.path().read_bytes() == names[123].encode()


@pytest.mark.parametrize("place", ["MiniStack"], indirect=True)
def test_a_list_that_expires_has_no_links_any_more(
    place: Place, link: Callable[..., str], page: Page, seen: Seen
) -> None:
    place.store("out/a.csv", DATA)
    url = link("get", "--expires", "8s", "out/a.csv")
    visit(page, url)
    page.get_by_role("alert").get_by_text("This page has expired").wait_for()
    expect(page.get_by_role("link")).to_have_count(0)
    visit(page, url)
    page.get_by_role("alert").get_by_text("This page has expired").wait_for()
    expect(page.get_by_role("link")).to_have_count(0)


@pytest.mark.parametrize("place", ["MiniStack"], indirect=True)
def test_the_keyboard_is_enough_to_download(
    place: Place, link: Callable[..., str], page: Page, seen: Seen
) -> None:
    place.store("out/a.csv", DATA)
    visit(page, link("get", "out/a.csv"))
    page.keyboard.press("Tab")
    with page.expect_download() as found:
        page.keyboard.press("Enter")
    assert found.value.path().read_bytes() == DATA


@pytest.mark.parametrize("place", ["MiniStack"], indirect=True)
def test_a_file_that_waits_for_its_scan_has_a_note(
    place: Place, link: Callable[..., str], page: Page, seen: Seen
) -> None:
    for key in ("out/waits/a.csv", "out/free/b.csv"):
        place.store(key, DATA)
    note = page.get_by_text("A file can be downloaded only after it was checked for malware.")
    visit(page, link("get", "out/waits/"))
    expect(note).to_be_hidden()

    scan = {"Prefixes": ["out/waits/"], "Enforced": True, "Tag": "GuardDutyMalwareScanStatus", "Clean": "OK"}
    document = json.loads(Path("outputs.json").read_text())
    document["MalwareScan"] = {"value": scan, "type": "dynamic"}
    Path("outputs.json").write_text(json.dumps(document))
    visit(page, link("get", "out/waits/", "out/free/"))
    expect(note).to_be_visible()
    expect(page.get_by_role("row", name="a.csv")).to_contain_text("checked for malware yet")
    expect(page.get_by_role("row", name="b.csv")).not_to_contain_text("malware")
