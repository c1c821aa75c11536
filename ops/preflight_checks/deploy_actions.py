"""What a deploy does, by the resource that it does it to."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ops.preflight_checks.credentials import Caller
from stacks.settings import Settings


class Check(NamedTuple):
    """A question for IAM's simulator.

    Attributes:
        action: such as `s3:CreateBucket`.
        resource: an ARN, or `*`.
        context: condition keys with the values that a deploy sends.
    """

    action: str
    resource: str
    context: Mapping[str, Sequence[str]]


def deploy_actions(settings: Settings, caller: Caller) -> list[Check]:
    """Return the IAM actions without which a deploy cannot work."""
    partition, account, environment = caller.partition, caller.account, settings.environment
    state = f"arn:{partition}:s3:::{settings.state.bucket}/secure-storage-{environment}/terraform.tfstate"
    actions = {
        state: ["s3:GetObject", "s3:PutObject"],
        f"{state}.tflock": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
        f"arn:{partition}:s3:::{settings.bucket_name}": [
            "s3:CreateBucket",
            "s3:ListBucket",
            "s3:PutBucketOwnershipControls",
            "s3:PutBucketPolicy",
            "s3:PutBucketPublicAccessBlock",
            "s3:PutBucketVersioning",
            "s3:PutEncryptionConfiguration",
        ],
        f"arn:{partition}:iam::{account}:policy/SecureS3Access-{environment}": [
            "iam:CreatePolicy",
            "iam:CreatePolicyVersion",
            "iam:GetPolicy",
            "iam:GetPolicyVersion",
        ],
    }
    if settings.encryption.mode == "sse-kms":
        alias = f"arn:{partition}:kms:{settings.region}:{account}:{settings.encryption.key_alias}"
        actions |= {"*": ["kms:CreateKey"], alias: ["kms:CreateAlias"]}
    return [Check(action, resource, {}) for resource, named in actions.items() for action in named]
