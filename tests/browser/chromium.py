"""The Chromium of this machine: where it is, and how it is started.

`python -m tests.browser.chromium` prints where it is, or says why there is none.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

VARIABLE = "CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome")

# Only this machine answers: a page that asks for anything else gets an error, as without a network.
OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"


class MissingError(Exception):
    """There is no Chromium; the message says where it was looked for, and what to do."""


def find() -> Path:
    """Return the program's path: what $CHROMIUM names, or else the first of NAMES on PATH."""
    named = os.environ.get(VARIABLE)
    for name in [named] if named else NAMES:
        if found := shutil.which(name):
            return Path(found)
    looked = f"${VARIABLE} names {named!r}, which is no program" if named else f"{', '.join(NAMES)} on PATH"
    raise MissingError(
        f"the browser tests need Chromium, and there is none ({looked}): install it "
        f"(Debian: apt-get install chromium), or name one with {VARIABLE}=/path/to/chromium"
    )


@contextmanager
def running() -> Iterator[Browser]:
    """Start it without a window, with a profile of its own that goes with it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find(),
            # Chromium refuses to start its sandbox as root, as in most containers.
            chromium_sandbox=os.geteuid() != 0,
            args=[OFFLINE],
        )
        yield browser
        browser.close()


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{find()}\n")
    except MissingError as error:
        sys.exit(f"Error: {error}")
