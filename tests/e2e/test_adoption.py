"""A bucket and a key that exist are taken over by a deploy: no object is lost, every setting hardened."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.embedded_aws import EmbeddedAws, embedded_aws
from ops.toolchain import tool_environment
from tests.conftest import ROOT
from tests.ops.ops_support import checkout_of_ops
from tests.ops.preflight_support import OTHER_ACCOUNT, Account

import pytest

NAME, BUCKET, ALIAS = "legacy", "legacy-data", "alias/legacy-data"
STATE_BUCKET = f"secure-{NAME}-terraform-state"
OBJECTS = {f"reports/{number}.csv": b"content %d" % number for number in range(7)}
SETTINGS = f"""
bucket_name = "{BUCKET}"

[encryption]
key_alias = "{ALIAS}"

[logging]
enabled = false

[lifecycle]
enabled = false

[import]
bucket = true
"""


@dataclass(frozen=True)
class Site:
    """An account with things in it, and a checkout that describes them."""

    aws: EmbeddedAws
    checkout: Path
    account: Account

    def describe(self, more: str = "") -> None:
        (self.checkout / "environments" / f"{NAME}.toml").write_text(SETTINGS + more)

    def ops(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ops", command, NAME, *arguments],
            cwd=self.checkout,
            env=self.aws.environment(tool_environment()) | {"PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )

    def contents(self) -> dict[str, list[bytes]]:
        """Return what every version of every object holds, the newest first."""
        s3 = self.account.s3
        found: dict[str, list[bytes]] = {}
        for version in s3.list_object_versions(Bucket=BUCKET)["Versions"]:
            body = s3.get_object(Bucket=BUCKET, Key=version["Key"], VersionId=version["VersionId"])["Body"]
            found.setdefault(version["Key"], []).append(body.read())
        return found


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """An account with a state bucket, and a bucket as careless people make them."""
    with embedded_aws(tmp_path / "aws-log") as aws:
        checkout = checkout_of_ops(tmp_path / "checkout")
        for name in (".venv", "node_modules", "cdktf.json", "Pipfile", "Pipfile.lock"):
            (checkout / name).symlink_to(ROOT / name)
        site = Site(aws, checkout, Account(aws.endpoint))
        s3 = site.account.s3
        s3.create_bucket(Bucket=STATE_BUCKET)
        s3.put_bucket_versioning(Bucket=STATE_BUCKET, VersioningConfiguration={"Status": "Enabled"})
        site.describe()
        yield site


def make_weak_bucket(s3: Any) -> None:
    """Make a bucket that anybody may read, with objects in it and no versions."""
    s3.create_bucket(Bucket=BUCKET, ObjectOwnership="ObjectWriter")
    open_to_all = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
    }
    s3.delete_public_access_block(Bucket=BUCKET)
    s3.put_bucket_policy(
        Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [open_to_all]})
    )
    for key, body in OBJECTS.items():
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)


def assert_hardened(s3: Any, key_arn: str) -> None:
    block = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}
    (rule,) = s3.get_bucket_ownership_controls(Bucket=BUCKET)["OwnershipControls"]["Rules"]
    assert rule["ObjectOwnership"] == "BucketOwnerEnforced"
    (rule,) = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    default = rule["ApplyServerSideEncryptionByDefault"]
    assert (default["SSEAlgorithm"], default["KMSMasterKeyID"]) == ("aws:kms", key_arn)
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    policy = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])
    assert {one["Effect"] for one in policy["Statement"]} == {"Deny"}
    assert "DenyInsecureTransport" in {one["Sid"] for one in policy["Statement"]}


@pytest.mark.slow
def test_a_weak_bucket_and_its_key_are_taken_over(site: Site) -> None:
    account = site.account
    make_weak_bucket(account.s3)
    key = account.kms.create_key(Description="made by hand")["KeyMetadata"]
    account.kms.create_alias(AliasName=ALIAS, TargetKeyId=key["KeyId"])
    site.describe(f'key = "{key["KeyId"]}"\nkey_alias = true\n')

    done = site.ops("deploy", "--no-preflight", "--auto-approve", "--skip-provider-lock")
    assert done.returncode == 0, done.stdout + done.stderr

    assert site.contents() == {name: [body] for name, body in OBJECTS.items()}
    assert_hardened(account.s3, key["Arn"])
    assert account.kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"]
    policy = json.loads(account.kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"])
    assert "AllowSpecifiedPrincipals" in {one["Sid"] for one in policy["Statement"]}
    (alias,) = account.kms.list_aliases(KeyId=key["KeyId"])["Aliases"]
    assert alias["AliasName"] == ALIAS

    again = site.ops("deploy", "--no-preflight", "--auto-approve", "--skip-provider-lock")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "0 added, 0 changed, 0 destroyed" in again.stdout or "No changes" in again.stdout, again.stdout
    # What is in it is safe from a destroy, as is all that came later.
    destroyed = site.ops("destroy", "--auto-approve", "--skip-provider-lock")
    assert destroyed.returncode != 0
    assert "prevent_destroy" in destroyed.stdout + destroyed.stderr
    assert site.contents() == {name: [body] for name, body in OBJECTS.items()}


@pytest.mark.slow
def test_a_bucket_of_somebody_else_stops_the_deploy_before_it_begins(site: Site) -> None:
    make_weak_bucket(Account(site.aws.endpoint, OTHER_ACCOUNT).s3)
    done = site.ops("deploy", "--auto-approve")
    assert done.returncode == 1
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("✗ bucket name")]
    assert f"{BUCKET} is somebody else's, or its policy keeps these credentials out" in line
    assert "nothing was changed" in done.stderr
    theirs = Account(site.aws.endpoint, OTHER_ACCOUNT).s3
    assert len(theirs.list_objects_v2(Bucket=BUCKET)["Contents"]) == len(OBJECTS)
