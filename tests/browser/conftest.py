"""A real Chromium, and the buckets of the enforcement tests to use with it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from tests.browser import chromium
from tests.browser.people import Seen, made, visit, watched
from tests.enforcement.conftest import (  # noqa: F401
    all_stacks,
    aws,
    decisions,
    deploy,
    key_arn,
    log,
    ministack,
    new_key,
    place,
    presign,
    server,
    the_proof_agrees,
)
from tests.enforcement.places import Place
from tests.enforcement.test_browser import link as named_sites  # noqa: F401
from tests.presign.parts_server import Parts, running
from tests.presign.presign_support import OUTPUTS, Presign, isolate

import pytest
from playwright.sync_api import Browser, BrowserContext, Page


def pytest_configure() -> None:
    """Say in one line that there is no browser, before anything is started."""
    try:
        chromium.find()
    except chromium.MissingError as error:
        raise pytest.UsageError(str(error)) from error


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium.running() as browser:
        yield browser


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A profile of its own for each test, which takes the servers' own certificates."""
    # Chromium asks people before a website may use a server on their own machine, as the tests' are.
    context = browser.new_context(ignore_https_errors=True, permissions=["local-network-access"])
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """An empty page."""
    return context.new_page()


@pytest.fixture
def seen(context: BrowserContext, place: Place) -> Iterator[Seen]:  # noqa: F811
    """What the browser sees: no host but the bucket's, and nothing odd that a test did not expect."""
    with watched(context) as seen:
        yield seen
    assert seen.hosts() <= {urlsplit(place.variables["AWS_ENDPOINT_URL"]).netloc}
    assert seen.problems == []


@pytest.fixture
def parts_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Parts]:
    """A server for uploads in parts that does what a test asks for, with credentials and outputs for it."""
    with running() as parts:
        isolate(monkeypatch, tmp_path)
        (tmp_path / "outputs.json").write_text(json.dumps({"dev": OUTPUTS}))
        for name, value in {
            "AWS_ENDPOINT_URL": parts.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "PRESIGN_PAGES_ON_LOOPBACK": "1",
        }.items():
            monkeypatch.setenv(name, value)
        yield parts


@pytest.fixture
def link(presign: Presign, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:  # noqa: F811
    """Makes a page with `presign page`, and returns its link."""
    monkeypatch.setenv("PRESIGN_PAGES_ON_LOOPBACK", "1")
    return lambda *arguments: str(made(presign, *arguments)["url"])


@pytest.fixture
def upload(link: Callable[..., str], page: Page, seen: Seen) -> Page:
    """A page for uploads below inbox/, open in the browser."""
    return visit(page, link("put", "inbox/"))
