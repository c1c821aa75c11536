"""Access logs really go where the settings say, and a log bucket with records in it can be destroyed."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ops.embedded.aws import EmbeddedAws, embedded_aws
from ops.shared.toolchain import tool_environment
from tests.e2e.drifting import drifted

import boto3
import pytest

# Where state lies is tested elsewhere; and 127.0.0.1 has no host names of buckets below it.
OVERRIDE = {"terraform": {"backend": {"local": {}}}, "provider": {"aws": {"s3_use_path_style": True}}}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    with embedded_aws(tmp_path_factory.mktemp("aws") / "log") as running:
        yield running


def s3_client(env: dict[str, str]) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=env["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
    )


@pytest.mark.parametrize(
    ("name", "target", "prefix"),
    [
        ("logging", "secure-logging-access-logs", "requests/"),
        ("logging-existing", "company-access-logs", "access/"),
    ],
)
def test_requests_are_logged_and_records_do_not_keep_a_destroy_out(
    name: str, target: str, prefix: str, aws: EmbeddedAws, stack_folders: dict[str, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "a" / "b" / "c" / name
    shutil.copytree(stack_folders[f"secure-storage-{name}"], folder)
    (folder / "test_override.tf.json").write_text(json.dumps(OVERRIDE))
    env = aws.environment(tool_environment())
    s3 = s3_client(env)
    existing = name == "logging-existing"
    if existing:
        s3.create_bucket(Bucket=target)

    def terraform(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["terraform", *arguments], cwd=folder, env=env, capture_output=True, text=True, check=False
        )

    for arguments in (["init", "-input=false"], ["apply", "-input=false", "-auto-approve"]):
        done = terraform(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
    assert drifted(terraform) == []
    second = terraform("plan", "-detailed-exitcode", "-input=false", "-no-color")
    assert second.returncode == 0, second.stdout + second.stderr

    enabled = s3.get_bucket_logging(Bucket=f"secure-{name}-data-bucket")["LoggingEnabled"]
    assert (enabled["TargetBucket"], enabled["TargetPrefix"]) == (target, prefix)
    # As log delivery would: MiniStack itself delivers nothing, and asks no bucket policy.
    for content in (b"first", b"second"):
        s3.put_object(Bucket=target, Key=f"{prefix}2026-01-31", Body=content)
    destroyed = terraform("destroy", "-auto-approve", "-input=false", "-no-color")
    assert destroyed.returncode == 0, destroyed.stdout + destroyed.stderr
    left = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    assert left == ([target] if existing else []), "a log bucket that exists already is not ours to destroy"
