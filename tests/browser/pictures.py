"""Makes the pictures of the pages in docs/: `.venv/bin/python -m pytest -n 0 tests/browser/pictures.py`."""

import re
from collections.abc import Callable
from pathlib import Path

from tests.browser.people import choose, files, refuse_uploads, slow_down, uploaded, visit
from tests.conftest import ROOT
from tests.enforcement.places import Place

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.parametrize("place", ["MiniStack"], indirect=True)


def save(page: Page, name: str) -> None:
    page.screenshot(path=ROOT / "docs" / name, full_page=True)


def test_uploads(place: Place, link: Callable[..., str], page: Page, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 760, "height": 600})
    visit(page, link("put", "--expires", "1d", "--large", "recording.mov:18GB", "inbox/"))
    choose(page, *files(tmp_path, "report-2026-11.csv", "measurements (site B).xlsx"))
    uploaded(page, 2)
    slow_down(page, 4_000_000)
    (tmp_path / "photos.zip").write_bytes(bytes(32_000_000))
    choose(page, tmp_path / "photos.zip")
    page.get_by_text(re.compile("Uploading: [2-7][0-9]")).wait_for()
    refuse_uploads(page)
    choose(page, *files(tmp_path, "notes.txt"))
    page.get_by_text("Not uploaded").first.wait_for()
    save(page, "presign-upload-page.png")


def test_downloads(place: Place, link: Callable[..., str], page: Page) -> None:
    page.set_viewport_size({"width": 760, "height": 380})
    page.emulate_media(color_scheme="dark")
    for name, size in (
        ("2026/measurements (site B).xlsx", 2_304_112),
        ("2026/november.csv", 48_211),
        ("2026/october.csv", 51_002),
        ("readme.txt", 812),
    ):
        place.store(f"reports/{name}", bytes(size))
    visit(page, link("get", "--expires", "1d", "reports/"))
    save(page, "presign-download-page.png")
