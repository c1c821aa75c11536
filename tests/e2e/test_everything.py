"""All of data protection at once: one apply, a clean second plan, and a destroy that knows what it may."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ops.embedded.aws import EmbeddedAws, embedded_aws
from tests.aws_proxy import AwsProxy
from tests.e2e.gaps import Gaps
from tests.e2e.site import make_site

import pytest

pytestmark = pytest.mark.slow


EVERYTHING = """
[logging]
retention_days = 90

[lifecycle]
enabled = true

[[lifecycle.rules]]
prefix = "raw/"
transitions = [{ days = 30, storage_class = "STANDARD_IA" }, { days = 90, storage_class = "GLACIER" }]
expiration_days = 400
noncurrent_expiration_days = 30
newer_noncurrent_versions = 3

[object_lock]
mode = "governance"
days = 1

[replication]
enabled = true
region = "eu-west-1"
delete_markers = true

[inventory]
enabled = true

[audit]
enabled = true
data_events = "all"
notify = ["ops@example.com"]

[events]
eventbridge = true

[malware_scan]
enabled = true
prefixes = ["inbox/"]
enforce = true

[cors]
allowed_origins = ["https://app.example.com"]
"""


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[EmbeddedAws]:
    with embedded_aws(tmp_path / "aws-log") as running, AwsProxy(running.endpoint, Gaps()) as proxy:
        yield EmbeddedAws(proxy.endpoint)


def test_prod_is_deployed_in_one_go_and_refuses_to_be_destroyed(aws: EmbeddedAws, tmp_path: Path) -> None:
    site = make_site(aws, tmp_path / "checkout", "prod")
    site.describe(EVERYTHING)
    site.deploy()
    site.assert_nothing_to_change()
    site.assert_protected()
    site.account.s3.head_bucket(Bucket="secure-prod-data-bucket")
    site.account.s3.head_bucket(Bucket="secure-prod-access-logs")


def test_dev_is_destroyed_with_all_versions_once_nothing_is_locked(aws: EmbeddedAws, tmp_path: Path) -> None:
    site = make_site(aws, tmp_path / "checkout", "dev")
    site.describe(EVERYTHING.replace("[logging]", "[logging]\nenabled = true"))
    site.deploy()
    s3 = site.account.s3
    buckets = ("secure-dev-data-bucket", "secure-dev-access-logs", "secure-dev-data-replica")
    for bucket in buckets:
        for body in (b"first", b"second"):
            s3.put_object(Bucket=bucket, Key="raw/data", Body=body)
        assert site.contents(bucket)["raw/data"][:2] == [b"second", b"first"]
        s3.delete_object(Bucket=bucket, Key="raw/data")
    refused = site.cdktf("destroy")
    assert refused.returncode == 1
    assert "secure-dev-data-bucket is locked until" in refused.stderr
    assert site.contents("secure-dev-data-bucket")["raw/data"][:2] == [b"second", b"first"]
    for bucket in buckets:
        for version in s3.list_object_versions(Bucket=bucket).get("Versions", []):
            of = {"Bucket": bucket, "Key": version["Key"], "VersionId": version["VersionId"]}
            if "ObjectLockMode" in s3.head_object(**of):
                soon = {"Mode": "GOVERNANCE", "RetainUntilDate": datetime.now(UTC) + timedelta(seconds=2)}
                s3.put_object_retention(**of, Retention=soon, BypassGovernanceRetention=True)
    time.sleep(3)
    destroyed = site.cdktf("destroy")
    assert destroyed.returncode == 0, destroyed.stdout + destroyed.stderr
    left = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    assert left == {"secure-dev-terraform-state"}
