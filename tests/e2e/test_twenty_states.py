"""Real requests of twenty environments with one state bucket, on the embedded AWS with authorization on.

The embedded AWS does not ask KMS for objects; tests/policy/test_other_states.py has those requests. The slow
test takes about 20 seconds.
"""

import json
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from ops.embedded.aws import ACCOUNT_ID, EmbeddedAws, embedded_aws
from ops.shared.toolchain import tool_environment
from ops.state.snapshot import empty_state
from settings.loading import load_environments
from stacks.app import build
from tests import handed_out
from tests.aws_proxy import AwsProxy, Call
from tests.policy.deployment import resolve

import botocore.exceptions
import pytest

OWNER = "prod"
NAMES = [OWNER, *(f"team-{number}" for number in range(1, 20))]
BUCKET = "secure-prod-terraform-state"
WAIT_SECONDS = 120

Synthesized = Callable[[str], Path]
"""What synthesizes one of the twenty, once; it returns the folder of the storage stack."""


def state(name: str) -> str:
    return f"secure-storage-{name}/terraform.tfstate"


@pytest.fixture(scope="module")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    folder, outdir = tmp_path_factory.mktemp("environments"), tmp_path_factory.mktemp("cdktf.out")
    for name in NAMES:
        text = "state.shared = true\n" if name == OWNER else f'state.of = "{OWNER}"\n'
        (folder / f"{name}.toml").write_text(text)

    @cache
    def synthesize(name: str) -> Path:
        settings = load_environments(folder, {"ENVIRONMENT_SUFFIX": name})
        build(settings, outdir=str(outdir / name)).synth()
        return outdir / name / "stacks" / f"secure-storage-{name}"

    return synthesize


def document(synthesized: Synthesized, name: str, kind: str) -> dict[str, Any]:
    """The policy of a kind that a state stack has."""
    folder = synthesized(name)
    stack = handed_out.read_stack(folder.with_name(f"{folder.name}-state"))
    (found,) = stack["resource"][kind].values()
    key = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/1"
    examples = {"aws_kms_key.arn": key, "data.aws_caller_identity.account_id": ACCOUNT_ID}
    content: dict[str, Any] = json.loads(resolve(found["policy"], examples))
    return content


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, synthesized: Synthesized) -> Iterator[EmbeddedAws]:
    """The bucket with its policy, and with the empty states that bootstrap writes."""
    with embedded_aws(tmp_path_factory.mktemp("aws") / "log", auth=True, tls=True) as aws:
        s3 = aws.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        policy = json.dumps(document(synthesized, OWNER, "aws_s3_bucket_policy"))
        s3.put_bucket_policy(Bucket=BUCKET, Policy=policy)
        for name in NAMES:
            s3.put_object(Bucket=BUCKET, Key=state(name), Body=empty_state())
        yield aws


def holder(aws: EmbeddedAws, synthesized: Synthesized, name: str) -> EmbeddedAws:
    """The AWS as a role sees it that has an environment's SecureStorageState alone."""
    return handed_out.role(aws, f"{name}-{uuid.uuid4()}", document(synthesized, name, "aws_iam_policy"))


def answers(s3: Any, whose: str) -> list[str]:
    """What S3 answers to each request for the state of an environment: "" where it lets it pass."""
    key = {"Bucket": BUCKET, "Key": state(whose)}
    lock = {"Bucket": BUCKET, "Key": f"{state(whose)}.tflock"}
    return [
        code_of(s3.get_object, **key),
        code_of(s3.put_object, **key, Body=empty_state()),
        code_of(s3.put_object, **lock, Body=b"{}"),
        code_of(s3.delete_object, **lock),
        code_of(s3.list_object_versions, Bucket=BUCKET, Prefix=state(whose)),
        code_of(s3.delete_object, **key),
    ]


