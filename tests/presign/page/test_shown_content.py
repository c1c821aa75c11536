"""No link shows HTML, SVG or XML in the browser: its scripts would have the origin of the bucket's pages."""

from pathlib import Path

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


@pytest.mark.parametrize(
    ("name", "manifest"),
    [
        ("m.csv", "key,type,name\na,text/html,\nb,Image/SVG+xml,\nc,text/html,c.html\nd,text/plain,\n"),
        (
            "m.jsonl",
            '{"key": "a", "type": "text/html"}\n{"key": "b", "type": "image/svg+xml"}\n'
            '{"key": "c", "type": "text/html", "name": "c.html"}\n{"key": "d", "type": "text/plain"}\n',
        ),
    ],
)
def test_of_many_links_each_is_looked_at(
    presign: Presign, outputs_file: OutputsFile, name: str, manifest: str
) -> None:
    Path(name).write_text(manifest)
    place = ("--outputs", outputs_file(), "-o", "out.csv", name)
    columns = ("--content-type-column", "type", "--download-as-column", "name")
    assert presign("bulk", "get", *place, *columns).code == 3
    assert [row[0] for row in Path("out.csv").read_text().splitlines()[1:]] == ["c", "d"]
    problems = Path("out.csv.errors").read_text().splitlines()
    assert ["browsers would run" in problem for problem in problems] == [True, True]
    # What is uploaded with such a type is not shown by that.
    assert presign("bulk", "put", *place, "--content-type-column", "type").code == 0
