"""A real Chromium, and the buckets of the enforcement tests to use with it."""

from collections.abc import Iterator

from tests.browser import chromium
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
    context = browser.new_context(ignore_https_errors=True)
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """An empty page."""
    return context.new_page()
