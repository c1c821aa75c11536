"""docs/costs.md is what its prices and formulas say, and names settings that exist."""

import re

from ops.pages.costs_page import PAGE, ROWS, page, replication
from tests.conftest import ROOT

import pytest

PRICES = {
    "storage_gb_month": 1.0,
    "put_1000": 10.0,
    "transfer_gb": 100.0,
    "key_month": 1000.0,
    "metric_month": 10000.0,
}


def test_the_page_is_what_the_prices_say() -> None:
    assert (ROOT / PAGE).read_text() == page(), "run `make docs`"


def test_a_replica_costs_storage_uploads_transfer_a_key_and_three_metrics() -> None:
    size = {"gb": 10, "puts": 2000}
    assert replication(PRICES, size) == 10 + 20 + 100 + 1000 + 30000


@pytest.mark.parametrize("words", [words for words, _ in ROWS if "`" in words])
def test_what_a_row_names_is_a_setting(words: str) -> None:
    settings = (ROOT / "docs" / "settings.md").read_text()
    for section in re.findall(r"\[(\w+)\]", words):
        assert f"## `[{section}]`" in settings
    for section, key in re.findall(r"`(\w+)\.(\w+)", words):
        assert f"| `{key}` |" in settings.partition(f"## `[{section}]`")[2].partition("\n## ")[0]
    for key, value in re.findall(r'`(\w+) = "(\w+)"`', words):
        assert f"| `{key}` |" in settings
        assert f'"{value}"' in settings
