"""A server that enforces, and the buckets of the synthesized stacks on it."""

import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from main import build
from ops.embedded_aws import EmbeddedAws, embedded_aws
from stacks.settings import load_environments
from tests.enforcement import bucket as buckets
from tests.enforcement.bucket import Bucket, Deploy, aws_client
from tests.enforcement.seaweedfs import Server, seaweedfs

import pytest

ENVIRONMENTS = Path(__file__).with_name("environments")


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    """The embedded AWS, which has the KMS keys."""
    with embedded_aws(tmp_path_factory.mktemp("aws") / "log") as running:
        yield running


@pytest.fixture(scope="session")
def new_key(aws: EmbeddedAws) -> Callable[[], str]:
    """Makes a KMS key and returns its ARN."""
    kms = aws_client("kms", aws.endpoint, "test", "test")
    return lambda: str(kms.create_key()["KeyMetadata"]["Arn"])


@pytest.fixture(scope="session")
def key_arn(new_key: Callable[[], str]) -> str:
    """The ARN of the key that the stacks describe."""
    return new_key()


@pytest.fixture(scope="session")
def other_key_arn(new_key: Callable[[], str]) -> str:
    """The ARN of a key that exists, too, and is not ours."""
    return new_key()


@pytest.fixture(scope="session")
def server(aws: EmbeddedAws) -> Iterator[Server]:
    with seaweedfs(aws.endpoint) as running:
        yield running


@pytest.fixture(scope="session")
def all_stacks(
    stacks: dict[str, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, Any]]:
    """Each stack's synthesized JSON by its name, with those of the environments beside this file."""
    outdir = tmp_path_factory.mktemp("cdktf.out")
    build(load_environments(ENVIRONMENTS, {}), outdir=str(outdir)).synth()
    own = {
        folder.name: json.loads((folder / "cdk.tf.json").read_bytes())
        for folder in (outdir / "stacks").iterdir()
    }
    return {**stacks, **own}


@pytest.fixture(scope="session")
def deploy(all_stacks: dict[str, dict[str, Any]], key_arn: str, server: Server) -> Deploy:
    """Makes the bucket of secure-storage-NAME, once."""

    @functools.cache
    def make(name: str) -> Bucket:
        return buckets.create(all_stacks[f"secure-storage-{name}"], key_arn=key_arn, server=server)

    return make
