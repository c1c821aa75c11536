"""What every stack deploys, and the outcome of every request."""

from typing import Any

from tests.conftest import STACKS, made_once
from tests.policy.deployment import Deployment, deployment
from tests.policy.engine import Engine
from tests.policy.simulation import Outcome, Simulator
from tests.policy.table import ROWS, Row

import pytest


@pytest.fixture(scope="session")
def deployments(stacks: dict[str, dict[str, Any]]) -> dict[str, Deployment]:
    """What each stack with a bucket deploys, by the stack's name without `secure-storage-`."""
    every = [deployment(name, stacks[name]) for name in STACKS]
    return {one.stack: one for one in every}


@pytest.fixture(scope="session")
def outcomes(
    engine: Engine, deployments: dict[str, Deployment], tmp_path_factory: pytest.TempPathFactory
) -> dict[Row, Outcome]:
    """The outcome of every row of the table; the workers of a run evaluate it once together."""
    with made_once(tmp_path_factory, "answers") as answers:
        if answers.exists():
            engine.load(answers)
        found = _outcomes(engine, deployments)
        if not answers.exists():
            engine.save(answers)
    return found


def _outcomes(engine: Engine, deployments: dict[str, Deployment]) -> dict[Row, Outcome]:
    found: dict[Row, Outcome] = {}
    for stack in dict.fromkeys(row.stack for row in ROWS):
        rows = [row for row in ROWS if row.stack == stack]
        found |= zip(rows, Simulator(engine, deployments[stack])(rows), strict=True)
    return found
