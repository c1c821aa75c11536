"""Every request of the table gets the answer that it says, from the statement that it says."""

from tests.policy.simulation import Outcome
from tests.policy.table import ROWS, Row

import pytest


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_request(row: Row, outcomes: dict[Row, Outcome]) -> None:
    outcome = outcomes[row]
    assert outcome.ignored == (), f"{row}\n  the engine does not know these condition keys of the request"
    assert outcome.answer == row.answer, f"{row}\n  expected {row.answer}\n  got      {outcome.answer}"


def test_the_table_is_as_large_as_promised() -> None:
    assert len(ROWS) >= 150
    assert len({row.stack.removesuffix("-state") for row in ROWS}) >= 6


def test_no_request_is_in_the_table_twice() -> None:
    seen = [str(row) for row in ROWS]
    assert sorted(set(seen)) == sorted(seen)
