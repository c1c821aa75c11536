"""Refuses what may grant access in a synthesized stack and is read by no promise."""

from collections.abc import Mapping
from typing import Any

GRANTS_NOTHING = frozenset(
    {
        "aws_cloudtrail",
        "aws_cloudwatch_event_rule",
        "aws_cloudwatch_event_target",
        "aws_guardduty_malware_protection_plan",
        "aws_iam_openid_connect_provider",
        "aws_iam_role_policy_attachment",
        "aws_kms_alias",
        "aws_s3_bucket_cors_configuration",
        "aws_s3_bucket_inventory",
        "aws_s3_bucket_lifecycle_configuration",
        "aws_s3_bucket_logging",
        "aws_s3_bucket_notification",
        "aws_s3_bucket_object_lock_configuration",
        "aws_s3_bucket_ownership_controls",
        "aws_s3_bucket_policy",
        "aws_s3_bucket_public_access_block",
        "aws_s3_bucket_replication_configuration",
        "aws_s3_bucket_server_side_encryption_configuration",
        "aws_s3_bucket_versioning",
        "aws_sns_topic_policy",
        "aws_sns_topic_subscription",
        "terraform_data",
    }
)
"""Types of resources of which no attribute grants access, but the policies and attachments that are read."""

_OF_ALL = {"//", "depends_on", "description", "lifecycle", "name", "provider"}
READ = {
    "aws_iam_policy": _OF_ALL | {"policy"},
    "aws_iam_role": _OF_ALL | {"assume_role_policy", "max_session_duration", "permissions_boundary"},
    "aws_kms_key": _OF_ALL
    | {"deletion_window_in_days", "enable_key_rotation", "policy", "rotation_period_in_days"},
    "aws_s3_bucket": _OF_ALL | {"bucket", "bucket_namespace", "force_destroy", "object_lock_enabled"},
    "aws_sns_topic": _OF_ALL | {"kms_master_key_id"},
}
"""The attributes of types that have others which grant access, such as a role's `inline_policy`."""


class UnreadError(Exception):
    """A stack has something that may grant access, or decides it, and is not read."""


def refuse_unread(stack: str, resources: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
    """Raise UnreadError unless each resource of a stack is read, or is known to grant nothing.

    Args:
        stack: its name.
        resources: its resources, by type and identifier.
    """
    for kind, of_kind in resources.items():
        if kind in GRANTS_NOTHING:
            continue
        for identifier, one in of_kind.items():
            unread = sorted(one.keys() - READ.get(kind, set()))
            if unread:
                what = f"{kind}.{identifier} of {stack}"
                raise UnreadError(f"{what} may grant access, and no promise reads its {', '.join(unread)}")
