"""Forms that people send from a web page, in Chromium."""

from pathlib import Path
from typing import Any

from tests.browser.sites import SITE, form, open_site
from tests.enforcement.clients import document
from tests.enforcement.places import Place
from tests.enforcement.test_said import DATA as SUMMED
from tests.enforcement.test_said import DIGESTS, FORM, FORM_SAID
from tests.presign.presign_support import Presign

import pytest
from playwright.sync_api import BrowserContext, Page, Response

DATA = bytes(range(256)) * 40
NAMES = ["ü $HOME [1].bin", "it's; a, b.bin", "<img src=x onerror=alert(1)>.bin", "報告 🎉"]


def send(context: BrowserContext, made: dict[str, Any], file: Path) -> tuple[Page, Response]:
    """Choose a file on a page with the form, press the button, and return the page and what S3 answered."""
    page = open_site(context, form(made))
    page.get_by_label("File").set_input_files(file)
    with page.expect_response(made["url"]) as found:
        page.get_by_role("button", name="Upload").click()
    return page, found.value


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "cat.png"
    made.write_bytes(DATA)
    return made


def test_a_form_uploads_and_the_page_stays(
    place: Place, presign: Presign, context: BrowserContext, file: Path
) -> None:
    made = document(presign, "post", "--max-size", "1MB", "form/ü +/")
    page, answer = send(context, made, file)
    assert answer.status == 204
    assert page.url == f"{SITE}/"
    assert place.stored("form/ü +/cat.png") == DATA
    head = place.head("form/ü +/cat.png")
    assert {head["ServerSideEncryption"], head["SSEKMSKeyId"]} == set(place.headers.values())


@pytest.mark.parametrize(
    "name", ["ü $HOME [1].bin", "it's; a, b.bin", "<img src=x onerror=alert(1)>.bin", "報告 🎉"]
)
def test_a_file_keeps_its_name(
    place: Place, presign: Presign, context: BrowserContext, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(DATA)
    _, answer = send(context, document(presign, "post", "--max-size", "1MB", "named/"), tmp_path / name)
    assert answer.status == 204
    if place.server == "MiniStack":  # it reads names as Latin-1
        name = name.encode().decode("latin-1")
    assert place.stored(f"named/{name}") == DATA


def test_what_a_form_says_is_kept(
    place: Place, presign: Presign, context: BrowserContext, file: Path
) -> None:
    made = document(presign, "post", *FORM, "--key", "form/said", "form/")
    _, answer = send(context, made, file)
    assert answer.status == 201
    kept = place.head("form/said")
    assert kept["Metadata"] == {"owner": "Team A; 'B' = \"C\""}
    assert kept["ContentDisposition"] == FORM_SAID["--content-disposition"]
    assert (kept["CacheControl"], kept["ContentType"]) == (FORM_SAID["--cache-control"], "text/csv")
    assert kept["StorageClass"] == "STANDARD_IA"


@pytest.mark.parametrize("name", ["x-amz-meta-owner", "Cache-Control", "success_action_status", "key"])
def test_a_form_that_says_something_else_is_refused(
    place: Place, presign: Presign, context: BrowserContext, file: Path, name: str
) -> None:
    made = document(presign, "post", *FORM, "--key", "form/changed", "form/")
    (changed,) = (field for field in made["fields"] if field.lower() == name.lower())
    before = place.listed()
    _, answer = send(context, {**made, "fields": {**made["fields"], changed: "other"}}, file)
    assert answer.status in (400, 403)
    assert place.listed() == before


def test_a_form_takes_only_the_sizes_and_the_type_that_it_says(
    place: Place, presign: Presign, context: BrowserContext, file: Path
) -> None:
    made = document(presign, "post", "--max-size", "100", "--key", "form/large", "form/")
    _, answer = send(context, made, file)
    assert answer.status == 400
    assert "EntityTooLarge" in answer.text()
    assert "form/large" not in place.listed()


def test_a_form_ends_on_the_page_that_it_names(
    place: Place, presign: Presign, context: BrowserContext, file: Path
) -> None:
    made = document(presign, "post", "--success-redirect", f"{SITE}/thanks?for=it", "form/")
    page, answer = send(context, made, file)
    assert answer.status == 303
    page.wait_for_url(f"{SITE}/thanks?**")
    assert place.stored("form/cat.png") == DATA


@pytest.mark.parametrize("algorithm", [name for name in DIGESTS if name != "md5"])
def test_a_form_takes_only_the_content_of_its_checksum(
    place: Place, presign: Presign, context: BrowserContext, file: Path, algorithm: str
) -> None:
    """MiniStack does not compare a form's content with its checksum."""
    digest = f"{algorithm}:{DIGESTS[algorithm]}"
    made = document(presign, "post", "--checksum", digest, "--key", f"form/{algorithm}", "form/")
    if place.server == "SeaweedFS":
        _, answer = send(context, made, file)
        assert (answer.status, "BadDigest" in answer.text()) == (400, True)
        assert f"form/{algorithm}" not in place.listed()
    file.write_bytes(SUMMED)
    _, answer = send(context, made, file)
    assert answer.status == 204
    assert place.stored(f"form/{algorithm}") == SUMMED
