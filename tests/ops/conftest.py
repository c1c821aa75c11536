"""What the tests of ops share: an embedded AWS, empty for each module."""

from ops.embedded.aws import EmbeddedAws

import pytest


@pytest.fixture(scope="module")
def running(empty_aws: EmbeddedAws) -> EmbeddedAws:
    return empty_aws
