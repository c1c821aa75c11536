"""What people do on the pages of `presign page`, and what their browser sees meanwhile."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.presign.presign_support import Presign

from playwright.sync_api import BrowserContext, Dialog, Locator, Page, Request, Route

UPLOADED = "Uploaded to "


@dataclass
class Seen:
    """What happened in a browser.

    Attributes:
        urls: what was asked for, in the order of the requests.
        problems: what the console says of errors, and alerts, which only a foreign script opens.
    """

    urls: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def hosts(self) -> set[str]:
        """Return the hosts, with their ports, that were asked."""
        return {urlsplit(url).netloc for url in self.urls if not url.startswith("blob:")}


@contextmanager
def watched(context: BrowserContext) -> Iterator[Seen]:
    """Watch all pages of a profile."""
    seen = Seen()

    def failed(request: Request) -> None:
        if request.failure == "csp":  # it has not left the browser
            seen.urls.remove(request.url)

    def asked(dialog: Dialog) -> None:
        seen.problems.append(dialog.message)
        dialog.accept()

    context.on("request", lambda request: seen.urls.append(request.url))
    context.on("requestfailed", failed)
    context.on("weberror", lambda error: seen.problems.append(str(error.error)))
    context.on(
        "console", lambda said: seen.problems.append(said.text) if said.type in ("error", "warning") else None
    )
    context.on("dialog", asked)
    yield seen


def made(presign: Presign, *arguments: str) -> dict[str, Any]:
    """Make a page, and return what `--format json` says of it."""
    result = presign("page", *arguments, "--format", "json")
    assert result.code == 0, result.err
    document: dict[str, Any] = json.loads(result.out)
    return document


def visit(page: Page, url: str) -> Page:
    """Open a page by its link, and wait until it has read what it is about."""
    page.goto(url)
    page.locator("#work, #problem:not(:empty)").first.wait_for()
    return page


def choose(page: Page, *files: Path) -> None:
    """Choose files with the field."""
    page.get_by_label("Choose files").set_input_files(files)


def drop(page: Page, *files: Path) -> None:
    """Drag files from the desktop, and drop them on the page."""
    box = page.locator("#drop").bounding_box()
    assert box
    where = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    data = {"items": [], "files": [str(file) for file in files], "dragOperationsMask": 1}
    devtools = page.context.new_cdp_session(page)
    for event in ("dragEnter", "dragOver", "drop"):
        devtools.send("Input.dispatchDragEvent", {"type": event, **where, "data": data})


def row(page: Page, name: str) -> Locator:
    """Return the row of a file in the list of uploads."""
    return page.get_by_role("listitem").filter(has_text=name)


def uploaded(page: Page, count: int) -> Sequence[str]:
    """Wait until so many files are uploaded, and return where the page says that they are, in its order."""
    said = page.get_by_role("listitem").get_by_text(UPLOADED)
    said.nth(count - 1).wait_for()
    assert said.count() == count
    return [text.removeprefix(UPLOADED).partition("/")[2] for text in said.all_inner_texts()]


def files(folder: Path, *names: str) -> list[Path]:
    """Write files whose content tells which is which."""
    found = [folder / name for name in names]
    for file in found:
        file.write_bytes(bytes(range(256)) * 40 + file.name.encode())
    return found


def refuse_uploads(page: Page, code: str = "AccessDenied", status: int = 403, message: str = "no") -> None:
    """Answer forms as S3 does that does not take them, until `page.unroute_all()`."""
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"

    def answer(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(status=status, body=body)
        else:
            route.continue_()

    page.route("**/*", answer)


def slow_down(page: Page, rate: int) -> None:
    """Let it upload so many bytes a second."""
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": rate}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", limits)
