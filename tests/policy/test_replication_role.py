"""Who may take the role that replicates, and what it can never do, whatever its own policy says."""

import json
from typing import Any

from tests.policy.deployment import resolve
from tests.policy.engine import Document, Engine, EngineRequest
from tests.policy.mutants import Mutant, without_part, without_statement

import pytest

ACCOUNT = "111122223333"
IAM = f"arn:aws:iam::{ACCOUNT}"
ROLE = f"{IAM}:role/secure-storage-replication-replica"
SOURCE, REPLICA = (
    "arn:aws:s3:::secure-replication-data-bucket",
    "arn:aws:s3:::secure-replication-data-replica",
)

Stack = dict[str, Any]


@pytest.fixture(scope="module")
def role(stacks: dict[str, Stack]) -> dict[str, Any]:
    (found,) = stacks["secure-storage-replication"]["resource"]["aws_iam_role"].values()
    return dict(found)


@pytest.fixture(scope="module")
def trust(role: dict[str, Any]) -> Document:
    document: Document = json.loads(role["assume_role_policy"])
    return document


@pytest.fixture(scope="module")
def boundary(stacks: dict[str, Stack]) -> Document:
    policies = stacks["secure-storage-replication-state"]["resource"]["aws_iam_policy"].values()
    (found,) = (one["policy"] for one in policies if "Boundary" in one["name"])
    document: Document = json.loads(resolve(found, {"data.aws_caller_identity.account_id": ACCOUNT}))
    return document


def acts_for(bucket: str, account: str = ACCOUNT) -> dict[str, str]:
    return {"aws:SourceArn": bucket, "aws:SourceAccount": account}


S3 = "s3.amazonaws.com"
TAKERS = {
    "S3 for the source": (S3, acts_for(SOURCE)),
    "S3 for the replica": (S3, acts_for(REPLICA)),
    "S3 for another bucket": (S3, acts_for("arn:aws:s3:::payroll")),
    # A bucket's name is free again once the bucket is deleted.
    "S3 for a stranger's bucket of that name": (S3, acts_for(SOURCE, "999988887777")),
    "S3 that does not say for whom": (S3, {}),
    "S3 that says only the account": (S3, {"aws:SourceAccount": ACCOUNT}),
    "S3 that says only a stranger's account": (S3, {"aws:SourceAccount": "999988887777"}),
    "another service": ("lambda.amazonaws.com", acts_for(SOURCE)),
    "a role of the account": (f"{IAM}:role/deploy", {}),
    "a stranger's role": ("arn:aws:iam::999988887777:role/admin", {}),
}


def taken_by(engine: Engine, trust: Document) -> set[str]:
    requests = [
        EngineRequest(
            principal=principal,
            action="sts:AssumeRole",
            resource=ROLE,
            account=ACCOUNT,
            context=context,
            identity=["everything"] if principal.startswith("arn:") else [],
            resource_policy="trust policy",
        )
        for principal, context in TAKERS.values()
    ]
    answers = engine.evaluate(requests, {"trust policy": trust, "everything": EVERYTHING})
    assert {key for answer in answers for key in answer.ignored} == set()
    return {who for who, answer in zip(TAKERS, answers, strict=True) if answer.result == "Allowed"}


EVERYTHING: Document = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Everything", "Effect": "Allow", "Action": "*", "Resource": "*"}],
}


def test_only_s3_takes_the_role_and_for_no_other_bucket_that_it_names(
    engine: Engine, trust: Document
) -> None:
    # No page says that S3 sends whom it acts for when it takes a replication role.
    assert taken_by(engine, trust) == {
        "S3 for the source",
        "S3 for the replica",
        "S3 that does not say for whom",
        "S3 that says only the account",
    }
    mutants = list(without_part("trust policy", trust))
    assert len(mutants) == 4
    assert [str(one) for one in mutants if taken_by(engine, one.document) == taken_by(engine, trust)] == []


def test_the_role_has_the_boundary_that_the_state_stack_makes(
    role: dict[str, Any], stacks: dict[str, Stack]
) -> None:
    names = {
        one["name"]
        for one in stacks["secure-storage-replication-state"]["resource"]["aws_iam_policy"].values()
    }
    assert role["permissions_boundary"] == f"{IAM}:policy/SecureS3ReplicationBoundary-replication"
    assert "SecureS3ReplicationBoundary-replication" in names


def through(region: str, bucket: str) -> dict[str, str | list[str]]:
    return {
        "kms:ViaService": f"s3.{region}.amazonaws.com",
        "kms:EncryptionContext:aws:s3:arn": bucket,
        "kms:EncryptionContextKeys": ["aws:s3:arn"],
    }


