"""The main job with real terraform, the real provider and an embedded AWS, for both encryption modes.

The demo does the same through cdktf for one mode; here terraform runs on the
synthesized JSON directly, and more is checked.
"""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.demo import Workplace, tampered, without_headers
from ops.embedded_aws import EmbeddedAws, embedded_aws
from ops.toolchain import tool_environment
from tests.state_stack import copy_state_stack

import boto3
import pytest

KEY = "uploads/a name with spaces & ümlauts.txt"


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    with embedded_aws(tmp_path_factory.mktemp("aws") / "log") as running:
        yield running


@dataclass
class Deployed:
    """An environment that is deployed; `place` is where its links are used."""

    place: Workplace
    outputs: dict[str, Any]
    state: dict[str, Any]
    folder: Path

    def terraform(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return terraform(self.folder, self.place.env, *arguments)

    @property
    def s3(self) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self.place.aws.endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    @property
    def bucket(self) -> str:
        return str(self.outputs["S3BucketName"])


def terraform(folder: Path, env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["terraform", *arguments], cwd=folder, env=env, capture_output=True, text=True, check=False
    )


def deploy(folder: Path, env: dict[str, str]) -> dict[str, Any]:
    """Apply the stack in `folder`; return its outputs in the shape of `terraform output -json`."""
    for arguments in (["init", "-input=false"], ["apply", "-input=false", "-auto-approve"]):
        done = terraform(folder, env, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
    outputs: dict[str, Any] = json.loads(terraform(folder, env, "output", "-json").stdout)
    return outputs


def values(outputs: dict[str, Any]) -> dict[str, Any]:
    return {name: output["value"] for name, output in outputs.items()}


@pytest.fixture(scope="class")
def deployed(
    request: pytest.FixtureRequest,
    aws: EmbeddedAws,
    stack_folders: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Deployed]:
    root = tmp_path_factory.mktemp("deploy")
    place = Workplace(folder=root, log=root / "log", aws=aws, env=aws.environment(tool_environment()))
    stack = f"secure-storage-{request.cls.environment}"
    folder, state_folder = root / stack, root / f"{stack}-state"
    shutil.copytree(stack_folders[folder.name], folder)
    copy_state_stack(stack_folders[state_folder.name], state_folder)
    state = deploy(state_folder, place.env)
    outputs = deploy(folder, place.env)
    place.outputs.write_text(json.dumps(outputs))
    yield Deployed(place=place, outputs=values(outputs), state=values(state), folder=folder)
    for made in (folder, state_folder):
        done = terraform(made, place.env, "destroy", "-input=false", "-auto-approve")
        assert done.returncode == 0, done.stdout + done.stderr
        assert terraform(made, place.env, "state", "list").stdout == ""


class MainJob:
    """The tests, for whichever environment a class below names."""

    environment: str

    def test_a_second_plan_changes_nothing(self, deployed: Deployed) -> None:
        done = deployed.terraform("plan", "-detailed-exitcode", "-input=false")
        assert done.returncode == 0, done.stdout

    def test_links_transfer_bytes_and_misuse_is_refused(self, deployed: Deployed) -> None:
        place = deployed.place
        put = place.presign("put", KEY, "--file", "up")
        get = place.presign("get", KEY, "--file", "down")
        content = bytes(range(256)) * 1000
        (place.folder / "up").write_bytes(content)

        assert place.curl(put["curl"]) == 200
        assert place.curl(get["curl"]) == 200
        assert (place.folder / "down").read_bytes() == content

        assert put["headers"] == deployed.outputs["UploadHeaders"] != {}
        assert place.curl(without_headers(put["curl"])) == 403
        assert place.curl(get["curl"].replace(get["url"], tampered(get["url"]))) == 403
        expired = place.presign("get", KEY, "--expires", "1s")
        time.sleep(2.5)
        assert place.curl(expired["curl"]) == 403

    def test_an_upload_is_encrypted_as_described(self, deployed: Deployed) -> None:
        key = "encrypted.txt"
        put = deployed.place.presign("put", key, "--file", "up")
        (deployed.place.folder / "up").write_bytes(b"content")
        assert deployed.place.curl(put["curl"]) == 200
        head = deployed.s3.head_object(Bucket=deployed.bucket, Key=key)
        if "KMSKeyArn" in deployed.outputs:
            assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == (
                "aws:kms",
                deployed.outputs["KMSKeyArn"],
            )
        else:
            assert (head["ServerSideEncryption"], head.get("SSEKMSKeyId")) == ("AES256", None)

    def test_an_overwritten_and_deleted_object_is_restored_from_its_version(self, deployed: Deployed) -> None:
        key, place, s3 = "precious.txt", deployed.place, deployed.s3
        put = place.presign("put", key, "--file", "up")
        for content in (b"right", b"wrong"):
            (place.folder / "up").write_bytes(content)
            assert place.curl(put["curl"]) == 200
        s3.delete_object(Bucket=deployed.bucket, Key=key)
        get = place.presign("get", key, "--file", "down")
        assert place.curl(get["curl"]) == 404

        versions = s3.list_object_versions(Bucket=deployed.bucket, Prefix=key)["Versions"]
        (first,) = (
            version["VersionId"]
            for version in versions
            if s3.get_object(Bucket=deployed.bucket, Key=key, VersionId=version["VersionId"])["Body"].read()
            == b"right"
        )
        source = {"Bucket": deployed.bucket, "Key": key, "VersionId": first}
        encryption = {"ServerSideEncryption": "AES256"}
        if "KMSKeyArn" in deployed.outputs:
            encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": deployed.outputs["KMSKeyArn"]}
        s3.copy_object(Bucket=deployed.bucket, Key=key, CopySource=source, **encryption)
        assert place.curl(get["curl"]) == 200
        assert (place.folder / "down").read_bytes() == b"right"

    def test_state_is_encrypted_with_the_state_key(self, deployed: Deployed) -> None:
        stack = deployed.folder.name
        head = deployed.s3.head_object(
            Bucket=deployed.state["StateBucketName"], Key=f"{stack}/terraform.tfstate"
        )
        assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == (
            "aws:kms",
            deployed.state["StateKeyArn"],
        )

    def test_a_held_lock_keeps_a_second_deploy_out(self, deployed: Deployed) -> None:
        lock = {
            "Bucket": deployed.state["StateBucketName"],
            "Key": f"{deployed.folder.name}/terraform.tfstate.tflock",
        }
        holder = {
            "ID": "0b1e",
            "Operation": "OperationTypeApply",
            "Who": "ada@ci",
            "Created": "2026-01-01T00:00:00Z",
        }
        deployed.s3.put_object(**lock, Body=json.dumps(holder).encode())
        try:
            done = deployed.terraform("apply", "-input=false", "-auto-approve", "-no-color")
            assert done.returncode == 1
            assert "Error acquiring the state lock" in done.stderr
            assert "ada@ci" in done.stderr
        finally:
            deployed.s3.delete_object(**lock)
        # The lock that terraform takes itself is gone once it is done.
        assert deployed.terraform("plan", "-input=false").returncode == 0
        listed = deployed.s3.list_objects_v2(Bucket=lock["Bucket"])
        assert [found["Key"] for found in listed["Contents"]] == [f"{deployed.folder.name}/terraform.tfstate"]


class TestWithKmsKey(MainJob):
    environment = "dev"


class TestWithSseS3(MainJob):
    environment = "sse-s3"
