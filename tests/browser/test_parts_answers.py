"""A large file on a page, and a server that answers late, not at all, or that something is wrong."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

from tests.browser.people import row, uploaded, visit
from tests.browser.test_parts_page import interrupted, parts_sent, slot, upload_first
from tests.presign.multipart_support import MIB
from tests.presign.parts_server import Parts
from tests.presign.presign_support import Presign, in_this_process

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

SIZE = 10 * MIB + 77
OPTIONS = ("--multipart", "--part-size", "5MiB", "--size", "40MiB", "--format", "html")
MOST_LIKELY = (
    "Most likely uploaded to secure-dev-data-bucket/film.bin, but the server did not confirm it. Ask the "
    "person who sent you this page whether the file is there, with 10,485,837 bytes."
)


@pytest.fixture
def presign(
    parts_server: Parts, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Presign:
    return in_this_process(monkeypatch, capsys)


@pytest.fixture
def opened(presign: Presign, page: Page) -> Page:
    """The page of a single large file, open in the browser."""
    made = presign("put", "--outputs", "outputs.json", *OPTIONS, "film.bin")
    assert made.code == 0, made.err
    return visit(page, made.out.split()[-1])


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A file of three parts, of which the last one is small."""
    path = tmp_path / "film.bin"
    path.write_bytes(random.Random(5).randbytes(SIZE))  # noqa: S311
    return path


def lose_answers(page: Page, times: int) -> None:
    """Have the next requests to complete the upload done, and cut the connection before their answers."""
    lost: list[str] = []

    def answer(route: Route) -> None:
        if route.request.method == "POST" and len(lost) < times:
            lost.append(route.request.url)
            route.fetch()
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/film.bin*", answer)


def deny_lists(page: Page) -> None:
    """Refuse to list the parts, as where the signer lacks s3:ListMultipartUploadParts."""

    def answer(route: Route) -> None:
        if route.request.method == "GET":
            route.fulfill(status=403, body="<Error><Code>AccessDenied</Code></Error>")
        else:
            route.fallback()

    page.route("**/film.bin?*uploadId=*", answer)


def pass_time(page: Page, done: Callable[[], int]) -> None:
    """Let a second after another pass, until something is there.

    The page's clock would leave requests behind, which take the time that they take.
    """
    for _ in range(300):
        page.wait_for_timeout(100)
        page.clock.run_for(1000)
        if done():
            return
    pytest.fail("it is not there")


@pytest.fixture
def completing(parts_server: Parts, page: Page, opened: Page, film: Path) -> Iterator[Event]:
    """An upload that S3 completes once this is set, on a page with a clock of its own."""
    hold = parts_server.hold = Event()
    page.clock.install()
    slot(page).set_input_files(film)
    row(page, "film.bin").get_by_text("The server puts it together, which can take minutes").wait_for()
    yield hold
    hold.set()


def test_a_completion_may_take_minutes(page: Page, completing: Event) -> None:
    failed: list[str] = []
    page.on("requestfailed", lambda request: failed.append(request.method))
    page.clock.run_for(14 * 60_000)
    completing.set()
    assert uploaded(page, 1) == ["film.bin"]
    assert failed == []


def test_a_completion_that_takes_longer_is_asked_for_again(page: Page, completing: Event) -> None:
    with page.expect_event("requestfailed", lambda request: request.method == "POST"):
        page.clock.run_for(16 * 60_000)
    pass_time(page, page.get_by_text("Uploaded to").count)


@pytest.mark.parametrize(("status", "code"), [(404, "NoSuchUpload"), (412, "PreconditionFailed")])
def test_a_completion_whose_answer_was_lost_is_most_likely_there(
    parts_server: Parts, page: Page, opened: Page, film: Path, status: int, code: str
) -> None:
    parts_server.completions = [(500, "InternalError"), (status, code)]
    slot(page).set_input_files(film)
    expect(row(page, "film.bin").get_by_text(MOST_LIKELY)).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("0 of 1 file uploaded, 1 to check: see below.")
    expect(page.get_by_role("button", name="Retry film.bin")).to_be_hidden()
    expect(slot(page)).to_be_disabled()


def test_a_completion_without_any_answer_is_asked_for_again(
    parts_server: Parts, page: Page, opened: Page, film: Path
) -> None:
    lose_answers(page, 5)
    page.clock.install()
    slot(page).set_input_files(film)
    not_known = row(page, "film.bin").get_by_text(
        "Not confirmed: the connection was lost. The file may be there already."
    )
    pass_time(page, not_known.count)
    parts_server.completions = [(404, "NoSuchUpload")]
    sent = parts_sent(page)
    page.get_by_role("button", name="Retry film.bin").click()
    expect(row(page, "film.bin").get_by_text(MOST_LIKELY)).to_be_visible()
    assert sent == []