HERE, THERE = (f"arn:aws:kms:{region}:{ACCOUNT}:key/1" for region in ("us-east-1", "eu-west-3"))
WITHIN: dict[str, tuple[str, str, dict[str, str | list[str]]]] = {
    f"{action} on {resource} {context}": (action, resource, context)
    for bucket, key, region in ((SOURCE, HERE, "us-east-1"), (REPLICA, THERE, "eu-west-3"))
    for actions, resource, contexts in (
        (["s3:GetReplicationConfiguration", "s3:ListBucket"], bucket, [{}]),
        (["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl"], f"{bucket}/key", [{}]),
        (["s3:GetObjectVersionTagging", "s3:GetObjectLegalHold"], f"{bucket}/key", [{}]),
        (["s3:GetObjectRetention", "s3:ReplicateObject"], f"{bucket}/key", [{}]),
        (["s3:ReplicateDelete", "s3:ReplicateTags"], f"{bucket}/key", [{}]),
        (
            ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
            key,
            [through(region, bucket), through(region, f"{bucket}/key")],
        ),
    )
    for action in actions
    for context in contexts
}
OUTSIDE: dict[str, tuple[str, str, dict[str, str | list[str]]]] = {
    "read an object": ("s3:GetObject", f"{SOURCE}/key", {}),
    "read a version": ("s3:GetObjectVersion", f"{REPLICA}/key", {}),
    "upload": ("s3:PutObject", f"{SOURCE}/key", {}),
    "delete a version": ("s3:DeleteObjectVersion", f"{REPLICA}/key", {}),
    "read another bucket": ("s3:GetObjectVersionForReplication", "arn:aws:s3:::payroll/key", {}),
    "write to another bucket": ("s3:ReplicateObject", "arn:aws:s3:::payroll/key", {}),
    "open the bucket": ("s3:PutBucketPolicy", SOURCE, {}),
    "decrypt for itself": ("kms:Decrypt", HERE, {}),
    "decrypt for another bucket": ("kms:Decrypt", HERE, through("us-east-1", "arn:aws:s3:::payroll")),
    "decrypt in another region": ("kms:Decrypt", HERE, through("eu-west-3", SOURCE)),
    "encrypt for itself": ("kms:GenerateDataKey", THERE, {}),
    "encrypt for another bucket": ("kms:Encrypt", THERE, through("eu-west-3", "arn:aws:s3:::payroll")),
    "decrypt a replica for another bucket": ("kms:Decrypt", THERE, through("eu-west-3", SOURCE)),
    "decrypt a replica for itself": ("kms:Decrypt", THERE, {"kms:EncryptionContext:aws:s3:arn": REPLICA}),
    "encrypt here for itself": ("kms:Encrypt", HERE, {"kms:EncryptionContext:aws:s3:arn": SOURCE}),
    "encrypt here for another bucket": ("kms:Encrypt", HERE, through("us-east-1", REPLICA)),
    "decrypt here for itself": ("kms:Decrypt", HERE, {"kms:EncryptionContext:aws:s3:arn": SOURCE}),
    "encrypt there for itself": ("kms:Encrypt", THERE, {"kms:EncryptionContext:aws:s3:arn": REPLICA}),
    "hand out a key": ("kms:CreateGrant", HERE, through("us-east-1", SOURCE)),
    "become somebody else": ("sts:AssumeRole", f"{IAM}:role/admin", {}),
    "make itself more": ("iam:PutRolePolicy", ROLE, {}),
}
LEFT_TO_IAM: Document = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "LeftToIam",
            "Effect": "Allow",
            "Principal": {"AWS": f"{IAM}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    ],
}


def allowed(engine: Engine, boundary: Document) -> set[str]:
    """What a role that may do everything can do within the boundary: what both allow."""
    asked = WITHIN | OUTSIDE
    requests = [
        EngineRequest(
            principal=f"arn:aws:sts::{ACCOUNT}:assumed-role/secure-storage-replication-replica/session",
            action=action,
            resource=resource,
            account=ACCOUNT,
            context={"aws:PrincipalArn": ROLE, **context},
            identity=["boundary"],
            resource_policy="key policy" if action.startswith("kms:") else None,
        )
        for action, resource, context in asked.values()
    ]
    answers = engine.evaluate(requests, {"boundary": boundary, "key policy": LEFT_TO_IAM})
    return {what for what, answer in zip(asked, answers, strict=True) if answer.result == "Allowed"}


def test_the_boundary_leaves_room_for_replication_and_for_nothing_else(
    engine: Engine, boundary: Document
) -> None:
    assert engine.lint(boundary, "identity") == []
    assert allowed(engine, boundary) == set(WITHIN)


@pytest.mark.real
def test_no_part_of_the_boundary_can_go_without_notice(engine: Engine, boundary: Document) -> None:
    mutants: list[Mutant] = [
        without_statement("boundary", boundary, one["Sid"]) for one in boundary["Statement"]
    ]
    mutants += without_part("boundary", boundary)
    assert len(mutants) > len(boundary["Statement"])
    assert [str(one) for one in mutants if allowed(engine, one.document) == set(WITHIN)] == []
