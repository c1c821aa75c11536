"""A file of 6 GB through a page: killed once, resumed, equal at the end, and never much in memory.

It takes 2 to 7 minutes: `make test-browser ARGS="-m slow"`. The sibling for the script is
tests/presign/test_multipart_large.py.
"""

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

from tests.presign.multipart_support import MIB
from tests.presign.parts_server import Parts
from tests.presign.presign_support import in_this_process
from tests.presign.test_multipart_large import COUNT, digests, source  # noqa: F401

import pytest
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow

_NAME = "large.bin"
_STEP = 200  # milliseconds


def renderers() -> dict[int, int]:
    """Return the memory in bytes of each process, below this one, that runs a page; shared memory in part."""
    parents: dict[int, int] = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(process.name)] = int((process / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has ended
    found = {}
    for process_id in parents:
        above = process_id
        while above in parents and above != os.getpid():
            above = parents[above]
        try:
            folder = Path(f"/proc/{process_id}")
            if above == os.getpid() and b"--type=renderer" in (folder / "cmdline").read_bytes():
                [size] = re.findall(r"^Pss:\s+(\d+)", (folder / "smaps_rollup").read_text(), re.MULTILINE)
                found[process_id] = int(size) * 1024
        except (OSError, ValueError):
            continue
    return found


def opened(browser: Browser, url: str, file: Path) -> Page:
    """Open the page as a person does who comes for the first time, and choose the file."""
    page = browser.new_context().new_page()
    page.goto(url)
    page.get_by_label(_NAME).first.set_input_files(file)
    return page


def until(page: Page, done: Callable[[], bool]) -> int:
    """Wait for something, and return the most memory of the pages' processes meanwhile."""
    most = 0
    while not done():
        most = max(most, sum(renderers().values()))
        page.wait_for_timeout(_STEP)
    return most


def test_a_file_of_6_gb_arrives_as_it_is_though_its_page_was_killed(
    browser: Browser,
    parts_server: Parts,
    source: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    record_property: Callable[[str, object], None],
) -> None:
    presign = in_this_process(monkeypatch, capsys)
    made = presign("put", "--outputs", "outputs.json", "--file", str(source), "--format", "html", "k")
    assert made.code == 0, made.err
    url = made.out.split()[-1]
    before = sum(renderers().values())
    page = opened(browser, url, source)
    most = until(page, lambda: len(parts_server.digests) >= COUNT // 2)
    for process_id in renderers():
        os.kill(process_id, signal.SIGKILL)
    there = set(parts_server.digests)
    assert COUNT // 2 <= len(there) < COUNT
    page = opened(browser, url, source)
    page.get_by_role("button", name="Resume").click()
    most = max(most, until(page, lambda: bool(parts_server.order)))
    page.get_by_text("1 of 1 file uploaded, you can close this page.").wait_for()
    record_property("peak_bytes", most - before)
    # What was under way when it was killed is sent again, and nothing else.
    assert sum(times - 1 for times in parts_server.sent.values()) <= 3
    assert set(parts_server.digests) == parts_server.with_md5 == set(range(1, COUNT + 1))
    assert [parts_server.digests[number] for number in range(1, COUNT + 1)] == list(digests(source))
    assert parts_server.order == parts_server.etags()
    # Three parts of 64 MiB were on their way at once.
    assert most - before < 300 * MIB
