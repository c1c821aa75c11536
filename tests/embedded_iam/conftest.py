"""One embedded AWS with authorization on, over TLS, and a bucket of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

from ops.embedded.aws import EmbeddedAws, embedded_aws
from tests.embedded_iam.account import Account
from tests.embedded_iam.agreement import Log, disagreements

import pytest


@pytest.fixture(scope="session")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("aws") / "log"


@pytest.fixture(scope="session")
def aws(log: Path) -> Iterator[EmbeddedAws]:
    with embedded_aws(log, auth=True, tls=True, module="tests.embedded_iam.recording") as running:
        yield running


@pytest.fixture(scope="session")
def decisions(log: Path) -> Log:
    return Log(log)


@pytest.fixture(autouse=True)
def the_proof_agrees(decisions: Log) -> Iterator[None]:
    """Every decision of a test is the proof's as well."""
    yield
    assert list(disagreements(decisions.new())) == []


@pytest.fixture
def account(aws: EmbeddedAws) -> Account:
    return Account(aws)
