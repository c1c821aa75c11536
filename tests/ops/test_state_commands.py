"""`ops state`, and what lies under it: the state object, its versions and its lock, on the embedded AWS."""

import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any

from ops.deploy.imports import find_imports
from ops.embedded.aws import EmbeddedAws
from ops.shared.errors import OpsError
from ops.shared.toolchain import tool_environment
from ops.state.remote_state import DamagedStateError, RemoteState
from ops.state.state_check import note_way_back
from settings.loading import load_environments
from settings.model import Settings
from tests.aws_proxy import Answer, AwsProxy, Call
from tests.conftest import ROOT
from tests.forked import run_module
from tests.ops.ops_support import DONE_SECONDS

import boto3
import pytest

pytestmark = pytest.mark.real

BUCKET, STACK = "secure-dev-terraform-state", "secure-storage-dev"
KEY = f"{STACK}/terraform.tfstate"


def body(serial: int, **outputs: str) -> bytes:
    """A state file."""
    return json.dumps(
        {
            "version": 4,
            "serial": serial,
            "lineage": "one",
            "outputs": {name: {"value": value, "type": "string"} for name, value in outputs.items()},
            "resources": [],
        }
    ).encode()


@pytest.fixture(scope="module")
def env(empty_aws: EmbeddedAws) -> dict[str, str]:
    return empty_aws.environment(tool_environment())


