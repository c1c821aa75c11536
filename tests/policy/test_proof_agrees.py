"""The proof decides every request of the table as the simulator does, by the same statements.

Where it does not, proof_differences.toml says why. Reading and writing with a key of KMS is decided once more
as one operation.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.policy.deployment import Deployment
from tests.policy.proof_engine import ProofEngine, operations
from tests.policy.simulation import Simulator
from tests.policy.table import ROWS, Row

import pytest

FAST = ("prod", "sse-s3")
STACKS = list(dict.fromkeys(row.stack for row in ROWS))
NO_REQUEST = "there is no such request"


@dataclass(frozen=True)
class Difference:
    """Rows that the proof answers otherwise.

    Attributes:
        fields: by the name of a row's field, the values that it may have.
        said: what the proof answers.
    """

    fields: dict[str, list[str]]
    said: str

    def is_about(self, row: Row) -> bool:
        return all(getattr(row, name) in values for name, values in self.fields.items())


def load(entry: dict[str, Any]) -> Difference:
    fields = {name: value for name, value in entry.items() if name not in ("said", "because", "page")}
    assert entry["because"]
    assert entry["page"].startswith("https://docs.aws.amazon.com/")
    return Difference(fields, entry["said"])


LISTED = [
    load(entry)
    for entry in tomllib.loads(Path(__file__).with_name("proof_differences.toml").read_text())["difference"]
]


def expected(row: Row) -> str:
    """What the proof has to say: the table's answer, unless a difference is listed."""
    (said,) = {one.said for one in LISTED if one.is_about(row)} or {row.answer}
    return said


@pytest.mark.parametrize(
    "stack", [one if one in FAST else pytest.param(one, marks=pytest.mark.slow) for one in STACKS]
)
def test_each_request_has_the_answer_of_the_table(stack: str, deployments: dict[str, Deployment]) -> None:
    rows = [row for row in ROWS if row.stack == stack]
    # A listed difference that is none any more fails here, too.
    simulator = Simulator(ProofEngine(), deployments[stack])
    found = zip(rows, simulator(rows), strict=True)
    assert [f"{row}: {one.answer}" for row, one in found if one.answer != expected(row)] == []

    whole = operations(simulator, rows)
    assert whole
    for row, answer in whole.items():
        if NO_REQUEST in expected(row):
            assert answer.reason == NO_REQUEST, row
        else:
            assert answer.allowed is row.answer.startswith("allowed"), f"{row}: {answer}"


def test_every_listed_difference_is_about_requests_of_the_table() -> None:
    for difference in LISTED:
        rows = [row for row in ROWS if difference.is_about(row)]
        assert rows
        assert all(row.answer.startswith("denied") for row in rows)
