"""The engine, and what every stack deploys."""

from collections.abc import Iterator
from typing import Any

from tests.policy.deployment import Deployment, deployment
from tests.policy.engine import Engine

import pytest


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    with Engine() as engine:
        yield engine


@pytest.fixture(scope="session")
def deployments(stacks: dict[str, dict[str, Any]]) -> dict[str, Deployment]:
    """What each stack deploys, by the stack's name without `secure-storage-`."""
    every = [deployment(name, stack) for name, stack in stacks.items()]
    return {one.stack: one for one in every}