@pytest.fixture
def s3(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in env.items():
        if name.startswith("AWS_") or name.lower() == "no_proxy":
            monkeypatch.setenv(name, value)
    client = boto3.client("s3", region_name="us-east-1")
    client.create_bucket(Bucket=BUCKET)
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    yield client
    listed = client.list_object_versions(Bucket=BUCKET)
    for one in listed.get("Versions", []) + listed.get("DeleteMarkers", []):
        client.delete_object(Bucket=BUCKET, Key=one["Key"], VersionId=one["VersionId"])
    client.delete_bucket(Bucket=BUCKET)


@pytest.fixture
def settings() -> Settings:
    (dev,) = load_environments(ROOT / "environments", {"ENVIRONMENT_SUFFIX": "dev"})
    return dev


@pytest.fixture
def state(settings: Settings) -> RemoteState:
    return RemoteState(settings, STACK)


def ops(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_module("ops", *arguments, folder=ROOT, variables=env, seconds=DONE_SECONDS)


def test_a_deploy_with_an_untested_provider_notes_the_way_back(
    s3: Any, settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    untested = {"provider_version": "6.45.0", "provider_version_untested": True}
    newer = settings.model_copy(update={"terraform": settings.terraform.model_copy(update=untested)})
    note_way_back(newer, STACK)
    assert capsys.readouterr().out == ""  # there is no state yet
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=body(1))
    version = s3.put_object(Bucket=BUCKET, Key=KEY, Body=body(2))["VersionId"]
    note_way_back(newer, STACK)
    said = capsys.readouterr().out
    assert said.startswith("Nobody has deployed with AWS provider 6.45.0 yet. ")
    assert f" make state-restore ENV=dev ARGS='--version {version}' returns " in said
    note_way_back(settings, STACK)
    assert capsys.readouterr().out == ""  # 5.100.0 needs no way back
    with AwsProxy(os.environ["AWS_ENDPOINT_URL"]) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        note_way_back(newer.model_copy(update={"account_id": "111122223333"}), STACK)
    # S3 refuses it where the bucket is another account's; the embedded AWS does not.
    assert [call.headers["x-amz-expected-bucket-owner"] for call in proxy.calls] == ["111122223333"]


def test_an_earlier_version_is_shown_and_restored(env: dict[str, str], s3: Any, state: RemoteState) -> None:
    for content in (body(7, Name="old"), body(9, Name="new"), b""):
        s3.put_object(Bucket=BUCKET, Key=KEY, Body=content)
    with pytest.raises(DamagedStateError, match="is empty; make state-restore ENV=dev brings"):
        state.read()
    listed = ops(env, "state", "versions", "dev").stdout.splitlines()
    assert [line.split()[3:5] for line in listed[2:]] == [["-", "-"], ["9", "0"], ["7", "0"]]
    assert listed[2].endswith("is empty")

    oldest = listed[4].split()[0]
    done = ops(env, "state", "restore", "dev", "--version", oldest, "--yes")
    assert done.returncode == 0, done.stderr
    assert "≠ Name" in done.stdout
    assert "serial 10" in done.stdout
    now = state.read()
    assert now is not None
    assert (now.serial, now.lineage, now.outputs["Name"]["value"]) == (10, "one", "old")
    assert state.lock() is None


def test_nothing_is_restored_unless_agreed_to_or_while_somebody_works(
    env: dict[str, str], s3: Any, state: RemoteState
) -> None:
    for content in (body(1), body(2)):
        s3.put_object(Bucket=BUCKET, Key=KEY, Body=content)
    assert ops(env, "state", "restore", "dev").returncode == 130  # nobody there to answer
    with state.locked("apply"):
        done = ops(env, "state", "restore", "dev", "--yes")
    assert (done.returncode, done.stdout) == (1, "")
    assert "(apply, lock " in done.stderr
    assert len(state.versions()) == 2
    assert state.lock() is None


def test_only_one_holds_the_lock_and_only_its_own_is_released(s3: Any, state: RemoteState) -> None:
    with state.locked("one"):
        first = state.lock()
        assert first is not None
        with pytest.raises(OpsError, match=r"is locked by .+ since .+ \(one, lock"), state.locked("two"):
            pass
        assert state.lock() == first
    with state.locked("three"), pytest.raises(OpsError, match="changed hands"):
        state.release(first)


def test_what_is_ours_is_found_and_what_is_not_is_refused(
    s3: Any, settings: Settings, stacks: dict[str, dict[str, Any]]
) -> None:
    stack = stacks[STACK]
    kms: Any = boto3.client("kms", region_name="us-east-1")
    assert find_imports(stack, settings, {}) == []
    made = {
        "Description": "Encrypts secure-dev-data-bucket",
        "Tags": [
            {"TagKey": "Environment", "TagValue": "dev"},
            {"TagKey": "Project", "TagValue": "secure-s3-storage"},
        ],
    }
    waiting, first, second, foreign = (
        kms.create_key(**content)["KeyMetadata"]["KeyId"] for content in (made, made, made, {})
    )
    kms.schedule_key_deletion(KeyId=waiting, PendingWindowInDays=7)  # as `make destroy` leaves it
    with pytest.raises(OpsError, match="2 keys could be the stack's"):
        find_imports(stack, settings, {})
    kms.schedule_key_deletion(KeyId=second, PendingWindowInDays=7)
    (found,) = find_imports(stack, settings, {})
    assert (found.import_id, found.proof) == (first, "its description and tags are those described")
    kms.create_alias(AliasName="alias/secure-s3-key-dev", TargetKeyId=foreign)
    with pytest.raises(OpsError, match=f"s3-key-dev belongs to key {foreign}, which is not this stack's"):
        find_imports(stack, settings, {})
    kms.update_alias(AliasName="alias/secure-s3-key-dev", TargetKeyId=first)
    s3.create_bucket(Bucket="secure-dev-data-bucket")
    assert [one.import_id for one in find_imports(stack, settings, {})] == [
        first,
        "alias/secure-s3-key-dev",
        "secure-dev-data-bucket",
    ]
    kms.schedule_key_deletion(KeyId=first, PendingWindowInDays=7)
    with pytest.raises(OpsError, match=f"key {first} is scheduled for deletion on .*cancel-key-deletion"):
        find_imports(stack, settings, {})


def test_what_is_in_another_region_is_found_there_and_a_role_by_its_description(
    s3: Any, settings: Settings, stacks: dict[str, dict[str, Any]]
) -> None:
    stack = stacks["secure-storage-replication"]
    content = {
        "Description": "Encrypts secure-replication-data-replica",
        "Tags": [
            {"TagKey": "Environment", "TagValue": "replication"},
            {"TagKey": "Project", "TagValue": "secure-s3-storage"},
        ],
    }
    here, there = (boto3.client("kms", region_name=region) for region in ("us-east-1", "eu-west-3"))
    here.create_key(**content)  # type: ignore[arg-type] # in the source's region it is not the replica's
    key = there.create_key(**content)["KeyMetadata"]["KeyId"]  # type: ignore[arg-type]
    there.create_alias(AliasName="alias/secure-s3-replica-replication", TargetKeyId=key)
    bucket = "secure-replication-data-replica"
    boto3.client("s3", region_name="eu-west-3").create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-3"}
    )
    iam = boto3.client("iam", region_name="us-east-1")
    role = "secure-storage-replication-replica"
    iam.create_role(RoleName=role, AssumeRolePolicyDocument="{}", Description="somebody else's")
    with pytest.raises(OpsError, match=f"^role {role} is not this stack's: its description is "):
        find_imports(stack, settings, {})
    iam.update_role_description(
        RoleName=role, Description="Replicates one bucket to another, and nothing else"
    )
    found = find_imports(stack, settings, {})
    assert [one.import_id for one in found] == [role, key, "alias/secure-s3-replica-replication", bucket]


def test_where_versions_may_not_be_listed_a_missing_state_is_none(
    s3: Any, settings: Settings, state: RemoteState, env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(call: Call) -> Answer | None:
        denied = b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"
        return Answer(403, denied) if "versions" in call.target else None

    s3.put_object(Bucket=BUCKET, Key=KEY, Body=body(1))
    with AwsProxy(env["AWS_ENDPOINT_URL"], fault=refuse) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        found = state.read()
        assert found is not None
        assert found.serial == 1
        s3.delete_object(Bucket=BUCKET, Key=KEY)
        assert state.read() is None
    monkeypatch.setenv("AWS_ENDPOINT_URL", env["AWS_ENDPOINT_URL"])
    with pytest.raises(DamagedStateError, match="was deleted"):
        RemoteState(settings, STACK).read()