def code_of(request: Callable[..., Any], **arguments: Any) -> str:
    """Return the error code of an answer; empty where it is none."""
    try:
        request(**arguments)
    except botocore.exceptions.ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


@pytest.mark.slow
def test_twenty_environments_reach_their_own_state_and_no_other(
    running: EmbeddedAws, synthesized: Synthesized
) -> None:
    clients = {name: holder(running, synthesized, name).client("s3") for name in NAMES}
    pairs = [(name, whose) for name in NAMES for whose in NAMES if whose != name]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda pair: answers(clients[pair[0]], pair[1]), pairs))
    assert len(found) == 20 * 19
    assert {code for one in found for code in one} == {"AccessDenied"}
    for name, s3 in clients.items():
        assert answers(s3, name) == ["", "", "", "", "", "AccessDenied"], name
        assert code_of(s3.list_objects_v2, Bucket=BUCKET, Prefix="env:/") == ""
        assert code_of(s3.list_objects_v2, Bucket=BUCKET) == "AccessDenied"
        assert code_of(s3.list_object_versions, Bucket=BUCKET) == "AccessDenied"


@pytest.mark.real
def test_deploys_of_two_environments_do_not_wait_for_each_other(
    running: EmbeddedAws, synthesized: Synthesized, tmp_path: Path
) -> None:
    """One holds its lock, and does not get on before the other one has ended."""
    first, second = NAMES[1:3]
    other_ended, locked = threading.Event(), threading.Event()

    def wait(call: Call) -> None:
        path = call.url.path
        if call.method == "PUT" and path.endswith(state(first)):
            other_ended.wait(WAIT_SECONDS)
        if call.method == "PUT" and path.endswith(f"{state(first)}.tflock"):
            locked.set()

    for name in (first, second):
        describe(synthesized, name, tmp_path)
    lineages = {name: content(running, name)["lineage"] for name in (first, second)}
    with AwsProxy(running.endpoint, wait, running.certificate) as proxy:
        roles = {
            name: replace(holder(running, synthesized, name), endpoint=proxy.endpoint, certificate=None)
            for name in (first, second)
        }
        for name, role in roles.items():
            with terraform("init", tmp_path / name, role) as init:
                assert init.wait(WAIT_SECONDS) == 0
        with terraform("apply", tmp_path / first, roles[first]) as one:
            try:
                assert locked.wait(WAIT_SECONDS)
                with terraform("apply", tmp_path / second, roles[second]) as two:
                    assert two.wait(WAIT_SECONDS) == 0
                assert one.poll() is None
            finally:
                other_ended.set()
            assert one.wait(WAIT_SECONDS) == 0
    for name in (first, second):
        written = content(running, name)
        # Terraform took the empty state for one of its own.
        assert (written["lineage"], written["serial"]) == (lineages[name], 2)
        assert [one["instances"][0]["attributes"]["input"]["value"] for one in written["resources"]] == [name]
    keys = [one["Key"] for one in running.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert not [key for key in keys if key.endswith(".tfstate.tflock")]


def describe(synthesized: Synthesized, name: str, folder: Path) -> None:
    """Write a stack with the backend of an environment, and a resource that no AWS is asked for."""
    backend = handed_out.read_stack(synthesized(name))["terraform"]["backend"]
    resource = {"terraform_data": {"it": {"input": name}}}
    (folder / name).mkdir()
    (folder / name / "main.tf.json").write_text(
        json.dumps({"terraform": {"backend": backend}, "resource": resource})
    )


def terraform(command: str, folder: Path, aws: EmbeddedAws) -> subprocess.Popen[bytes]:
    options = ["-input=false", *(["-auto-approve"] if command == "apply" else [])]
    return subprocess.Popen(
        ["terraform", command, *options], cwd=folder, env=aws.environment(tool_environment())
    )


def content(aws: EmbeddedAws, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.load(aws.client("s3").get_object(Bucket=BUCKET, Key=state(name))["Body"])
    return found
