"""A server that enforces, and the buckets of the synthesized stacks on it."""

import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ops.embedded.aws import EmbeddedAws, embedded_aws
from settings.loading import load_environments
from stacks.app import build
from tests.embedded_iam.agreement import Log, disagreements
from tests.enforcement import agreement
from tests.enforcement import bucket as buckets
from tests.enforcement.bucket import Bucket, Deploy, aws_client
from tests.enforcement.places import Place, on_ministack, on_seaweedfs, write_outputs
from tests.enforcement.seaweedfs import Server, seaweedfs
from tests.presign.presign_support import Presign, in_this_process, isolate

import pytest

ENVIRONMENTS = Path(__file__).with_name("environments")


@pytest.fixture(scope="session")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("aws") / "log"


@pytest.fixture(scope="session")
def aws(log: Path) -> Iterator[EmbeddedAws]:
    """The embedded AWS, which has the KMS keys, and a second S3 that checks signatures."""
    with embedded_aws(log, auth=True, module="tests.embedded_iam.recording") as running:
        yield running


@pytest.fixture(scope="session")
def decisions(log: Path) -> Log:
    return Log(log)


@pytest.fixture(autouse=True)
def the_proof_agrees(request: pytest.FixtureRequest, decisions: Log) -> Iterator[None]:
    """Every decision of either server is the proof's as well, unless the test is about a difference."""
    yield
    found = [*disagreements(decisions.new()), *agreement.disagreements()]
    assert found == agreement.known(request.node.name)


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
    """Each stack's synthesized JSON by its name, with those of the environments next to this file."""
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


@pytest.fixture(scope="session")
def ministack(aws: EmbeddedAws, all_stacks: dict[str, dict[str, Any]], key_arn: str) -> Place:
    return on_ministack(aws, all_stacks["secure-storage-dev"], key_arn=key_arn)


@pytest.fixture(params=["MiniStack", "SeaweedFS"])
def place(request: pytest.FixtureRequest) -> Place:
    """The bucket of the dev stack on each server."""
    if request.param == "SeaweedFS":
        return on_seaweedfs(request.getfixturevalue("deploy")("dev"))
    found: Place = request.getfixturevalue("ministack")
    return found


@pytest.fixture
def presign(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Presign:
    """Runs the command line in this process, as the team does it in a folder with the stack's outputs."""
    isolate(monkeypatch, tmp_path)
    for name, value in place.variables.items():
        monkeypatch.setenv(name, value)
    write_outputs(place, tmp_path)
    monkeypatch.setenv("PRESIGN_OUTPUTS", "outputs.json")
    return in_this_process(monkeypatch, capsys)
