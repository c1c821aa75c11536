"""Where the exact comparison of policies says nothing: what it does not know, and what is too much."""

import json
from typing import Any

from review.around import Around
from review.judge import attribute_findings
from tests.review.review_support import review_of
from tests.review.test_cases import plan

import pytest

ACCOUNT = "111122223333"
READER = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/reader"}
ANYBODY = "*"


def allow(who: Any, action: Any, resource: Any) -> dict[str, Any]:
    return {"Sid": "One", "Effect": "Allow", "Principal": who, "Action": action, "Resource": resource}


def severities(kind: str, old: list[Any], new: list[Any]) -> list[str]:
    policy = "assume_role_policy" if kind == "aws_iam_role" else "policy"
    sides = ({policy: json.dumps({"Version": "2012-10-17", "Statement": one})} for one in (old, new))
    before, after = sides
    return [one.severity for one in attribute_findings(kind, before, after, Around([ACCOUNT]))]


@pytest.mark.parametrize(
    ("kind", "action", "resource"),
    [
        ("aws_s3_access_point", "s3:GetObject", f"arn:aws:s3::{ACCOUNT}:accesspoint/m.mrap/object/*"),
        (
            "aws_backup_vault_policy",
            "backup:StartRestoreJob",
            f"arn:aws:backup:us-east-1:{ACCOUNT}:recovery-point:*",
        ),
        ("aws_s3_bucket_policy", "s3:GetWhatComesNext", "arn:aws:s3:::data/*"),
        ("aws_sqs_queue_policy", "sqs:SendMessage", "queue"),
        ("aws_s3_bucket_policy", ["s3:GetObject"], ["arn:aws:s3:::data/*", "arn:aws:s3:::data:next/*"]),
    ],
)
def test_an_arn_or_an_action_that_the_proof_does_not_know_is_judged_all_the_same(
    kind: str, action: Any, resource: Any
) -> None:
    sides = [allow(READER, action, resource)], [allow(ANYBODY, action, resource)]
    assert "dangerous" in severities(kind, *sides)


@pytest.mark.parametrize(
    "who",
    [
        "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1ABCDEF",
        "AROAEXAMPLEID1234567",
        "arn:aws:iam::999999999999:group/readers",
        "1234",
    ],
)
def test_a_principal_that_the_proof_does_not_know_is_judged_all_the_same(who: str) -> None:
    assert severities("aws_s3_bucket_policy", READS, [*READS, allow({"AWS": who}, "s3:GetObject", OBJECTS)])


def test_a_principal_that_may_do_so_already_is_no_finding() -> None:
    old = [allow(ANYBODY, "s3:GetObject", OBJECTS)]
    new = [*old, allow({"AWS": "arn:aws:iam::999999999999:role/reader"}, "s3:GetObject", OBJECTS)]
    assert severities("aws_s3_bucket_policy", old, new) == []


STRANGER = {"AWS": "arn:aws:iam::999999999999:role/evil"}
ROLES_ANYWHERE = {"Service": "rolesanywhere.amazonaws.com"}
THROUGH_S3 = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}


@pytest.mark.parametrize(
    ("who", "action", "condition", "expected"),
    [
        (STRANGER, "s3:GetObject", {"StringLike": {"lambda:SourceFunctionArn": "*"}}, ["dangerous"]),
        (STRANGER, "s3:GetObject", {"StringLike": {"s3:KeyOfNextYear": "*"}}, ["dangerous"]),
        (STRANGER, "s3:GetObject", {"StringLike": {"saml:sub": "*"}}, ["dangerous"]),
        # Is only there where a bucket is listed.
        (STRANGER, "s3:GetObject", {"StringLike": {"s3:prefix": "*"}}, []),
        (STRANGER, "kms:Decrypt", THROUGH_S3 | {"Null": {"aws:CalledVia": "true"}}, ["dangerous"]),
        (STRANGER, "kms:Decrypt", THROUGH_S3 | {"Bool": {"aws:ViaAWSService": "false"}}, []),
        (
            ROLES_ANYWHERE,
            "sts:AssumeRole",
            {"StringLike": {"aws:PrincipalTag/x509Subject/CN": "*"}},
            ["careful"],
        ),
        (
            ANYBODY,
            "s3:GetObject",
            {"StringEquals": {"aws:PrincipalServiceName": "a.amazonaws.com.cn"}},
            ["dangerous"],
        ),
        (ANYBODY, "s3:GetObject", {"StringEquals": {"aws:PrincipalOrgID": []}}, ["careful"]),
    ],
)
def test_a_condition_keeps_everybody_out_only_with_a_key_that_is_never_there(
    who: Any, action: str, condition: dict[str, Any], expected: list[str]
) -> None:
    kind = {"s3": "aws_s3_bucket_policy", "kms": "aws_kms_key", "sts": "aws_iam_role"}[
        action.partition(":")[0]
    ]
    resource = OBJECTS if kind == "aws_s3_bucket_policy" else "*"
    old = [allow(READER, action, resource)]
    assert severities(kind, old, [*old, allow(who, action, resource) | {"Condition": condition}]) == expected


