"""No link shows HTML, SVG or XML in the browser: its scripts would have the origin of the bucket's pages."""

from tests.presign.presign_support import OutputsFile, Presign

import pytest

pytestmark = pytest.mark.usefixtures("keys")


@pytest.mark.parametrize(
    "options",
    [
        ["--inline", "report.html"],
        ["--inline", "REPORT.HTM"],
        ["--inline", "a/logo.svg"],
        ["--inline", "feed.xml"],
        ["--inline", "style.xsl"],
        ["--inline", "--download-as", "x.txt", "page.xhtml"],
        ["--inline", "--content-type", "text/html", "k"],
        ["--inline", "--content-type", "TEXT/HTML; charset=utf-8", "k"],
        ["--inline", "--content-type", "image/svg+xml", "k"],
        ["--inline", "--content-type", "application/rss+xml", "k"],
        ["--content-type", "application/xhtml+xml", "k"],
        ["--content-type", "text/xml", "k"],
    ],
)
def test_what_browsers_run_is_refused(
    presign: Presign, outputs_file: OutputsFile, options: list[str]
) -> None:
    result = presign("get", "--outputs", outputs_file(), *options)
    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
    assert "browsers would run" in result.err


@pytest.mark.parametrize(
    "options",
    [
        ["--inline", "report.pdf"],
        ["--inline", "--content-type", "image/png", "k"],
        ["--inline", "--content-type", "text/plain", "report.html"],
        ["--download-as", "report.html", "--content-type", "text/html", "k"],
        ["report.html"],
    ],
)
def test_what_is_saved_or_shown_as_it_is_may_be_linked(
    presign: Presign, outputs_file: OutputsFile, options: list[str]
) -> None:
    assert presign("get", "--outputs", outputs_file(), *options).code == 0
