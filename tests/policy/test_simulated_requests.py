"""Every request of the table gets the answer that it says, from the statement that it says."""

from collections import Counter

from tests.policy.simulation import Outcome
from tests.policy.table import ROWS, TABLE, Row

import pytest

ITEMS = sorted({(file, row.stack) for file, rows in TABLE.items() for row in rows})


@pytest.mark.parametrize(("file", "stack"), ITEMS)
def test_requests(file: str, stack: str, outcomes: dict[Row, Outcome]) -> None:
    rows = [row for row in TABLE[file] if row.stack == stack]
    unknown = {str(row): outcomes[row].ignored for row in rows if outcomes[row].ignored}
    assert unknown == {}, "the engine does not know these condition keys of the request"
    wrong = [
        f"{row}\n  expected {row.answer}\n  got      {outcomes[row].answer}"
        for row in rows
        if outcomes[row].answer != row.answer
    ]
    assert not wrong, "\n".join(wrong)


def test_the_table_is_as_large_as_promised() -> None:
    assert len(ROWS) >= 150
    assert len({row.stack.removesuffix("-state") for row in ROWS}) >= 6


def test_no_request_is_in_the_table_twice() -> None:
    twice = [row for row, count in Counter(map(str, ROWS)).items() if count > 1]
    assert twice == []
