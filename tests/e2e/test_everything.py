"""All of data protection at once: one apply, a clean second plan, and a destroy that knows what it may."""

import json
from collections.abc import Iterator
from pathlib import Path

from ops.embedded_aws import EmbeddedAws, embedded_aws
from tests.aws_proxy import Answer, AwsProxy, Call
from tests.e2e.site import make_site

import pytest

pytestmark = pytest.mark.slow

XML = {"Content-Type": "application/xml"}

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

[cors]
allowed_origins = ["https://app.example.com"]
"""


class Gaps:
    """Stands in for what MiniStack lacks, so that terraform and its provider can be run on all the rest."""

    def __init__(self) -> None:
        self._inventories: dict[str, bytes] = {}
        self._trail_tags: list[dict[str, str]] = []

    def __call__(self, call: Call) -> Answer | None:
        if {"inventory", "id"} <= call.query.keys():
            return self._inventory(call)
        operation = call.headers.get("x-amz-target", "").rpartition(".")[2]
        if operation == "CreateTrail":
            self._trail_tags = json.loads(call.body)["TagsList"]
        if operation == "ListTags" and self._trail_tags:
            return self._tags(call)
        return None

    def _inventory(self, call: Call) -> Answer:
        """Keep and give back configurations: at MiniStack's answer to them the provider panics."""
        name = f"{call.url.path}?{call.query['id'][0]}"
        if call.method == "PUT":
            self._inventories[name] = call.body
            return Answer(200)
        if call.method == "DELETE":
            self._inventories.pop(name, None)
            return Answer(204)
        if name in self._inventories:
            return Answer(200, self._inventories[name], XML)
        error = b"<Error><Code>NoSuchConfiguration</Code><Message>There is none.</Message></Error>"
        return Answer(404, error, XML)

    def _tags(self, call: Call) -> Answer:
        """Tell the tags that the trail was made with, which MiniStack forgets."""
        (arn,) = json.loads(call.body)["ResourceIdList"]
        found = {"ResourceTagList": [{"ResourceId": arn, "TagsList": self._trail_tags}]}
        return Answer(200, json.dumps(found).encode(), {"Content-Type": "application/x-amz-json-1.1"})


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


def test_dev_is_destroyed_with_objects_and_versions_in_every_bucket(aws: EmbeddedAws, tmp_path: Path) -> None:
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
    destroyed = site.cdktf("destroy")
    assert destroyed.returncode == 0, destroyed.stdout + destroyed.stderr
    left = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    assert left == {"secure-dev-terraform-state"}
