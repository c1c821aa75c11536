"""What is known to be harmless, and why: nothing else is called harmless."""

from collections.abc import Mapping

KINDS: Mapping[str, str] = {
    "output": "a value that Terraform prints; what becomes visible of a secret is judged separately",
    "random_id": "a number in the state; what is called by it is judged itself",
    "random_integer": "a number in the state; what is called by it is judged itself",
    "random_pet": "a word in the state; what is called by it is judged itself",
    "random_string": "a text in the state; what is called by it is judged itself",
    "random_uuid": "a text in the state; what is called by it is judged itself",
    "terraform_data": "values in the state; what runs with it, a provisioner, is judged separately",
    "time_rotating": "a time in the state",
    "time_static": "a time in the state",
}
"""Types of resources that make nothing outside of Terraform's state."""

ANYWHERE: Mapping[str, str] = {
    "arn": "the name that AWS gives",
    "create_date": "set by AWS",
    "creation_date": "set by AWS",
    "description": "text for people",
    "hosted_zone_id": "set by AWS",
    "id": "the name that Terraform gives",
    "name_prefix": "the beginning of a name that Terraform makes up",
    "owner_id": "set by AWS: the account",
    "region": "where it is; a resource does not move there without being replaced",
    "tags": "text for people; those by which policies decide are judged",
    "tags_all": "the tags with the provider's own",
    "timeouts": "how long Terraform waits",
    "unique_id": "set by AWS",
}
"""Attributes of a resource of any type."""

OF_KIND: Mapping[str, Mapping[str, str]] = {
    "aws_cloudtrail": {"home_region": "set by AWS", "sns_topic_arn": "set by AWS, from the topic's name"},
    "aws_cloudwatch_event_rule": {
        "event_bus_name": "which bus it listens to; a new bus replaces the rule, which is reported",
        "force_destroy": "whether AWS's own rules may be deleted: this is none",
    },
    "aws_cloudwatch_event_target": {"force_destroy": "whether a target of AWS's own rules may be deleted"},
    "aws_guardduty_malware_protection_plan": {
        "created_at": "set by AWS",
        "status": "set by AWS: whether GuardDuty can scan, which is no part of a plan",
    },
    "aws_iam_policy": {
        "delay_after_policy_creation_in_ms": "how long Terraform waits",
        "path": "a part of its name",
        "policy_id": "set by AWS",
    },
    "aws_iam_role": {
        "force_detach_policies": "what Terraform does when it destroys the role",
        "path": "a part of its name",
    },
    "aws_iam_role_policy_attachment": {},
    "aws_lambda_function_url": {"invoke_mode": "whether an answer comes in pieces"},
    "aws_kms_key": {
        "custom_key_store_id": "where the key is kept; it cannot change",
        "customer_master_key_spec": "the kind of key; a change replaces the key, which is reported",
        "key_id": "the name that AWS gives",
        "key_usage": "what the key is for; a change replaces the key, which is reported",
        "xks_key_id": "of a key store outside of AWS; it cannot change",
    },
    "aws_kms_replica_key": {"key_id": "the name that AWS gives", "key_usage": "as of the key it replicates"},
    "aws_s3_bucket": {
        "acceleration_status": "the way to the bucket: who may use it is as before",
        "bucket_domain_name": "set by AWS",
        "bucket_namespace": "the part of S3's names that its name is in; a change replaces the bucket",
        "bucket_prefix": "the beginning of a name that Terraform makes up",
        "bucket_region": "set by AWS",
        "bucket_regional_domain_name": "set by AWS",
        "website_domain": "set by AWS",
        "website_endpoint": "set by AWS",
    },
    "aws_s3_bucket_logging": {
        "target_object_key_format": "how the records are called below their prefix",
    },
    "aws_s3_bucket_object_lock_configuration": {"token": "of AWS's support, to lock a bucket that exists"},
    "aws_s3_bucket_public_access_block": {
        "skip_destroy": "what Terraform does when it destroys the block: nothing, so that it stays",
    },
    "aws_s3_bucket_replication_configuration": {
        "token": "of AWS's support, to replicate from a locked bucket"
    },
    "aws_s3_bucket_server_side_encryption_configuration": {
        "rule.bucket_key_enabled": "how often S3 asks for the key, not which",
    },
    "aws_s3_bucket_versioning": {"mfa": "the code that switches MFA delete; what it switches is judged"},
    "aws_sns_topic": {
        "beginning_archive_time": "set by AWS",
        "display_name": "text for people",
        "tracing_config": "where traces go: no message is in them",
    },
    "aws_security_group": {"revoke_rules_on_delete": "what Terraform does when it destroys the group"},
    "aws_sns_topic_policy": {"owner": "set by AWS: the account"},
    "aws_sns_topic_subscription": {
        "confirmation_timeout_in_minutes": "how long Terraform waits",
        "confirmation_was_authenticated": "set by AWS",
        "endpoint_auto_confirms": "set by the subscriber",
        "pending_confirmation": "set by AWS",
        "raw_message_delivery": "the form of the message",
    },
}
"""Attributes of one type; an inner one with its path."""

