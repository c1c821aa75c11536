"""Which types of resources there are rules for, and what they are to the data."""

HOLDS_DATA = {
    "aws_s3_bucket": "bucket",
    "aws_s3_directory_bucket": "bucket",
    "aws_kms_key": "key",
    "aws_kms_replica_key": "key",
    "aws_kms_external_key": "key",
}
"""What the data, or the way to decrypt it, is lost with."""

GUARDS = {
    "aws_cloudtrail": "the audit trail",
    "aws_cloudwatch_event_rule": "the rule of an alarm",
    "aws_cloudwatch_event_target": "the target of an alarm",
    "aws_s3_bucket_logging": "access logging",
    "aws_s3_bucket_object_lock_configuration": "Object Lock",
    "aws_s3_bucket_ownership_controls": "the object ownership",
    "aws_s3_bucket_policy": "the bucket policy",
    "aws_s3_bucket_public_access_block": "the public-access block",
    "aws_s3_bucket_replication_configuration": "replication",
    "aws_s3_bucket_server_side_encryption_configuration": "the default encryption",
    "aws_s3_bucket_versioning": "versioning",
    "aws_s3_account_public_access_block": "the account's public-access block",
    "aws_sns_topic": "the topic of the alarms",
    "aws_sns_topic_policy": "the policy of the alarms' topic",
    "aws_sns_topic_subscription": "a subscription to the alarms",
}
"""What protects a bucket, and how it is called."""

NEW_WITH_BUCKET = {
    "aws_s3_bucket_cors_configuration",
    "aws_s3_bucket_lifecycle_configuration",
    "aws_s3_bucket_replication_configuration",
}
"""What a new bucket may begin with: it takes nothing away from what was there before."""

POLICIES = {
    "aws_iam_group_policy": ("policy",),
    "aws_iam_policy": ("policy",),
    "aws_iam_role": ("assume_role_policy",),
    "aws_iam_role_policy": ("policy",),
    "aws_iam_user_policy": ("policy",),
    "aws_kms_key": ("policy",),
    "aws_kms_key_policy": ("policy",),
    "aws_s3_access_point": ("policy",),
    "aws_s3_bucket_policy": ("policy",),
    "aws_sns_topic_policy": ("policy",),
}
"""Which attributes hold policies."""

GRANTS = {
    "aws_iam_group_policy_attachment": "group",
    "aws_iam_policy_attachment": "name",
    "aws_iam_role_policy_attachment": "role",
    "aws_iam_user_policy_attachment": "user",
}
"""What gives a policy to somebody, and the attribute that says to whom."""

HARMLESS_KINDS = {"output", "random_id", "random_pet", "random_string", "terraform_data", "time_static"}

HARMLESS = {
    "arn",
    "attachment_count",
    "bucket_key_enabled",
    "description",
    "id",
    "name_prefix",
    "tags",
    "tags_all",
    "timeouts",
    "unique_id",
}
"""Attributes that change nothing about who may do what, or what is kept."""

JUDGED = {
    "aws_cloudtrail": {
        "advanced_event_selector",
        "enable_log_file_validation",
        "enable_logging",
        "kms_key_id",
        "s3_bucket_name",
    },
    "aws_cloudwatch_event_rule": {"event_pattern", "is_enabled", "state"},
    "aws_cloudwatch_event_target": {"arn", "input_transformer"},
    "aws_iam_policy": {"policy"},
    "aws_iam_role": {"assume_role_policy", "permissions_boundary"},
    "aws_kms_alias": {"target_key_id", "target_key_arn"},
    "aws_kms_key": {
        "bypass_policy_lockout_safety_check",
        "deletion_window_in_days",
        "enable_key_rotation",
        "is_enabled",
        "policy",
        "rotation_period_in_days",
    },
    "aws_s3_bucket": {"force_destroy", "grant", "object_lock_enabled"},
    "aws_s3_bucket_acl": {"acl"},
    "aws_s3_bucket_cors_configuration": {"cors_rule"},
    "aws_s3_bucket_inventory": {"destination", "enabled"},
    "aws_s3_bucket_lifecycle_configuration": {"rule"},
    "aws_s3_bucket_logging": {"target_bucket", "target_prefix"},
    "aws_s3_bucket_notification": {"eventbridge"},
    "aws_s3_bucket_object_lock_configuration": {"rule", "object_lock_enabled"},
    "aws_s3_bucket_ownership_controls": {"rule"},
    "aws_s3_bucket_policy": {"policy"},
    "aws_s3_bucket_public_access_block": {
        "block_public_acls",
        "block_public_policy",
        "ignore_public_acls",
        "restrict_public_buckets",
    },
    "aws_s3_bucket_replication_configuration": {"rule"},
    "aws_s3_bucket_server_side_encryption_configuration": {"rule"},
    "aws_s3_bucket_versioning": {"versioning_configuration"},
    # What the provider shows as the topic's policy is that of the resource for it.
    "aws_sns_topic": {"kms_master_key_id", "policy"},
    "aws_sns_topic_subscription": {"endpoint"},
}
"""The attributes that there are rules for; any other that changes is named as not judged."""


def is_judged(kind: str) -> bool:
    """Return whether there are rules for resources of this type."""
    return (
        kind in JUDGED or kind in POLICIES or kind in GRANTS or kind in HARMLESS_KINDS or kind in HOLDS_DATA
    )
