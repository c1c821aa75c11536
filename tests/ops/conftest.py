"""What the tests of ops share: an embedded AWS for each module."""

from collections.abc import Iterator

from ops.embedded.aws import EmbeddedAws, embedded_aws

import pytest


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    with embedded_aws(tmp_path_factory.mktemp("aws") / "log") as running:
        yield running
