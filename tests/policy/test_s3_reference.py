"""Our lists of S3's actions are AWS's, and each is decided about: an action that AWS adds fails here."""

from collections.abc import Iterator

from constructs_lib.policies import Statement
from constructs_lib.policies.bucket_policy import REPLICATE_ACTIONS, WRITE_ACTIONS
from constructs_lib.policies.perimeter import LISTING_ACTIONS
from constructs_lib.policies.s3_actions import OBJECT_ACTIONS, SSE_ACTIONS, SSE_C_ACTIONS, SSE_KEY_ACTIONS
from tests.conftest import STACKS
from tests.policy.deployment import Deployment
from tests.policy.s3_reference import SSE, WRITTEN, actions_on, names, text

import pytest

SSE_KEY = f"{SSE}-aws-kms-key-id"

# Those that can name an encryption and are in no statement about it, and why.
NOT_ENCRYPTING = {
    "s3:BypassGovernanceRetention",  # is needed with the action that lifts a lock, and writes nothing
}
REPLICA = {"s3:ReplicateObject"}
STATEMENTS = {
    "DenyUnencryptedUploads": (SSE, set(SSE_ACTIONS) - NOT_ENCRYPTING - REPLICA),
    "DenyUnencryptedReplicas": (SSE, REPLICA),
    "DenyIncorrectKMSKey": (SSE_KEY, set(SSE_KEY_ACTIONS) - NOT_ENCRYPTING - REPLICA),
    "DenyIncorrectKMSKeyOfReplicas": (SSE_KEY, REPLICA),
    "DenyCustomerProvidedKeys": (f"{SSE}-customer-algorithm", set(SSE_C_ACTIONS) - NOT_ENCRYPTING),
}

# What changes an object, or what is known of it, and gives it no content; see WRITE_ACTIONS.
NO_CONTENT = {
    "s3:AbortMultipartUpload",
    "s3:BypassGovernanceRetention",
    "s3:DeleteObject",
    "s3:DeleteObjectAnnotation",
    "s3:DeleteObjectTagging",
    "s3:DeleteObjectVersion",
    "s3:DeleteObjectVersionAnnotation",
    "s3:DeleteObjectVersionTagging",
    "s3:InitiateReplication",  # of what is there, by the bucket's own rules
    "s3:PutObjectAcl",  # ACLs are off
    "s3:PutObjectLegalHold",
    "s3:PutObjectRetention",
    "s3:PutObjectTagging",
    "s3:PutObjectVersionAcl",
    "s3:PutObjectVersionTagging",
    "s3:RestoreObject",
}

stacks = pytest.mark.parametrize("stack", [name.removeprefix("secure-storage-") for name in STACKS])


def test_the_file_is_what_the_reference_says() -> None:
    hint = "AWS changed its list: python -m tests.policy.s3_reference, then decide about what is new"
    assert WRITTEN.read_text(encoding="utf-8") == text(), hint


def test_the_reference_has_what_is_looked_for() -> None:
    assert len(OBJECT_ACTIONS) > 40
    assert "s3:UpdateObjectEncryption" in SSE_ACTIONS
    assert "s3:UpdateObjectEncryption" not in SSE_C_ACTIONS


def test_listing_is_every_action_that_lists_what_is_in_a_bucket() -> None:
    lists = [one for one in actions_on("bucket") if "List" in one["accessLevel"]]
    assert names(lists) == sorted([*LISTING_ACTIONS, "s3:ListTagsForResource"])  # the bucket's own tags


def test_every_action_that_writes_is_known_to_give_content_or_not() -> None:
    reading = {"Read", "List"}
    writing = names(one for one in actions_on("object") if set(one["accessLevel"].split(", ")) - reading)
    assert sorted({*WRITE_ACTIONS, *REPLICATE_ACTIONS, *NO_CONTENT}) == writing
    assert not NO_CONTENT & {*WRITE_ACTIONS, *REPLICATE_ACTIONS}


def of_bucket_policy(deployment: Deployment, effect: str) -> Iterator[Statement]:
    for statement in deployment.policies["bucket policy"]["Statement"]:
        if statement["Effect"] == effect:
            yield statement


def actions_of(statement: Statement) -> set[str]:
    action = statement["Action"]
    return {action} if isinstance(action, str) else set(action)


@stacks
def test_the_statements_about_encryption_hold_for_every_action_that_can_name_one(
    stack: str, deployments: dict[str, Deployment]
) -> None:
    found = {one["Sid"]: one for one in of_bucket_policy(deployments[stack], "Deny")}
    takes_replicas = "Condition" in found["DenyOtherReplication"]
    for sid, (key, expected) in STATEMENTS.items():
        if ("KMSKey" in sid and deployments[stack].bucket.key is None) or (
            "Replicas" in sid and not takes_replicas
        ):
            assert sid not in found
            continue
        assert actions_of(found[sid]) == expected, sid
        assert key in {key for block in found[sid]["Condition"].values() for key in block}, sid


@stacks
def test_who_is_let_in_chooses_an_encryption_by_uploads_only(
    stack: str, deployments: dict[str, Deployment]
) -> None:
    allowed = {
        action
        for name, policy in deployments[stack].policies.items()
        for one in policy["Statement"]
        if one["Effect"] == "Allow" and name != "SecureS3Replication"
        for action in actions_of(one)
    }
    of_s3 = {action for action in allowed if action.startswith("s3:")}
    assert not [action for action in of_s3 if "*" in action]
    assert of_s3 & set(SSE_ACTIONS) <= {"s3:PutObject"}
