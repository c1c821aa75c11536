"""Large files on the pages of `presign page`, in Chromium: in parts, interrupted, resumed."""

import random
from collections.abc import Callable
from pathlib import Path

from tests.browser.people import Seen, choose, files, row, uploaded, visit
from tests.enforcement.places import Place
from tests.presign.multipart_support import MIB
from tests.presign.presign_support import Presign

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Response, Route, expect

pytestmark = pytest.mark.parametrize("place", ["MiniStack"], indirect=True)

ONE_PART = ("--multipart", "--part-size", "5MiB", "--size", "40MiB", "--format", "html")


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A file of four parts of 5 MiB, of which the last one is small."""
    path = tmp_path / "film.bin"
    path.write_bytes(random.Random(3).randbytes(15 * MIB + 77))  # noqa: S311
    return path


@pytest.fixture
def single(presign: Presign, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Makes the page of a single upload in small parts, and returns its link."""
    monkeypatch.setenv("PRESIGN_PAGES_ON_LOOPBACK", "1")

    def make(key: str, *options: str) -> str:
        made = presign("put", *ONE_PART, *options, key)
        assert made.code == 0, made.err
        return made.out.split()[-1]

    return make


def slot(page: Page) -> Locator:
    """Return the field for the only large file of a page."""
    return page.locator("#slots input")


def number_of(url: str) -> int:
    """Return the number of the part that a request sends; 0 for any other request."""
    return int(url.partition("partNumber=")[2].partition("&")[0] or 0)


def parts_sent(page: Page) -> list[int]:
    """Note the numbers of the parts that a page sends from now on."""
    sent: list[int] = []
    page.on(
        "request", lambda request: sent.append(number_of(request.url)) if number_of(request.url) else None
    )
    return sent


def upload_first(page: Page, film: Path, count: int) -> None:
    """Upload the first parts, and cut the connection of all others."""

    def answer(route: Route) -> None:
        if number_of(route.request.url) > count:
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/*partNumber=*", answer)
    missing = set(range(1, count + 1))

    def arrived(response: Response) -> bool:
        missing.discard(number_of(response.url))
        return not missing

    with page.expect_response(arrived):
        slot(page).set_input_files(film)
    page.wait_for_timeout(300)


def interrupted(context: BrowserContext, url: str, film: Path, parts: int) -> None:
    """Upload some parts, and leave the page without a word, as when a computer is switched off."""
    page = visit(context.new_page(), url)
    upload_first(page, film, parts)
    page.close(run_before_unload=False)


def upload_and_resume(place: Place, url: str, context: BrowserContext, film: Path) -> None:
    """Interrupt an upload to parts/resumed/film.bin, and resume it."""
    interrupted(context, url, film, 2)
    page = visit(context.new_page(), url)
    sent = parts_sent(page)
    slot(page).set_input_files(film)
    page.get_by_role("alert").get_by_text("66 % of film.bin is there already").wait_for()
    expect(page.get_by_role("button", name="Resume film.bin")).to_be_focused()
    page.keyboard.press("Enter")
    assert uploaded(page, 1) == ["parts/resumed/film.bin"]
    assert sorted(sent) == [3, 4]
    assert place.stored("parts/resumed/film.bin") == film.read_bytes()


def test_three_files_one_of_them_in_parts_go_up_and_come_down(
    place: Place, link: Callable[..., str], page: Page, seen: Seen, film: Path, tmp_path: Path
) -> None:
    with film.open("ab") as more:
        more.truncate(65 * MIB)  # two parts of 64 MiB
    visit(page, link("put", "--large", "film.bin:1GB", "parts/three/"))
    sent = parts_sent(page)
    small = files(tmp_path, "a.csv", "b ü.csv")
    choose(page, small[0], film, small[1])
    page.get_by_text("3 of 3 files uploaded, you can close this page.").wait_for()
    keys = uploaded(page, 3)
    assert keys[1] == "parts/three/film.bin"
    assert sorted(sent) == [1, 2]
    head = place.head(keys[1])
    assert {head["ServerSideEncryption"], head["SSEKMSKeyId"]} == set(place.headers.values())
    visit(page, link("get", *keys))
    for file in (small[0], film, small[1]):
        with page.expect_download() as found:
            page.get_by_role("link", name=file.name).click()
        assert found.value.suggested_filename == file.name
        assert Path(found.value.path()).read_bytes() == file.read_bytes()


def test_an_interrupted_upload_is_resumed(
    place: Place, single: Callable[..., str], context: BrowserContext, seen: Seen, film: Path
) -> None:
    upload_and_resume(place, single("parts/resumed/film.bin"), context, film)
    seen.problems.clear()


def test_another_file_of_the_same_name_is_uploaded_from_its_start(
    place: Place, single: Callable[..., str], context: BrowserContext, seen: Seen, film: Path
) -> None:
    url = single("parts/again/film.bin")
    interrupted(context, url, film, 2)
    film.write_bytes(film.read_bytes()[::-1])
    page = visit(context.new_page(), url)
    sent = parts_sent(page)
    slot(page).set_input_files(film)
    page.get_by_role("button", name="Upload all of it again film.bin").click()
    uploaded(page, 1)
    assert sorted(sent) == [1, 2, 3, 4]
    assert place.stored("parts/again/film.bin") == film.read_bytes()
    seen.problems.clear()


def test_what_failed_is_retried_without_what_has_arrived(
    place: Place, single: Callable[..., str], page: Page, seen: Seen, film: Path
) -> None:
    visit(page, single("parts/retried/film.bin"))
    body = "<Error><Code>AccessDenied</Code></Error>"
    page.route("**/*partNumber=3&*", lambda route: route.fulfill(status=403, body=body))
    slot(page).set_input_files(film)
    row(page, "film.bin").get_by_text("Not uploaded: the server does not allow it").wait_for()
    page.unroute_all()
    sent = parts_sent(page)
    page.get_by_role("button", name="Retry film.bin").click()
    uploaded(page, 1)
    assert 3 in sent
    assert len(sent) < 4
    assert place.stored("parts/retried/film.bin") == film.read_bytes()
    seen.problems.clear()


