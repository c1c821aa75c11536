"""Object Lock with real terraform: what it keeps, and that no plan changes it, with or without our checks."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.embedded.aws import embedded_aws
from ops.shared.toolchain import tool_environment
from settings.loading import load_environments
from settings.model import Settings
from stacks.app import build
from tests.conftest import VARIANTS

import boto3
import pytest
from botocore.exceptions import ClientError

OVERRIDE = {"terraform": {"backend": {"local": {}}}, "provider": {"aws": {"s3_use_path_style": True}}}
STACK = "secure-storage-object-lock"

pytestmark = pytest.mark.slow


def settings(*, locked: bool) -> Settings:
    (found,) = load_environments(VARIANTS, {"ENVIRONMENT_SUFFIX": "object-lock"})
    lock = found.object_lock if locked else found.object_lock.model_copy(update={"mode": None, "days": None})
    return found.model_copy(update={"object_lock": lock})


@dataclass
class Place:
    """Where the environment is deployed."""

    folder: Path
    env: dict[str, str]
    s3: Any

    @property
    def bucket(self) -> str:
        return settings(locked=True).bucket_name

    def synthesize(self, *, locked: bool) -> None:
        outdir = self.folder.parent / "cdktf.out"
        shutil.rmtree(outdir, ignore_errors=True)
        build([settings(locked=locked)], outdir=str(outdir)).synth()
        shutil.copy(outdir / "stacks" / STACK / "cdk.tf.json", self.folder)
        (self.folder / "test_override.tf.json").write_text(json.dumps(OVERRIDE))

    def terraform(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["terraform", *arguments]
        if arguments[0] in ("apply", "destroy"):
            command.append("-auto-approve")
        return subprocess.run(
            [*command, "-input=false", "-no-color"],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )

    def deploy(self, *, locked: bool) -> None:
        self.synthesize(locked=locked)
        for command in ("init", "apply"):
            done = self.terraform(command)
            assert done.returncode == 0, done.stdout + done.stderr

    def put(self) -> str:
        version: str = self.s3.put_object(Bucket=self.bucket, Key="report", Body=b"1")["VersionId"]
        return version

    def versions(self) -> int:
        return len(self.s3.list_object_versions(Bucket=self.bucket).get("Versions", []))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    folder = tmp_path / "stack"
    folder.mkdir()
    with embedded_aws(tmp_path / "log") as aws:
        s3 = boto3.client(
            "s3",
            endpoint_url=aws.endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        yield Place(folder, aws.environment(tool_environment()), s3)


def test_a_version_cannot_be_deleted_until_its_time_is_over_and_a_destroy_may(place: Place) -> None:
    place.deploy(locked=True)
    version = place.put()
    with pytest.raises(ClientError, match="AccessDenied"):
        place.s3.delete_object(Bucket=place.bucket, Key="report", VersionId=version)
    place.s3.delete_object(Bucket=place.bucket, Key="report")  # only puts a delete marker above it
    assert place.versions() == 1
    # The environment is not protected, and in governance mode who deploys it may empty the bucket.
    done = place.terraform("destroy")
    assert done.returncode == 0, done.stderr
    with pytest.raises(ClientError, match="404"):
        place.s3.head_bucket(Bucket=place.bucket)


@pytest.mark.parametrize("locked", [False, True])
def test_no_plan_changes_it_on_a_bucket_that_exists(place: Place, *, locked: bool) -> None:
    place.deploy(locked=locked)
    place.put()
    place.synthesize(locked=not locked)
    for command in ("plan", "apply"):
        done = place.terraform(command)
        assert done.returncode == 1
        assert "Object Lock cannot be changed on a bucket that exists" in " ".join(done.stderr.split())
    assert place.versions() == 1
    place.synthesize(locked=locked)
    done = place.terraform("plan", "-detailed-exitcode")
    assert done.returncode == 0, done.stdout + done.stderr
