"""The page for uploads where something goes wrong: the connection, the time, the person, the server."""

import re
from collections.abc import Callable
from pathlib import Path

from tests.browser.people import Seen, choose, files, refuse_uploads, row, slow_down, uploaded, visit
from tests.enforcement.places import Place

import pytest
from playwright.sync_api import Page, Route, expect

pytestmark = pytest.mark.parametrize("place", ["MiniStack"], indirect=True)


def cut(page: Page, times: int) -> list[str]:
    """Cut the connection of the first uploads; return what was cut."""
    lost: list[str] = []

    def answer(route: Route) -> None:
        if route.request.method == "POST" and len(lost) < times:
            lost.append(route.request.url)
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/*", answer)
    return lost


def test_a_lost_connection_is_retried_by_itself(
    place: Place, upload: Page, seen: Seen, tmp_path: Path
) -> None:
    (file,) = files(tmp_path, "a.csv")
    lost = cut(upload, 2)
    choose(upload, file)
    row(upload, "a.csv").get_by_text("Trying again: the connection was lost.").wait_for()
    (key,) = uploaded(upload, 1)
    assert (len(lost), place.stored(key)) == (2, file.read_bytes())
    assert all("ERR_CONNECTION_RESET" in problem for problem in seen.problems)
    seen.problems.clear()


def test_a_connection_that_stays_lost_is_for_the_person_to_retry(
    place: Place, upload: Page, seen: Seen, tmp_path: Path
) -> None:
    (file,) = files(tmp_path, "a.csv")
    upload.clock.install()  # the pauses between the retries pass at once
    upload.context.set_offline(True)
    choose(upload, file)
    failed = row(upload, "a.csv").get_by_text("Not uploaded: the connection was lost")
    for _ in range(60):
        upload.clock.run_for(1000)
        if failed.count():
            break
    expect(failed).to_be_visible()
    expect(upload.get_by_role("status")).to_have_text("0 of 1 file uploaded, 1 not uploaded: see below.")
    upload.context.set_offline(False)
    seen.problems.clear()
    upload.get_by_role("button", name="Retry a.csv").click()
    (key,) = uploaded(upload, 1)
    assert place.stored(key) == file.read_bytes()
    expect(upload.get_by_role("status")).to_have_text("1 of 1 file uploaded, you can close this page.")


GONE = "Not uploaded: the file cannot be read: was it moved or changed?"


def test_a_file_that_was_moved_while_it_waited_is_not_sent(upload: Page, seen: Seen, tmp_path: Path) -> None:
    *large, last = files(tmp_path, "1", "2", "3", "last.csv")
    for file in large:
        file.write_bytes(bytes(20_000_000))
    slow_down(upload, 1_000_000)
    choose(upload, *large, last)
    row(upload, "last.csv").get_by_text("Waiting").wait_for()
    last.unlink()
    upload.get_by_role("button", name="Cancel 1").click()
    row(upload, "last.csv").get_by_text(GONE).wait_for()
    seen.problems.clear()


def test_a_file_that_changes_meanwhile_is_no_lost_connection(
    upload: Page, seen: Seen, tmp_path: Path
) -> None:
    (file,) = files(tmp_path, "a.csv")
    upload.clock.install()
    cut(upload, 9)
    choose(upload, file)
    row(upload, "a.csv").get_by_text("Trying again").wait_for()
    file.write_bytes(b"changed")
    gone = row(upload, "a.csv").get_by_text(GONE)
    for _ in range(60):
        upload.clock.run_for(1000)
        if gone.count():
            break
    expect(gone).to_be_visible()
    seen.problems.clear()


@pytest.mark.parametrize(
    ("code", "message", "said"),
    [
        ("AccessDenied", "no", "the server does not allow it. Ask the person who sent you this page"),
        (
            "AccessDenied",
            "Invalid according to Policy: Policy expired.",
            "the page has expired. Ask the person",
        ),
        ("EntityTooLarge", "no", "the file is too large for this page"),
        (
            "KMS.DisabledException",
            "no",
            "Show this to the person who sent you this page: KMS.DisabledException: no.",
        ),
        ("<img src=x onerror=alert(1)>", "no", "the server refused it"),
    ],
)
def test_a_refusal_is_said_in_words(
    upload: Page, seen: Seen, tmp_path: Path, code: str, message: str, said: str
) -> None:
    refuse_uploads(upload, code, message=message)
    choose(upload, *files(tmp_path, "a.csv"))
    row(upload, "a.csv").get_by_text(said).wait_for()
    assert upload.locator("img").count() == 0
    assert all("403" in problem for problem in seen.problems)
    seen.problems.clear()


def test_a_file_that_the_page_does_not_take_is_not_sent(
    place: Place, link: Callable[..., str], page: Page, seen: Seen, tmp_path: Path
) -> None:
    visit(page, link("put", "--min-size", "11KB", "--max-size", "20KB", "sized/"))
    (tmp_path / "small").write_bytes(bytes(10_000))
    (tmp_path / "large").write_bytes(bytes(30_000))
    (tmp_path / "right").write_bytes(bytes(15_000))
    choose(page, *(tmp_path / name for name in ("small", "large", "right")))
    (key,) = uploaded(page, 1)
    assert key.endswith("/right")
    expect(row(page, "small").get_by_text("takes at least 11 KB")).to_be_visible()
    expect(row(page, "large").get_by_text("takes at most 20 KB")).to_be_visible()
    assert {key for key in place.listed() if key.startswith("sized/")} == {key}


def test_an_upload_is_cancelled_and_not_kept(place: Place, upload: Page, seen: Seen, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(bytes(20_000_000))
    slow_down(upload, 1_000_000)
    before = place.listed()
    choose(upload, tmp_path / "large")
    upload.get_by_role("button", name="Cancel large").click()
    expect(row(upload, "large").get_by_text("Cancelled")).to_be_visible()
    expect(upload.get_by_role("button", name="Retry large")).to_be_visible()
    assert place.listed() == before
    seen.problems.clear()


def test_nobody_closes_an_unfinished_page_unasked(upload: Page, seen: Seen, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(bytes(20_000_000))
    slow_down(upload, 1_000_000)
    choose(upload, tmp_path / "large")
    row(upload, "large").get_by_text("Uploading").wait_for()
    with upload.expect_event("dialog") as asked:
        upload.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    seen.problems.clear()


def test_a_wrong_clock_of_the_computer_changes_nothing(
    place: Place, link: Callable[..., str], page: Page, seen: Seen, tmp_path: Path
) -> None:
    page.clock.set_fixed_time("2031-01-01T00:00:00Z")
    visit(page, link("put", "--expires", "15m", "inbox/"))
    # In the very second in which the page was made, all of its time is left.
    expect(page.get_by_text(re.compile("1[45] minutes left"))).to_be_visible()
    (file,) = files(tmp_path, "a.csv")
    choose(page, file)
    (key,) = uploaded(page, 1)
    assert re.fullmatch(r"inbox/202[0-9]\d{4}T.*", key)
    assert not key.startswith("inbox/2031")


def test_a_page_that_expires_stops_and_says_so(
    link: Callable[..., str], page: Page, seen: Seen, tmp_path: Path
) -> None:
    url = link("put", "--expires", "8s", "inbox/")
    visit(page, url)
    page.get_by_role("alert").get_by_text("This page has expired").wait_for()
    expect(page.get_by_label("Choose files")).to_be_hidden()
    expect(page.get_by_text("Files go to")).to_be_hidden()
    # Who opens it too late reads the same.
    visit(page, url)
    page.get_by_role("alert").get_by_text("This page has expired").wait_for()
    expect(page.get_by_label("Choose files")).to_be_hidden()
