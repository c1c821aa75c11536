"""A bucket and a key that exist are taken over by a deploy: no object is lost, every setting hardened."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ops.embedded.aws import embedded_aws
from tests.e2e.site import Site, make_site
from tests.ops.preflight_support import OTHER_ACCOUNT, Account

import pytest

BUCKET, ALIAS = "legacy-data", "alias/legacy-data"
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


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with embedded_aws(tmp_path / "aws-log") as aws:
        site = make_site(aws, tmp_path / "checkout", "legacy")
        site.describe(SETTINGS)
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
    site.describe(SETTINGS + f'key = "{key["KeyId"]}"\nkey_alias = true\n')

    site.deploy()

    assert site.contents(BUCKET) == {name: [body] for name, body in OBJECTS.items()}
    assert_hardened(account.s3, key["Arn"])
    assert account.kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"]
    policy = json.loads(account.kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"])
    assert "AllowSpecifiedPrincipals" in {one["Sid"] for one in policy["Statement"]}
    (alias,) = account.kms.list_aliases(KeyId=key["KeyId"])["Aliases"]
    assert alias["AliasName"] == ALIAS

    site.assert_nothing_to_change()
    # What is in it is safe from a destroy, as is all that came later.
    site.assert_protected()
    assert site.contents(BUCKET) == {name: [body] for name, body in OBJECTS.items()}


@pytest.mark.slow
def test_a_bucket_of_somebody_else_stops_the_deploy_before_it_begins(site: Site) -> None:
    make_weak_bucket(Account(site.aws.endpoint, OTHER_ACCOUNT).s3)
    done = site.ops("deploy", "--auto-approve")
    assert done.returncode == 1
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("✗ bucket name")]
    assert f"{BUCKET} is somebody else's → set bucket_name to a name of your own" in line
    assert "nothing was changed" in done.stderr
    theirs = Account(site.aws.endpoint, OTHER_ACCOUNT).s3
    assert len(theirs.list_objects_v2(Bucket=BUCKET)["Contents"]) == len(OBJECTS)
