"""How much of every stack's bucket policy the server takes and applies: nothing is left out unseen."""

import json
from collections.abc import Callable
from typing import Any

from constructs_lib.policies import Document
from tests.conftest import STACKS
from tests.enforcement.bucket import DENIED, Deploy, client
from tests.enforcement.policies import only, resolved, takeable
from tests.enforcement.seaweedfs import OPERATOR, Server

import pytest
from botocore.exceptions import ClientError

LEFT_OUT = {
    "loopback": ["DenyOutsidePerimeter: BoolIfExists", "DenyOutsidePerimeter: ArnNotEquals"],
    "perimeter": [
        "DenyOutsidePerimeter: BoolIfExists",
        "DenyOutsidePerimeter: ArnNotEquals",
        "DenyOutsideOrganization: aws:PrincipalOrgID",
    ],
    # The server knows no partition but "aws".
    "named-principals": [
        "DenyInsecureTransport: partition",
        "DenyOutdatedTLS: partition",
        "DenyUnencryptedUploads: partition",
        "DenyIncorrectKMSKey: partition",
        "DenyCustomerProvidedKeys: partition",
        "DenyOtherReplication: partition",
        "DenyLegacySignatures: partition",
        "DenyStalePresignedUrls: partition",
    ],
}
LEFT_OUT["replication"] = ["DenyOtherReplication: ArnNotEquals"]
LEFT_OUT["audit"] = [
    "DenyUnencryptedUploads: ArnNotEquals",
    "DenyIncorrectKMSKey: ArnNotEquals",
    "DenyScanTagTampering: ArnNotEquals",
]
LEFT_OUT["malware-scan"] = [
    *LEFT_OUT["audit"],
    "DenyOtherReplication: ArnNotEquals",
    "DenyUnscannedReads: ArnNotEquals",
    "DenyOtherUnscannedReads: ArnNotEquals",
]
LEFT_OUT["named-principals-state"] = [*LEFT_OUT["named-principals"], "DenyOtherKMSKey: partition"]

APPLIED = {
    "DenyInsecureTransport",
    "DenyUnencryptedUploads",
    "DenyIncorrectKMSKey",
    "DenyOtherKMSKey",
    "DenyCustomerProvidedKeys",
    "DenyOutsidePerimeter",
    "AllowReader1List",
    "AllowReader1Get",
    "AllowWriter1Put",
}
"""The statements that the tests of this folder see at work."""

TAKEN_BUT_NOT_APPLIED = {
    "DenyOutdatedTLS",  # no s3:TlsVersion; it speaks TLS 1.2 and later only
    "DenyLegacySignatures",  # no s3:signatureversion
    "DenyStalePresignedUrls",  # no s3:signatureAge, and s3:authType for links of SigV2 only
    "DenyRevokedSessions",  # for that reason, and no aws:TokenIssueTime
    "DenyRevokedLinks",  # for the same reason
}
"""Statements on condition keys that the server does not know: it lets pass what they would stop."""

NEVER_ASKED_FOR = {"DenyOtherReplication", "DenyUnencryptedReplicas", "DenyIncorrectKMSKeyOfReplicas"}
"""Statements on s3:ReplicateObject and its like: the server's own replication asks for none of these."""

OF_SCANS = {
    "DenyEncryptionByScanner",
    "DenyKeyByScanner",
    "DenyOtherUnscannedReads",
    "DenyScanTagTampering",
    "DenyUnscannedReads",
}
"""Statements on scans for malware: the server has no scanner. The request table decides all of them, and
tests/e2e/test_malware_scan.py sees those on reads and tags at work."""

ALL = [*STACKS, *(f"secure-storage-{name}" for name in ("loopback", "sharing"))]


Taken = Callable[[Document], bool]


@pytest.fixture(scope="session")
def taken(server: Server) -> Taken:
    """Says whether the server takes a policy, on a bucket that nobody uses."""
    s3 = client(server, OPERATOR)
    s3.create_bucket(Bucket="unused")

    def ask(policy: Document) -> bool:
        resource = policy["Statement"][0]["Resource"]
        arn = resource if isinstance(resource, str) else resource[0]
        name = arn.rpartition(":")[2].partition("/")[0]
        try:
            s3.put_bucket_policy(Bucket="unused", Policy=json.dumps(policy).replace(name, "unused"))
        except ClientError as error:
            if error.response["Error"]["Code"] != "InvalidPolicyDocument":
                raise
            return False
        return True

    return ask


def test_the_server_takes_all_but_what_is_named(
    taken: Taken, all_stacks: dict[str, dict[str, Any]], key_arn: str
) -> None:
    for stack in ALL:
        policy = policy_of(all_stacks[stack], key_arn)
        rest, left_out = takeable(policy)
        expected = LEFT_OUT.get(stack.removeprefix("secure-storage-"), [])
        assert sorted(left_out) == sorted(expected), stack
        assert taken(policy) is (not expected), stack
        if rest["Statement"]:
            assert taken(rest), stack


def test_every_statement_is_either_seen_at_work_or_named(
    all_stacks: dict[str, dict[str, Any]], key_arn: str
) -> None:
    sids = {
        statement["Sid"]
        for stack in ALL
        for statement in takeable(policy_of(all_stacks[stack], key_arn))[0]["Statement"]
    }
    assert sids == APPLIED | TAKEN_BUT_NOT_APPLIED | NEVER_ASKED_FOR | OF_SCANS


@pytest.mark.parametrize("operator", ["ArnNotEquals", "BoolIfExists"])
def test_each_operator_that_is_left_out_is_refused_by_itself(
    taken: Taken, all_stacks: dict[str, dict[str, Any]], key_arn: str, operator: str
) -> None:
    policy = policy_of(all_stacks["secure-storage-perimeter"], key_arn)
    (statement,) = (one for one in policy["Statement"] if one["Sid"] == "DenyOutsidePerimeter")
    condition = {operator: statement["Condition"][operator]}
    assert not taken({**policy, "Statement": [{**statement, "Condition": condition}]})


def test_the_organization_is_left_out_because_the_server_would_stop_everybody(
    deploy: Deploy, all_stacks: dict[str, dict[str, Any]], key_arn: str
) -> None:
    bucket = deploy("loopback")
    policy = json.dumps(policy_of(all_stacks["secure-storage-perimeter"], key_arn))
    renamed = json.loads(policy.replace("secure-perimeter-data-bucket", bucket.name))
    (statement,) = (one for one in renamed["Statement"] if one["Sid"] == "DenyOutsideOrganization")
    condition = {"StringNotEquals": statement["Condition"]["StringNotEquals"]}
    bucket.apply({**renamed, "Statement": [{**statement, "Condition": condition}]})
    try:
        assert bucket.upload().outcome == DENIED
    finally:
        bucket.apply(bucket.policy)
    assert bucket.upload().outcome == "200"


def policy_of(stack: dict[str, Any], key_arn: str) -> Document:
    policy: Document = json.loads(only(resolved(stack, key_arn=key_arn), "aws_s3_bucket_policy")["policy"])
    return policy
