"""What people call a resource: the bucket policy of a bucket, not an address."""

from collections.abc import Mapping
from typing import Any

Json = Any

KINDS: Mapping[str, str] = {
    "aws_cloudtrail": "audit trail",
    "aws_cloudwatch_event_rule": "event rule",
    "aws_cloudwatch_event_target": "target of event rule",
    "aws_guardduty_malware_protection_plan": "scan for malware",
    "aws_iam_openid_connect_provider": "identity provider",
    "aws_iam_policy": "managed policy",
    "aws_iam_role": "role",
    "aws_iam_role_policy": "inline policy of role",
    "aws_iam_role_policy_attachment": "policy of role",
    "aws_iam_user": "user",
    "aws_kms_alias": "key alias",
    "aws_kms_key": "key",
    "aws_kms_key_policy": "key policy of",
    "aws_db_instance": "database",
    "aws_iam_access_key": "access key of user",
    "aws_lambda_function_url": "URL of function",
    "aws_lambda_permission": "permission to call function",
    "aws_s3_access_point": "access point",
    "aws_s3_bucket": "bucket",
    "aws_s3_bucket_acl": "ACL of",
    "aws_s3_bucket_cors_configuration": "CORS of",
    "aws_s3_bucket_inventory": "inventory of",
    "aws_s3_bucket_lifecycle_configuration": "lifecycle of",
    "aws_s3_bucket_logging": "access logging of",
    "aws_s3_bucket_notification": "notifications of",
    "aws_s3_bucket_object_lock_configuration": "Object Lock of",
    "aws_s3_bucket_ownership_controls": "object ownership of",
    "aws_s3_bucket_policy": "bucket policy of",
    "aws_s3_bucket_public_access_block": "public-access block of",
    "aws_s3_bucket_replication_configuration": "replication of",
    "aws_s3_bucket_server_side_encryption_configuration": "default encryption of",
    "aws_s3_bucket_versioning": "versioning of",
    "aws_s3_object": "object",
    "aws_s3control_access_point_policy": "policy of access point",
    "aws_s3control_multi_region_access_point": "multi-region access point",
    "aws_s3control_multi_region_access_point_policy": "policy of multi-region access point",
    "aws_security_group": "security group",
    "aws_sns_topic": "topic",
    "aws_sns_topic_policy": "policy of topic",
    "aws_sns_topic_subscription": "subscription of",
    "aws_vpc_endpoint": "network endpoint",
    "aws_vpc_endpoint_policy": "policy of network endpoint",
}
"""What to call it before its name; of others the type's own words."""

NAMED_BY = (
    *("role", "user", "group", "rule", "bucket", "endpoint", "description", "name", "identifier"),
    *("function_name", "table_name", "cluster_identifier", "key_id", "url", "arn", "id"),
)
"""The attributes that name a resource: the first that it has."""
NAMES_FIRST = {"aws_iam_role": "name", "aws_iam_policy": "name", "aws_s3_object": "key"}


def called(kind: str, before: Json, after: Json) -> tuple[str, str]:
    """Return what people call a resource, and its name; that is empty where it is not known yet."""
    what = KINDS.get(kind) or kind.partition("_")[2].replace("_", " ") or kind
    for side in (after, before):
        attributes = side if isinstance(side, dict) else {}
        for name in (NAMES_FIRST.get(kind, ""), *NAMED_BY):
            value = attributes.get(name)
            if type(value) is str and value:  # no placeholder
                return what, value
    return what.removesuffix(" of"), ""