WHOSE_POLICY = (
    *("access_point_arn", "account_id", "backup_vault_name", "container_name", "destination_name", "domain"),
    *("domain_name", "event_bus_name", "file_system_id", "group", "identity", "instance_arn", "namespace"),
    *("permission_set_arn", "queue_url", "region", "repository", "repository_name", "resource_arn"),
    *("resource_identifier", "rest_api_id", "role", "secret_arn", "table_bucket_arn", "user"),
)
"""What says whose policy a resource is that is nothing but a policy."""

OF_A_POLICY = (*WHOSE_POLICY, "arn", "name", "policy_name")
"""What a new resource that is nothing but a policy is called or belongs to: it is judged by the policy."""

OWNER = "expected_bucket_owner"
NAMES: Mapping[str, tuple[str, ...]] = {
    "aws_kms_grant": ("name",),
    "aws_lambda_function_url": ("function_name", "qualifier"),
    "aws_lambda_permission": ("statement_id", "statement_id_prefix"),
    "aws_default_security_group": ("vpc_id",),
    "aws_s3control_multi_region_access_point": ("account_id", "details.name"),
    "aws_s3control_multi_region_access_point_policy": ("account_id",),
    "aws_security_group": ("name", "vpc_id"),
    "aws_vpc_endpoint_policy": ("vpc_endpoint_id",),
    "aws_cloudtrail": ("name",),
    "aws_cloudwatch_event_rule": ("name",),
    "aws_cloudwatch_event_target": ("event_bus_name", "rule", "target_id"),
    "aws_iam_openid_connect_provider": ("url",),
    "aws_iam_policy": ("name",),
    "aws_iam_role": ("name",),
    "aws_kms_alias": ("name",),
    "aws_s3_bucket": ("bucket",),
    "aws_s3_bucket_acl": (OWNER,),
    "aws_s3_bucket_object": ("key",),
    "aws_s3_object": ("key",),
    "aws_s3_object_copy": ("key",),
    "aws_s3_bucket_cors_configuration": (OWNER,),
    "aws_s3_bucket_inventory": ("name",),
    "aws_s3_bucket_lifecycle_configuration": (OWNER,),
    "aws_s3_bucket_logging": (OWNER,),
    "aws_s3_bucket_object_lock_configuration": (OWNER,),
    "aws_s3_bucket_server_side_encryption_configuration": (OWNER,),
    "aws_s3_bucket_versioning": (OWNER,),
    "aws_s3_access_point": ("name", "bucket", "bucket_account_id"),
    "aws_sns_topic": ("name",),
    "aws_sns_topic_subscription": ("topic_arn",),
}
"""What a new resource is called or belongs to. For a replaced resource, the replacement is reported."""