def test_a_large_file_replaces_none(
    place: Place, link: Callable[..., str], page: Page, seen: Seen, film: Path
) -> None:
    place.store("parts/there/film.bin", b"it was there before")
    visit(page, link("put", "--large", "film.bin:1GB", "parts/there/"))
    choose(page, film)
    row(page, "film.bin").get_by_text(
        "there is a file of this name already, and it is not replaced"
    ).wait_for()
    assert place.stored("parts/there/film.bin") == b"it was there before"
    seen.problems.clear()


def test_a_file_larger_than_was_said_is_not_sent(
    place: Place, link: Callable[..., str], page: Page, seen: Seen, film: Path
) -> None:
    visit(page, link("put", "--large", "film.bin:1MB", "parts/large/"))
    slot(page).set_input_files(film)
    expect(row(page, "16 MB").get_by_text("at most 1.0 MB were expected")).to_be_visible()
    # The right one can still be chosen.
    film.write_bytes(b"small")
    slot(page).set_input_files(film)
    assert uploaded(page, 1) == ["parts/large/film.bin"]
    assert place.stored("parts/large/film.bin") == b"small"


def test_a_second_file_of_the_same_name_does_not_take_the_key_of_the_large_one(
    place: Place, link: Callable[..., str], page: Page, seen: Seen, film: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    (other,) = files(tmp_path / "other", "film.bin")
    visit(page, link("put", "--same-folder", "--large", "film.bin:1GB", "parts/twice/"))
    choose(page, film, other)
    assert uploaded(page, 2) == ["parts/twice/film.bin", "parts/twice/film (2).bin"]
    assert place.stored("parts/twice/film.bin") == film.read_bytes()
    assert place.stored("parts/twice/film (2).bin") == other.read_bytes()


def test_an_upload_that_its_maker_has_ended_says_so(
    place: Place, single: Callable[..., str], presign: Presign, page: Page, seen: Seen, film: Path
) -> None:
    visit(page, single("parts/ended/film.bin"))
    assert presign("multipart", "abort", "parts/ended/film.bin").code == 0
    slot(page).set_input_files(film)
    row(page, "film.bin").get_by_text("this upload was finished or ended before").wait_for()
    seen.problems.clear()


def test_any_name_is_stored_as_the_name_that_was_asked_for(
    place: Place, link: Callable[..., str], page: Page, seen: Seen, tmp_path: Path
) -> None:
    (file,) = files(tmp_path, "from my camera.mov")
    visit(page, link("put", "--large", "<b>film.mov:1GB", "parts/named/"))
    slot(page).set_input_files(file)
    assert uploaded(page, 1) == ["parts/named/<b>film.mov"]
    expect(row(page, "camera").get_by_text("It is stored as <b>film.mov")).to_be_visible()
    expect(slot(page)).to_be_disabled()
