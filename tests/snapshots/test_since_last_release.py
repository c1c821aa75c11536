"""Nothing that was deployed from the last release changes without a word in docs/upgrading.md."""

import json
from typing import Any

from tests.upgrading.changes import TODAY, listed, made
from tests.upgrading.page import PAGE, page

import pytest


@pytest.fixture(scope="module", autouse=True)
def synthesized(stacks: dict[str, dict[str, Any]]) -> None:
    TODAY.update(stacks)


def lines() -> list[str]:
    return [line for change in listed() for line in change.lines]


def test_every_difference_is_listed() -> None:
    missing = sorted(made().keys() - set(lines()))
    entry = f'[[change]]\nlines = {json.dumps(missing, indent=4)}\nhappens = "…"\n'
    assert not missing, (
        "add to tests/upgrading/changes.toml, with what happens to who has deployed, and run make docs:\n"
        f"{entry}"
    )


def test_no_difference_is_listed_that_is_none() -> None:
    stale = sorted(set(lines()) - made().keys())
    assert not stale, f"remove from tests/upgrading/changes.toml, and run make docs: {stale}"


def test_no_difference_is_listed_twice() -> None:
    assert sorted(lines()) == sorted(set(lines()))


def test_every_change_says_what_happens() -> None:
    assert [change for change in listed() if len(change.happens.split()) < 5 or not change.lines] == []


def test_the_page_says_what_is_listed() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == page(text), "make docs renews docs/upgrading.md"
