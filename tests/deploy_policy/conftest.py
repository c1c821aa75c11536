"""The policy engine."""

from collections.abc import Iterator

from tests.policy.engine import Engine

import pytest


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    with Engine() as engine:
        yield engine