@pytest.mark.parametrize("may_list", [True, False])
def test_a_file_that_is_chosen_again_after_it_was_not_confirmed_is_most_likely_there(
    parts_server: Parts, page: Page, opened: Page, film: Path, may_list: bool
) -> None:
    lose_answers(page, 5)
    page.clock.install()
    slot(page).set_input_files(film)
    not_known = page.get_by_text("Not confirmed: the connection was lost. The file may be there already.")
    pass_time(page, not_known.count)
    if not may_list:
        deny_lists(page)
    slot(page).set_input_files(film)
    expect(page.get_by_text(MOST_LIKELY)).to_be_visible()
    expect(slot(page)).to_be_disabled()


def test_another_file_is_not_said_to_be_there(
    parts_server: Parts, page: Page, opened: Page, film: Path
) -> None:
    lose_answers(page, 5)
    page.clock.install()
    slot(page).set_input_files(film)
    pass_time(page, page.get_by_text("Not confirmed: the connection was lost.").count)
    film.write_bytes(bytes(SIZE - 1))
    slot(page).set_input_files(film)
    expect(page.get_by_text("Not uploaded: this upload was finished or ended before.")).to_be_visible()


def test_a_completion_that_is_refused_at_once_is_not_there(
    parts_server: Parts, page: Page, opened: Page, film: Path
) -> None:
    parts_server.completions = [(412, "PreconditionFailed"), (404, "NoSuchUpload")]
    slot(page).set_input_files(film)
    for said in ("there is a file of this name already", "this upload was finished or ended before"):
        row(page, "film.bin").get_by_text(f"Not uploaded: {said}").wait_for()
        page.get_by_role("button", name="Retry film.bin").click()
    assert uploaded(page, 1) == ["film.bin"]


def test_a_second_file_replaces_the_first_one_and_no_part_of_it_stays(
    parts_server: Parts, page: Page, opened: Page, film: Path
) -> None:
    parts_server.fault = lambda number, times: (403, "AccessDenied") if number == 3 and times == 1 else None
    slot(page).set_input_files(film)
    first = page.get_by_role("listitem").filter(has_text="10 MB)").first
    first.get_by_text("Not uploaded: ").wait_for()
    film.write_bytes(bytes(SIZE))
    slot(page).set_input_files(film)
    assert uploaded(page, 1) == ["film.bin"]  # nobody is asked whether it is the same
    expect(first.get_by_text("Replaced: you have chosen a file for this again")).to_be_visible()
    # Both would be in one object.
    expect(page.get_by_role("button", name="Retry film.bin")).to_have_count(0)
    expect(page.get_by_role("status")).to_have_text("1 of 1 file uploaded, you can close this page.")
    assert parts_server.order == parts_server.etags()
    assert parts_server.digests[1] == parts_server.digests[2]


def test_parts_of_a_file_that_was_given_up_are_not_taken_for_the_next_one(
    parts_server: Parts, context: BrowserContext, page: Page, opened: Page, film: Path
) -> None:
    """Its first part is there, and the second one is of the file before."""
    interrupted(context, page.url, film, 2)
    parts_server.fault = lambda number, times: (403, "AccessDenied") if number > 1 else None
    film.write_bytes(bytes(SIZE))
    slot(page).set_input_files(film)
    page.get_by_role("button", name="Upload all of it again film.bin").click()
    page.get_by_text("Not uploaded: the server").wait_for()
    parts_server.fault = lambda number, times: None
    sent = parts_sent(page)
    slot(page).set_input_files(film)
    page.get_by_role("alert").get_by_text("49 % of film.bin is there already").wait_for()
    page.get_by_role("button", name="Resume film.bin").click()
    assert uploaded(page, 1) == ["film.bin"]
    assert sorted(sent) == [2, 3]
    assert parts_server.digests[1] == parts_server.digests[2]
    assert parts_server.order == parts_server.etags()


def test_an_upload_whose_question_was_cancelled_can_be_resumed(
    parts_server: Parts, context: BrowserContext, page: Page, opened: Page, film: Path
) -> None:
    interrupted(context, page.url, film, 1)
    slot(page).set_input_files(film)
    page.get_by_role("button", name="Resume film.bin").wait_for()
    page.get_by_role("button", name="Cancel film.bin").click()
    sent = parts_sent(page)
    page.get_by_role("button", name="Retry film.bin").click()
    page.get_by_role("button", name="Resume film.bin").click()
    assert uploaded(page, 1) == ["film.bin"]
    assert sorted(sent) == [2, 3]


def test_a_cancelled_upload_goes_on_where_it_was(
    parts_server: Parts, page: Page, opened: Page, film: Path
) -> None:
    upload_first(page, film, 1)
    page.get_by_role("button", name="Cancel film.bin").click()
    page.unroute_all()
    sent = parts_sent(page)
    page.get_by_role("button", name="Retry film.bin").click()
    assert uploaded(page, 1) == ["film.bin"]
    assert sorted(sent) == [2, 3]
