"""Our lists of S3's actions are AWS's, and each is decided about: an action that AWS adds fails here."""

from collections.abc import Iterator

from constructs_lib.policies import Statement
from constructs_lib.policies.bucket_policy import LISTING_ACTIONS
from constructs_lib.policies.s3_actions import OBJECT_ACTIONS, SSE_ACTIONS, SSE_C_ACTIONS, SSE_KEY_ACTIONS
from tests.conftest import STACKS
from tests.policy.deployment import Deployment
from tests.policy.s3_reference import SSE, WRITTEN, actions_on, names, text

import pytest

# Those that can name an encryption and are in no statement about it, and why: bucket_policy.py says more.
HELD_OTHERWISE = {
    "s3:BypassGovernanceRetention",  # is asked for beside the action that lifts a lock, and writes nothing
    "s3:ReplicateObject",  # refused where it is not our own; what that one writes is in the rule's settings
}
STATEMENTS = {
    "DenyUnencryptedUploads": (SSE, set(SSE_ACTIONS) - HELD_OTHERWISE),
    "DenyIncorrectKMSKey": (f"{SSE}-aws-kms-key-id", set(SSE_KEY_ACTIONS) - HELD_OTHERWISE),
    "DenyCustomerProvidedKeys": (
        f"{SSE}-customer-algorithm",
        set(SSE_C_ACTIONS) - {"s3:BypassGovernanceRetention"},
    ),
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
    wanted = dict(STATEMENTS)
    if deployments[stack].bucket.key is None:
        del wanted["DenyIncorrectKMSKey"]
    for sid, (key, expected) in wanted.items():
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
