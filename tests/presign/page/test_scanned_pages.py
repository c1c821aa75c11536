"""Pages of objects that are scanned for malware, and pages that are scanned themselves."""

import json
import re
from pathlib import Path

from tests.presign.page.page_support import LOOPBACK
from tests.presign.presign_support import OutputsFile, Presign
from tests.presign.scan_support import CLEAN, LEFT, MANY, Said, scan, scanning

import pytest

pytestmark = pytest.mark.usefixtures("keys")


@pytest.fixture(autouse=True)
def on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages may be stored on this machine."""
    monkeypatch.setenv(LOOPBACK, "1")


def files_of(page: str) -> dict[str, list[int]]:
    """Return the size of each file on a page, and its mark if it has one."""
    found = re.search(r'<script type="application/json" id="about">(.*?)</script>', Path(page).read_text())
    assert found
    return {path: [size, *marks] for path, size, _, *marks in json.loads(found[1])["files"]}


def test_a_page_says_which_files_wait_for_their_scan(presign: Presign, outputs_file: OutputsFile) -> None:
    with scanning({**MANY, "inbox/unknown": 403}) as url:
        place = ("--outputs", outputs_file(MalwareScan=scan("inbox/")), "--endpoint-url", url)
        done = presign("page", "get", *place, "-o", "page.html", "inbox/", "other/")
    assert done.code == 0, done.err
    assert files_of("page.html") == {
        "inbox/clean": [7],
        "inbox/new": [7, 1],
        "inbox/unknown": [7, 2],
        "other/a": [7],
    }
    for what in LEFT[1:]:
        assert f"Warning: left out 1 {what}\n" in done.err
    assert "Warning: 1 file was not scanned for malware yet: S3 answers 403 until then\n" in done.err
    assert "does not tell whether 1 file was scanned for malware, and answers 403 where not: the" in done.err


def test_a_page_lists_no_threat_where_the_scan_is_not_enforced_either(
    presign: Presign, outputs_file: OutputsFile
) -> None:
    with scanning({**MANY, "inbox/unknown": 403}) as url:
        place = ("--outputs", outputs_file(MalwareScan=scan("inbox/", enforced=False)), "--endpoint-url", url)
        done = presign("page", "get", *place, "-o", "page.html", "inbox/", "other/")
    assert done.code == 0, done.err
    assert files_of("page.html") == {
        "inbox/clean": [7],
        "inbox/new": [7],
        "inbox/unknown": [7],
        "other/a": [7],
    }
    for what in LEFT[1:]:
        assert f"Warning: left out 1 {what}\n" in done.err
    assert "Warning: 1 file was not scanned for malware yet, and can be downloaded\n" in done.err
    assert "does not tell whether 1 file was scanned for malware: the credentials need s3:Get" in done.err
    assert "403" not in done.err


def test_a_page_lists_a_named_file_that_waits_for_its_scan(
    presign: Presign, outputs_file: OutputsFile
) -> None:
    # Names that come before and after those that are asked for, and begin as they do.
    tags: dict[str, Said] = {"inbox/ne": None, "inbox/new": None, "inbox/new.csv": None, "inbox/unknown": 403}
    with scanning({**tags, "inbox/bad": "THREATS_FOUND"}) as url:
        place = ("--outputs", outputs_file(MalwareScan=scan("inbox/")), "--endpoint-url", url)
        done = presign("page", "get", *place, "-o", "page.html", "inbox/new", "inbox/unknown")
        refused = [presign("page", "get", *place, "-o", "no.html", f"inbox/{key}") for key in ("bad", "gone")]
    assert done.code == 0, done.err
    assert files_of("page.html") == {"inbox/new": [7, 1], "inbox/unknown": [7, 2]}
    assert "Warning: 1 file was not scanned for malware yet: S3 answers 403 until then\n" in done.err
    for one, why in zip(refused, ("GuardDuty found a threat in it", "there is no such object"), strict=True):
        assert (one.code, one.err.count("\n")) == (1, 1)
        assert why in one.err
    assert not Path("no.html").exists()


def test_a_page_for_nothing_but_threats_is_refused(presign: Presign, outputs_file: OutputsFile) -> None:
    with scanning({"inbox/bad": "THREATS_FOUND"}) as url:
        place = ("--outputs", outputs_file(MalwareScan=scan("inbox/")), "--endpoint-url", url)
        done = presign("page", "get", *place, "-o", "page.html", "inbox/")
    assert (done.code, done.err) == (
        1,
        "Error: there is nothing to download: left out 1 objects in which GuardDuty found a threat\n",
    )


@pytest.mark.parametrize(("prefixes", "warned"), [((), True), (("_presign/",), True), (("inbox/",), False)])
def test_a_stored_page_is_scanned_as_every_object(
    presign: Presign,
    outputs_file: OutputsFile,
    prefixes: tuple[str, ...],
    warned: bool,
) -> None:
    with scanning({}, others=None) as url:
        place = ("--outputs", outputs_file(MalwareScan=scan(*prefixes)), "--endpoint-url", url)
        done = presign("page", "put", *place, "docs/")
    if warned:
        assert done.code == 0, done.err
        assert done.err == (
            "Warning: the page itself is scanned for malware: its link answers 403 until it was found clean; "
            "only then is it known whether these credentials may read it\n"
        )
    else:
        assert done.code == 1
        assert "Error: the page was stored, and its link does not work" in done.err


def test_a_stored_page_that_can_be_read_is_not_said_to_wait(
    presign: Presign, outputs_file: OutputsFile
) -> None:
    with scanning({}, others=CLEAN) as url:  # as for a role of readers_of_unscanned
        place = ("--outputs", outputs_file(MalwareScan=scan()), "--endpoint-url", url)
        done = presign("page", "put", *place, "docs/")
    assert (done.code, done.err) == (0, "")
