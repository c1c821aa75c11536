"""Every action and condition key of every policy is one that AWS knows."""

import copy
from typing import Literal

from tests.conftest import STACKS
from tests.policy.deployment import Deployment
from tests.policy.engine import Document, Engine

import pytest


def kind_of(policy: str) -> Literal["identity", "resource"]:
    """Whether a policy is attached to a resource or to the caller."""
    return "resource" if policy.endswith(" policy") else "identity"


@pytest.fixture
def bucket_policy(deployments: dict[str, Deployment]) -> Document:
    return copy.deepcopy(deployments["prod"].policies["bucket policy"])


@pytest.mark.parametrize("stack", [name.removeprefix("secure-storage-") for name in STACKS])
def test_policies_have_only_actions_and_condition_keys_that_exist(
    stack: str, engine: Engine, deployments: dict[str, Deployment]
) -> None:
    problems = [
        f"{stack}: {name}: {problem}"
        for name, policy in deployments[stack].policies.items()
        for problem in engine.lint(policy, kind_of(name))
    ]
    assert problems == []


def statement(policy: Document, sid: str) -> Document:
    (found,) = (one for one in policy["Statement"] if one["Sid"] == sid)
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("misspelt", ["s3:PutObjekt", "s3:Putt*", "s4:PutObject", "PutObject"])
def test_a_misspelt_action_is_named(misspelt: str, engine: Engine, bucket_policy: Document) -> None:
    statement(bucket_policy, "DenyUnencryptedUploads")["Action"] = misspelt
    problems = engine.lint(bucket_policy, "resource")
    assert f"DenyUnencryptedUploads: there is no action {misspelt}" in problems


@pytest.mark.parametrize(
    ("sid", "action", "misspelt"),
    [
        ("DenyUnencryptedUploads", "s3:PutObject", "s3:x-amz-server-side-encription"),
        ("DenyInsecureTransport", "s3:*", "aws:SecureTransprt"),
        ("DenyLegacySignatures", "s3:*", "s3:signature-version"),
        ("DenyUnencryptedUploads", "s3:PutObject", "aws:PrincipalTagg/team"),
    ],
)
def test_a_misspelt_condition_key_is_named(
    sid: str, action: str, misspelt: str, engine: Engine, bucket_policy: Document
) -> None:
    found = statement(bucket_policy, sid)
    found |= {"Action": action, "Condition": {"StringEquals": {misspelt: "AES256"}}}
    assert engine.lint(bucket_policy, "resource") == [f"{sid}: {action} has no condition key {misspelt}"]


def test_a_condition_key_of_another_action_is_named(engine: Engine, bucket_policy: Document) -> None:
    uploads = statement(bucket_policy, "DenyUnencryptedUploads")
    uploads["Action"] = ["s3:PutObject", "s3:GetObject"]
    key = "s3:x-amz-server-side-encryption"
    assert engine.lint(bucket_policy, "resource") == [
        f"DenyUnencryptedUploads: s3:GetObject has no condition key {key}"
    ]


@pytest.mark.parametrize(
    ("key", "known"),
    [
        ("kms:EncryptionContext:aws:s3:arn", True),
        ("kms:EncryptionContext:", False),
        ("kms:EncryptionContex:aws:s3:arn", False),
        ("kms:ViaServices", False),
    ],
)
def test_the_encryption_context_is_a_pattern_of_condition_keys(
    key: str, *, known: bool, engine: Engine, deployments: dict[str, Deployment]
) -> None:
    policy = copy.deepcopy(deployments["prod"].policies["key policy"])
    statement(policy, "AllowS3Service")["Condition"] = {"StringLike": {key: "arn:aws:s3:::bucket"}}
    problems = engine.lint(policy, "resource")
    actions = ["kms:Decrypt", "kms:GenerateDataKey"]
    assert problems == (
        [] if known else [f"AllowS3Service: {action} has no condition key {key}" for action in actions]
    )


def test_a_misspelt_element_is_named(engine: Engine, bucket_policy: Document) -> None:
    statement(bucket_policy, "DenyInsecureTransport")["Resorce"] = "*"
    problems = engine.lint(bucket_policy, "resource")
    assert any("Resorce" in problem for problem in problems)
