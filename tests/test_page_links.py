"""Each link from a page of ours to another leads to a file, and to a heading of it."""

import re
import subprocess
from pathlib import Path

from tests.conftest import ROOT

import pytest

PAGES = subprocess.check_output(["git", "ls-files", "*.md", ":!tests/**"], cwd=ROOT, text=True).split()
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
FENCED = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)


def prose(page: Path) -> str:
    return FENCED.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings: lower case, no punctuation, hyphens for spaces."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", PAGES)
def test_each_link_to_another_page_leads_somewhere(name: str) -> None:
    page = ROOT / name
    dead = []
    for path, anchor in LINK.findall(prose(page)):
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(f"{path}#{anchor}" if anchor else path)
    assert dead == []


def test_the_index_lists_every_page() -> None:
    listed = {path for path, _ in LINK.findall(prose(ROOT / "docs" / "README.md"))}
    assert {Path(name).name for name in PAGES if name.startswith("docs/")} - {"README.md"} <= listed
