"""How the pages look and what screen readers find, light and dark, on wide and narrow screens."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.browser.people import Seen, choose, files, refuse_uploads, row, uploaded, visit
from tests.conftest import ROOT
from tests.enforcement.places import Place

import pytest
from playwright.sync_api import Page, ViewportSize

pytestmark = pytest.mark.parametrize("place", ["MiniStack"], indirect=True)

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDE: ViewportSize = {"width": 1000, "height": 800}
PHONE: ViewportSize = {"width": 320, "height": 640}


def problems(page: Page) -> list[str]:
    """Return what axe-core finds against WCAG 2.2 AA, and its advice."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("tags => axe.run({runOnly: tags})", RULES)
    return [f"{one['id']}: {node['html']}" for one in found["violations"] for node in one["nodes"]]


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest, page: Page) -> Iterator[str]:
    page.emulate_media(color_scheme=request.param)
    yield request.param
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    red, *_ = map(int, re.findall(r"\d+", ground))
    assert (red > 127) == (request.param == "light")


@pytest.fixture(params=[WIDE, PHONE], ids=["wide", "phone"])
def screen(request: pytest.FixtureRequest, page: Page) -> Iterator[None]:
    """The size of the screen; nothing is to be beyond its edge."""
    page.set_viewport_size(request.param)
    yield
    assert page.evaluate("document.documentElement.scrollWidth") <= request.param["width"]


@pytest.mark.usefixtures("scheme", "screen")
def test_anybody_can_use_the_upload_page_in_every_state(upload: Page, seen: Seen, tmp_path: Path) -> None:
    assert problems(upload) == []
    choose(upload, *files(tmp_path, "a.csv"))
    uploaded(upload, 1)
    refuse_uploads(upload)
    choose(upload, *files(tmp_path, f"a long name without any blank {'x' * 150}.csv"))
    row(upload, "a long name").get_by_text("Not uploaded").wait_for()
    upload.unroute_all()
    seen.problems.clear()
    assert problems(upload) == []


@pytest.mark.usefixtures("scheme", "screen")
def test_anybody_can_use_the_download_page(
    place: Place, link: Callable[..., str], page: Page, seen: Seen
) -> None:
    for name in ("a.csv", f"folder/{'x' * 150}.csv"):
        place.store(f"out/looks/{name}", b"content")
    visit(page, link("get", "out/looks/"))
    assert problems(page) == []


@pytest.mark.usefixtures("scheme")
def test_anybody_can_read_that_a_page_has_expired(link: Callable[..., str], page: Page, seen: Seen) -> None:
    page.clock.install()
    visit(page, link("put", "inbox/"))
    page.clock.run_for("16:00")
    page.get_by_role("alert").get_by_text("This page has expired").wait_for()
    assert problems(page) == []


def test_a_screen_reader_finds_names_for_everything(upload: Page, seen: Seen, tmp_path: Path) -> None:
    choose(upload, *files(tmp_path, "a.csv"))
    (key,) = uploaded(upload, 1)
    outline = upload.locator("main").aria_snapshot()
    for line in (
        '- heading "Upload files" [level=1]',
        '- button "Choose files"',
        '- heading "Your files" [level=2]',
        "- status: 1 of 1 file uploaded, you can close this page.",
    ):
        assert line in outline
    assert key in outline


def test_text_can_be_twice_as_large(upload: Page, seen: Seen) -> None:
    upload.set_viewport_size(PHONE)
    upload.evaluate("document.documentElement.style.fontSize = '200%'")
    assert upload.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
