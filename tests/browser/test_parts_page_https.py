"""A page for a large file over HTTPS, on a server that evaluates the bucket's policy with every part."""

from collections.abc import Callable
from pathlib import Path

from tests.browser.people import Seen
from tests.browser.test_parts_page import film, single, upload_and_resume  # noqa: F401
from tests.enforcement.bucket import Deploy
from tests.enforcement.places import Place

import pytest
from playwright.sync_api import BrowserContext


@pytest.mark.parametrize("place", ["SeaweedFS"], indirect=True)
def test_an_interrupted_upload_is_resumed_over_https(
    place: Place,
    single: Callable[..., str],  # noqa: F811
    context: BrowserContext,
    seen: Seen,
    film: Path,  # noqa: F811
    deploy: Deploy,
) -> None:
    """This server wants the headers with every part, as test_known_differences.py says."""
    with deploy("dev").without("DenyIncorrectKMSKey", "DenyUnencryptedUploads"):
        upload_and_resume(place, single("parts/resumed/film.bin"), context, film)
    seen.problems.clear()