DENY = {"Sid": "No", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "*"}
OBJECTS = "arn:aws:s3:::data/*"
READS = [allow(READER, ["s3:GetObject"], OBJECTS), DENY]
WRITES = [allow(READER, ["s3:GetObject", "s3:PutObject"], OBJECTS), DENY]


def test_what_another_statement_denies_is_no_finding() -> None:
    assert severities("aws_s3_bucket_policy", READS, WRITES) == []


WITH = {"StringLike": {"aws:SourceVpce": ["vpce-1", "vpce-2"]}, "Null": {"aws:PrincipalTag/team": "false"}}


@pytest.mark.parametrize("condition", [WITH, {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}])
def test_what_another_statement_denies_is_no_finding_under_a_condition_that_the_proof_knows(
    condition: Any,
) -> None:
    added = allow(ANYBODY, "s3:PutObject", OBJECTS) | {"Sid": "Two", "Condition": condition}
    assert severities("aws_s3_bucket_policy", READS, [*READS, added]) == []


def test_that_an_action_does_not_have_a_key_of_its_own_service_is_known() -> None:
    added = allow(ANYBODY, "s3:GetObject", OBJECTS) | {"Sid": "Two"}
    condition = {"Condition": {"StringEquals": {"s3:prefix": "a"}}}
    assert severities("aws_s3_bucket_policy", READS, [*READS, added | condition]) == []


OF_OTHERS = (
    "lambda:SourceFunctionArn",
    "ec2:SourceInstanceARN",
    "cognito-identity.amazonaws.com:sub",
    "accounts.google.com:sub",
    "saml:sub",
    "sts:RoleSessionName",
)
"""Keys that AWS puts in calls of other services, and so in those to S3.
https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""


@pytest.mark.parametrize("key", [*OF_OTHERS, "s3:KeyThatComesNext", "aws:KeyThatComesNext"])
def test_a_condition_key_that_the_proof_does_not_know_is_judged_all_the_same(key: str) -> None:
    def asked(operator: str, *values: str) -> dict[str, Any]:
        return {"Condition": {operator: {key: list(values)}}}

    added = allow(ANYBODY, "s3:GetObject", OBJECTS) | {"Sid": "Two"}
    bucket = "aws_s3_bucket_policy"
    assert "dangerous" in severities(bucket, READS, [*READS, added | asked("StringEquals", "a")])
    everything = {"Sid": "All", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    denies = [
        [everything, {"Sid": "No", "Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"} | one]
        for one in (asked("StringNotEquals", "a"), asked("StringNotEquals", "a", "b"))
    ]
    assert severities("aws_iam_policy", *denies) == ["dangerous"]
    assert severities("aws_iam_policy", *reversed(denies)) == ["good"]
    # All that the Deny leaves are requests with the key.
    assert "dangerous" in severities(
        bucket,
        [DENY | asked("StringNotEquals", "a")],
        [DENY | asked("StringNotEquals", "a"), allow(ANYBODY, "s3:PutObject", OBJECTS)],
    )


def test_what_no_key_can_hide_is_believed_beside_a_key_that_the_proof_does_not_know() -> None:
    other = allow(READER, "s3:ListBucket", "arn:aws:s3:::data") | {"Sid": "Two"}
    other["Condition"] = {"StringEquals": {"lambda:SourceFunctionArn": "a"}}
    assert severities("aws_s3_bucket_policy", [*READS, other], [*WRITES, other]) == []


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:PrincipalServiceName": "ec2.amazonaws.com.cn"}},
        {"StringEquals": {"aws:PrincipalOrgID": []}},
    ],
)
def test_a_value_that_the_proof_does_not_know_is_judged_all_the_same(condition: Any) -> None:
    added = allow(ANYBODY, "s3:GetObject", OBJECTS) | {"Sid": "Two", "Condition": condition}
    assert {*severities("aws_s3_bucket_policy", READS, [*READS, added])} & {"careful", "dangerous"}


def test_a_service_with_a_key_that_the_proof_gives_to_no_service_is_judged_all_the_same() -> None:
    """IAM Roles Anywhere has tags: https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html."""
    service = {"Effect": "Allow", "Principal": {"Service": "rolesanywhere.amazonaws.com"}}
    tag = {"Condition": {"StringLike": {"aws:PrincipalTag/x509Subject/CN": "*"}}}
    trust = {"Effect": "Allow", "Principal": READER, "Action": "sts:AssumeRole"}
    before, after = (
        {"assume_role_policy": json.dumps({"Version": "2012-10-17", "Statement": one})}
        for one in ([trust], [trust, service | tag | {"Action": "sts:AssumeRole"}])
    )
    found = attribute_findings("aws_iam_role", before, after, Around([ACCOUNT]))
    assert [one.severity for one in found] == ["careful"]


@pytest.mark.parametrize(("policies", "verdict"), [(10, "safe"), (50, "careful")])
def test_what_is_too_much_to_compare_exactly_is_reported_and_never_safe(policies: int, verdict: str) -> None:
    change = ["aws_s3_bucket_policy", "update", {"policy": READS}, {"policy": WRITES}]
    result = review_of(plan({"changes": [change] * policies}))
    assert result.verdict == verdict
    said = [one.said for one in result.findings if not one.address]
    assert [one.partition(":")[0] for one in said] == (
        ["policies with more than 80 statements change"] if verdict == "careful" else []
    )
