"""What a deploy with version 6 of the AWS provider may do besides: tag buckets through S3 Control."""

import copy
from typing import Any

from constructs_lib.policies.deploy_policy import deploy_policies
from constructs_lib.policies.place import Place

import pytest

TAGS = {
    "s3:ListTagsForResource": True,
    "s3:TagResource": False,
    "s3:UntagResource": False,
}
"""Its actions, and whether a plan needs them too."""


def allowed(stack: dict[str, Any], version: str, *, read_only: bool = False) -> dict[str, set[str]]:
    """Return on which resources the policies of a stack allow each action."""
    stack = copy.deepcopy(stack)
    stack["terraform"]["required_providers"]["aws"]["version"] = version
    place = Place("aws", "111122223333", "us-east-1")
    found: dict[str, set[str]] = {}
    for policy in deploy_policies(stack, place=place, state_key_alias="alias/state", read_only=read_only):
        for statement in policy["Statement"]:
            actions, resources = (
                [one] if isinstance(one, str) else one for one in (statement["Action"], statement["Resource"])
            )
            for action in actions:
                found.setdefault(action, set()).update(resources)
    return found


@pytest.mark.parametrize("action", TAGS)
@pytest.mark.parametrize("name", ["dev", "prod", "replication"])
def test_version_6_may_tag_the_buckets_of_the_stack_and_nothing_else(
    name: str, action: str, stacks: dict[str, dict[str, Any]]
) -> None:
    stack = stacks[f"secure-storage-{name}"]
    buckets = {f"arn:aws:s3:::{one['bucket']}" for one in stack["resource"]["aws_s3_bucket"].values()}
    assert allowed(stack, "6.45.0")[action] == buckets
    assert (action in allowed(stack, "6.45.0", read_only=True)) == TAGS[action]
    assert action not in allowed(stack, "5.100.0")


def test_nothing_else_differs_between_the_versions(stacks: dict[str, dict[str, Any]]) -> None:
    for name in ("dev", "replication"):
        newer = allowed(stacks[f"secure-storage-{name}"], "6.45.0")
        assert {a: r for a, r in newer.items() if a not in TAGS} == allowed(
            stacks[f"secure-storage-{name}"], "5.100.0"
        )
