"""One embedded AWS with authorization on, over TLS, and a bucket of its own for each test."""

from collections.abc import Iterator

from ops.embedded_aws import EmbeddedAws, embedded_aws
from tests.embedded_iam.account import Account

import pytest


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    with embedded_aws(tmp_path_factory.mktemp("aws") / "log", auth=True, tls=True) as running:
        yield running


@pytest.fixture
def account(aws: EmbeddedAws) -> Account:
    return Account(aws)
