"""What a deploy does, by the resource that it does it to."""

from collections.abc import Mapping, Sequence

from ops.preflight_checks.credentials import Caller
from stacks.settings import Settings


def deploy_actions(settings: Settings, caller: Caller) -> Mapping[str, Sequence[str]]:
    """Return the IAM actions without which a deploy cannot work, by resource ARN or `*`."""
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
    return actions
