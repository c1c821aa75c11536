"""The page for uploads, in Chromium."""

import re
from pathlib import Path

from tests.browser.people import Seen, choose, drop, files, refuse_uploads, row, uploaded, visit
from tests.enforcement.places import Place

import pytest
from playwright.sync_api import BrowserContext, Page, expect

HOSTILE = [
    "<img src=x onerror=alert(1)>.txt",
    '"><svg onload=alert(1)>.txt',
    "it's; 100% a+b&c=d #1?.txt",
    "Bericht für Ü 報告 🎉.txt",
    "${filename}",
    "javascript:alert(1)",
]


def test_three_files_are_uploaded_and_the_page_says_where(place: Place, upload: Page, tmp_path: Path) -> None:
    chosen = files(tmp_path, "a.csv", "b ü.csv", "c")
    choose(upload, *chosen)
    keys = uploaded(upload, 3)
    assert [key.rpartition("/")[2] for key in keys] == [file.name for file in chosen]
    (folder,) = {key.rpartition("/")[0] for key in keys}
    assert re.fullmatch(r"inbox/\d{8}T\d{6}Z-[0-9a-f]{6}", folder)
    for key, file in zip(keys, chosen, strict=True):
        assert place.stored(key) == file.read_bytes()
        head = place.head(key)
        assert {head["ServerSideEncryption"], head["SSEKMSKeyId"]} == set(place.headers.values())
        assert head["ContentType"] == "application/octet-stream"
    assert upload.get_by_role("status").inner_text() == "3 of 3 files uploaded, you can close this page."


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_a_name_and_nothing_else(place: Place, upload: Page, tmp_path: Path, name: str) -> None:
    (file,) = files(tmp_path, name)
    choose(upload, file)
    (key,) = uploaded(upload, 1)
    assert key.rpartition("/")[2] == name.replace("${", "_{")
    assert place.stored(key) == file.read_bytes()
    assert upload.locator("img, svg").count() == 0
    assert upload.locator("script").count() == 2


@pytest.mark.parametrize("name", ["../../_presign/x.html", "..\\..\\x.html", "/etc/passwd", "..", "a/.."])
def test_a_name_leaves_its_folder_nowhere(place: Place, upload: Page, name: str) -> None:
    """Only a script can give a file such a name, as here; a browser takes its last part."""
    upload.evaluate(
        """name => {
            const chosen = new DataTransfer();
            chosen.items.add(new File(["content"], name));
            const field = document.getElementById("files");
            field.files = chosen.files;
            field.dispatchEvent(new Event("change"));
        }""",
        name,
    )
    (key,) = uploaded(upload, 1)
    assert re.fullmatch(r"inbox/[0-9TZ]+-[0-9a-f]{6}/[^/\\]+", key)
    assert key.rpartition("/")[2] not in (".", "..")
    assert place.stored(key) == b"content"


def test_files_are_dropped(place: Place, upload: Page, tmp_path: Path) -> None:
    chosen = files(tmp_path, "a.csv", "b ü.csv")
    drop(upload, *chosen)
    keys = uploaded(upload, 2)
    assert [place.stored(key) for key in keys] == [file.read_bytes() for file in chosen]


def test_a_dropped_folder_is_not_taken_and_the_page_says_so(upload: Page, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (file,) = files(tmp_path, "a.csv")
    drop(upload, tmp_path / "folder", file)
    assert len(uploaded(upload, 1)) == 1
    assert "Folders cannot be uploaded" in upload.get_by_role("alert").inner_text()


def test_a_drop_next_to_the_field_does_not_leave_the_page(upload: Page, tmp_path: Path) -> None:
    (file,) = files(tmp_path, "a.csv")
    before = upload.url
    devtools = upload.context.new_cdp_session(upload)
    for event in ("dragEnter", "dragOver", "drop"):
        data = {"items": [], "files": [str(file)], "dragOperationsMask": 1}
        devtools.send("Input.dispatchDragEvent", {"type": event, "x": 5, "y": 5, "data": data})
    assert len(uploaded(upload, 1)) == 1
    assert upload.url == before


def test_two_files_of_one_name_are_both_kept(place: Place, upload: Page, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (one,), (other,) = files(tmp_path, "a.csv"), files(tmp_path / "other", "a.csv")
    other.write_bytes(b"another")
    choose(upload, one)
    uploaded(upload, 1)
    choose(upload, other)
    keys = uploaded(upload, 2)
    assert [key.rpartition("/")[2] for key in keys] == ["a.csv", "a (2).csv"]
    assert [place.stored(key) for key in keys] == [one.read_bytes(), b"another"]
    assert "It is stored as a (2).csv" in upload.get_by_role("listitem").nth(1).inner_text()


def test_each_visit_has_a_folder_of_its_own(
    place: Place, upload: Page, context: BrowserContext, tmp_path: Path
) -> None:
    (file,) = files(tmp_path, "a.csv")
    again = visit(context.new_page(), upload.url)
    for page in (upload, again):
        choose(page, file)
    assert uploaded(upload, 1) != uploaded(again, 1)


def test_an_empty_file_is_uploaded(place: Place, upload: Page, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    choose(upload, tmp_path / "empty")
    (key,) = uploaded(upload, 1)
    assert place.stored(key) == b""


def test_the_keyboard_is_enough(place: Place, upload: Page, seen: Seen, tmp_path: Path) -> None:
    (file,) = files(tmp_path, "a.csv")
    upload.on("filechooser", lambda chooser: chooser.set_files(file))
    refuse_uploads(upload)
    upload.keyboard.press("Tab")
    expect(upload.get_by_label("Choose files")).to_be_focused()
    upload.keyboard.press("Enter")
    row(upload, "a.csv").get_by_text("Not uploaded").wait_for()
    upload.unroute_all()
    seen.problems.clear()
    upload.keyboard.press("Tab")
    expect(upload.get_by_role("button", name="Retry a.csv")).to_be_focused()
    upload.keyboard.press("Enter")
    (key,) = uploaded(upload, 1)
    assert place.stored(key) == file.read_bytes()
