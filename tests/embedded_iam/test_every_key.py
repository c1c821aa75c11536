"""Every condition key that our policies ask for is answered here, or is in the list of those that are not."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests import handed_out

HERE = "".join(file.read_text() for file in Path(__file__).parent.glob("test_*.py") if file != Path(__file__))

ASKED_FOR = {
    "aws:PrincipalArn",
    "aws:PrincipalIsAWSService",
    "aws:ViaAWSService",
    "iam:PermissionsBoundary",
    "iam:PolicyARN",
    "kms:ResourceAliases",
    "kms:ViaService",
    "s3:RequestObjectTagKeys",
    "s3:TlsVersion",
    "s3:authType",
    "s3:if-none-match",
    "s3:signatureAge",
    "s3:signatureversion",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "s3:x-amz-server-side-encryption-customer-algorithm",
}
"""Keys that AWS sends and MiniStack leaves out; a test must show each, whether or not a policy uses it."""

OF_MINISTACK = {
    "aws:RequestTag/Environment",
    "aws:RequestTag/Project",
    "aws:RequestedRegion",
    "aws:ResourceTag/Environment",
    "aws:ResourceTag/Project",
    "aws:SourceIp",
    "s3:prefix",
    "s3:x-amz-acl",
    "s3:x-amz-server-side-encryption",
}
"""What MiniStack answers by itself; bootstrap, deploys and links lean on these in tests/e2e."""

OF_TOKENS = {f"token.actions.githubusercontent.com:{claim}" for claim in ("aud", "ref", "sub")}
"""The claims that test_tokens.py shows."""

NOT_ANSWERED = {
    "aws:PrincipalOrgID": "the account is in no organization",
    "aws:SourceAccount": "no service calls on its own behalf",
    "aws:SourceArn": "the same",
    "aws:SourceVpce": "there are no VPC endpoints",
    "events:ManagedBy": "no service of AWS makes a rule",
    "iam:PassedToService": "PassRole is not checked",
    "kms:EncryptionContext:aws:cloudtrail:arn": "CloudTrail asks nothing of KMS",
    "kms:EncryptionContext:aws:sns:topicArn": "nor does SNS",
}
"""What no request has here: the simulator decides statements that ask for these."""


def conditions_in(value: object) -> Iterator[str]:
    """Yield the condition keys of policies anywhere in a stack, those in text included."""
    if isinstance(value, dict):
        blocks = value.get("Condition")
        for block in blocks.values() if isinstance(blocks, dict) else ():
            yield from block if isinstance(block, dict) else ()
        for inner in value.values():
            yield from conditions_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from conditions_in(inner)
    elif isinstance(value, str) and value.startswith('{"'):
        yield from conditions_in(json.loads(value))


def test_every_key_of_our_policies_is_answered_or_listed(stacks: dict[str, dict[str, Any]]) -> None:
    used = {key for stack in stacks.values() for key in conditions_in(stack)}
    for name, stack in stacks.items():
        if not name.endswith(("-state", "-ci")):
            used |= set(conditions_in(handed_out.deploy_documents(stack)))
    shown = {key for key in used if f'"{key}"' in HERE}
    assert used - shown - OF_MINISTACK - OF_TOKENS == set(NOT_ANSWERED)


def test_every_key_that_ministack_leaves_out_is_shown() -> None:
    assert {key for key in ASKED_FOR if f'"{key}"' not in HERE} == set()
