"""Each permission that the managed policies give is needed by a call that is made for what they are for.

The calls are recorded: an SDK's to the data bucket for SecureS3Access, SecureS3Read and SecureS3Write,
terraform's to its backend for SecureStorageState. What AWS authorizes for them is simulated, with each
permission removed in turn.
"""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ops.embedded.aws import EmbeddedAws
from ops.shared.toolchain import tool_environment
from tests.aws_proxy import AwsProxy
from tests.deploy_policy.calls import Account, Key, Needed
from tests.deploy_policy.judge import LEFT_TO_IAM, judge
from tests.deploy_policy.necessity import permissions, unneeded, without, without_reason
from tests.policy.deployment import Deployment, deployment
from tests.policy.engine import Document, Engine

import pytest

ACCOUNT = "000000000000"
VERSIONED = {"Status": "Enabled"}
Act = Callable[[EmbeddedAws, dict[str, str], Path], object]


@pytest.fixture(scope="module")
def aws(empty_aws: EmbeddedAws) -> EmbeddedAws:
    return empty_aws


def upload(aws: EmbeddedAws, place: dict[str, str], _folder: Path) -> None:
    aws.client("s3").put_object(**place, Body=b"content")


def upload_in_parts(aws: EmbeddedAws, place: dict[str, str], _folder: Path) -> None:
    s3 = aws.client("s3")
    for ends_well in (True, False):
        which = {**place, "UploadId": s3.create_multipart_upload(**place)["UploadId"]}
        tag = s3.upload_part(**which, PartNumber=1, Body=b"content")["ETag"]
        s3.list_parts(**which)
        if ends_well:
            s3.complete_multipart_upload(**which, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": tag}]})
        else:
            s3.abort_multipart_upload(**which)


def list_uploads(aws: EmbeddedAws, place: dict[str, str], _folder: Path) -> None:
    """As `presign multipart list` does, to find what was not completed."""
    aws.client("s3").list_multipart_uploads(Bucket=place["Bucket"])


def list_and_download(aws: EmbeddedAws, place: dict[str, str], _folder: Path) -> None:
    s3 = aws.client("s3")
    s3.list_objects_v2(Bucket=place["Bucket"])
    version = s3.get_object(**place)["VersionId"]
    s3.get_object(**place, VersionId=version)


def delete(aws: EmbeddedAws, place: dict[str, str], _folder: Path) -> None:
    aws.client("s3").delete_object(**place)


def use_state(aws: EmbeddedAws, place: dict[str, str], folder: Path) -> None:
    """Init, apply, plan with terraform's own backend, and nothing else that would take a provider."""
    backend = {"bucket": place["Bucket"], "key": place["Key"], "region": "us-east-1", "use_lockfile": True}
    described = {"terraform": {"backend": {"s3": backend}}, "output": {"number": {"value": 1}}}
    (folder / "main.tf.json").write_text(json.dumps(described))
    for arguments in (["init"], ["apply", "-auto-approve"], ["plan"]):
        done = subprocess.run(
            ["terraform", *arguments, "-input=false", "-no-color"],
            cwd=folder,
            env=aws.environment(tool_environment()),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def look_for_a_deleted_state(aws: EmbeddedAws, place: dict[str, str], _folder: Path) -> None:
    """As `ops` does before a deploy that finds no state."""
    aws.client("s3").list_object_versions(Bucket=place["Bucket"], Prefix=place["Key"])


USES: dict[str, tuple[str, tuple[Act, ...]]] = {
    "SecureS3Access": ("prod", (upload, upload_in_parts, list_uploads, list_and_download, delete)),
    "SecureS3Read": ("prod", (list_and_download,)),
    "SecureS3Write": ("prod", (upload, upload_in_parts)),
    "SecureStorageState": ("prod-state", (use_state, look_for_a_deleted_state)),
}
"""What each policy is for, and in which stack it is."""


def recorded(aws: EmbeddedAws, described: Deployment, acts: tuple[Act, ...], folder: Path) -> list[Needed]:
    """Do it all, and return what AWS authorizes for it."""
    name = described.bucket.arn.rpartition(":")[2]
    key = "secure-storage-prod/terraform.tfstate" if described.stack.endswith("-state") else "data/file"
    place = {"Bucket": name, "Key": key}
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=VERSIONED)
    if list_and_download in acts:
        s3.put_object(**place, Body=b"content")
    account = Account(ACCOUNT, described.region, name, Key(described.keys["this"], LEFT_TO_IAM))
    with AwsProxy(aws.endpoint) as proxy:
        for act in acts:
            act(EmbeddedAws(proxy.endpoint), place, folder)
        return [one for call in proxy.calls for one in account.needed(call)]


@pytest.mark.parametrize("policy", USES)
def test_each_permission_removed_refuses_a_recorded_call(
    policy: str, aws: EmbeddedAws, stacks: dict[str, dict[str, Any]], engine: Engine, tmp_path: Path
) -> None:
    stack, acts = USES[policy]
    described = deployment(stack, stacks[f"secure-storage-{stack}"])
    document = described.policies[policy]
    needed = recorded(aws, described, acts, tmp_path)
    evaluations = judge(engine, document, needed)
    refused = {
        (one.action, one.resource)
        for one, said in zip(needed, evaluations, strict=True)
        if said.result != "Allowed"
    }
    assert refused == set()
    assert [key for said in evaluations for key in said.ignored] == []
    assert without_reason(unneeded(engine, document, needed, evaluations)) == set()


def test_a_permission_that_no_call_needs_is_found(engine: Engine) -> None:
    allow = {
        "Sid": "Allow",
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"],
    }
    document: Document = {"Version": "2012-10-17", "Statement": [allow]}
    needed = [Needed("s3:GetObject", "arn:aws:s3:::a/file", {})]
    found = unneeded(engine, document, needed, judge(engine, document, needed))
    assert sorted(map(str, found)) == [
        "Allow s3:GetObject arn:aws:s3:::b/*",
        "Allow s3:PutObject arn:aws:s3:::a/*",
        "Allow s3:PutObject arn:aws:s3:::b/*",
    ]


def test_a_permission_that_another_statement_gives_too_is_found(engine: Engine) -> None:
    narrow, wide = (
        {"Sid": sid, "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": f"arn:aws:s3:::a/{end}"}
        for sid, end in (("Narrow", "file"), ("Wide", "*"))
    )
    document: Document = {"Version": "2012-10-17", "Statement": [narrow, wide]}
    needed = [Needed("s3:GetObject", f"arn:aws:s3:::a/{name}", {}) for name in ("file", "other")]
    found = unneeded(engine, document, needed, judge(engine, document, needed))
    assert [one.sid for one in found] == ["Narrow"]


def test_only_one_action_on_one_resource_is_removed() -> None:
    allow = {"Sid": "Allow", "Effect": "Allow", "Action": ["a:X", "a:Y"], "Resource": ["1", "2"]}
    document: Document = {"Version": "2012-10-17", "Statement": [allow]}
    number, permission = next(permissions(document))
    left = {(one.action, one.resource) for _, one in permissions(without(document, number, permission))}
    assert left == {("a:X", "2"), ("a:Y", "1"), ("a:Y", "2")}
