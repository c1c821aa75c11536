"""What ``presign`` says of permissions is what the managed policies allow."""

from pathlib import Path

from constructs_lib.policies import Document
from constructs_lib.policies.access_policy import access_policy, read_policy, write_policy
from presign.needs import allowed
from tests.presign.presign_support import OUTPUTS, OutputsFile, Presign, refusing

import pytest

pytestmark = pytest.mark.usefixtures("keys")

POLICIES = {"Access": access_policy, "Read": read_policy, "Write": write_policy}
NEEDED = [
    "kms:Decrypt",
    "kms:GenerateDataKey",
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:ListBucket",
    "s3:ListBucketMultipartUploads",
    "s3:ListBucketVersions",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
    "s3:PutObjectTagging",
]


def actions(policy: Document) -> set[str]:
    return {action for statement in policy["Statement"] for action in statement["Action"]}


@pytest.mark.parametrize("action", NEEDED)
def test_the_policies_named_are_those_that_allow_it(action: str) -> None:
    said = allowed(action, OUTPUTS["IAMPolicyArn"])
    named = {kind for kind in POLICIES if f"SecureS3{kind}-dev" in said}
    policies = {kind: make(bucket_arn="b", key_arn="k") for kind, make in POLICIES.items()}
    assert named == {kind for kind, policy in policies.items() if action in actions(policy)}
    assert said.startswith("none of") is not bool(named)


def test_without_the_environment_it_is_a_placeholder() -> None:
    assert allowed("s3:ListBucketMultipartUploads", "") == "SecureS3Access-ENV allows it"


@pytest.mark.parametrize(
    ("args", "needed"),
    [
        (["list"], "s3:ListBucketMultipartUploads: SecureS3Access-dev allows it"),
        (["abort", "k"], "s3:ListBucketMultipartUploads: SecureS3Access-dev allows it"),
        (["abort", "k", "ID"], "s3:AbortMultipartUpload: SecureS3Access-dev and SecureS3Write-dev allow it"),
    ],
)
def test_who_may_not_is_shown_the_policy(
    presign: Presign, outputs_file: OutputsFile, args: list[str], needed: str
) -> None:
    with refusing(403, "AccessDenied", "no") as url:
        result = presign("multipart", *args, "--outputs", outputs_file(), "--endpoint-url", url)
    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
    assert f"the credentials need {needed} (" in result.err


def test_explain_does_not_send_to_a_policy_that_does_not_help(
    presign: Presign, outputs_file: OutputsFile
) -> None:
    link = presign("put", "--outputs", outputs_file(), "--tag", "a=b", "--format", "url", "k").out
    said = "User: arn:aws:iam::111122223333:user/a is not authorized to perform: s3:PutObjectTagging"
    answer = f"<Error><Code>AccessDenied</Code><Message>{said} because no identity-based policy allows it"
    Path("answer.xml").write_text(f"{answer}</Message></Error>")
    result = presign("explain", "--outputs", outputs_file(), "--answer", "answer.xml", link.strip())
    assert "allowed s3:PutObjectTagging: none of this project's IAM policies allows it" in result.out
    Path("answer.xml").write_text("<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")
    result = presign("explain", "--outputs", outputs_file(), "--answer", "answer.xml", link.strip())
    assert "lacks it or s3:PutObjectTagging for its tags" in result.out
