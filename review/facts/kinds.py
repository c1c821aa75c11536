"""Which types of resources hold data, guard it, hold policies, or give them to somebody."""

from collections.abc import Mapping

HOLDS_DATA: Mapping[str, str] = {
    "aws_backup_vault": "the backup vault",
    "aws_cloudwatch_log_group": "the log group",
    "aws_db_cluster_snapshot": "the database's snapshot",
    "aws_db_instance": "the database",
    "aws_db_snapshot": "the database's snapshot",
    "aws_docdb_cluster": "the database",
    "aws_dynamodb_table": "the table",
    "aws_dynamodb_table_item": "the table's item",
    "aws_ebs_snapshot": "the volume's snapshot",
    "aws_ebs_volume": "the volume",
    "aws_ecr_repository": "the image repository",
    "aws_ecrpublic_repository": "the image repository",
    "aws_efs_file_system": "the file system",
    "aws_elasticache_replication_group": "the cache",
    "aws_elasticsearch_domain": "the search domain",
    "aws_fsx_lustre_file_system": "the file system",
    "aws_fsx_ontap_file_system": "the file system",
    "aws_fsx_openzfs_file_system": "the file system",
    "aws_fsx_windows_file_system": "the file system",
    "aws_glacier_vault": "the archive",
    "aws_instance": "the machine, with its volumes",
    "aws_keyspaces_table": "the table",
    "aws_kinesis_stream": "the stream",
    "aws_kms_external_key": "the key",
    "aws_kms_key": "the key",
    "aws_kms_replica_key": "the key",
    "aws_msk_cluster": "the stream's cluster",
    "aws_neptune_cluster": "the database",
    "aws_opensearch_domain": "the search domain",
    "aws_opensearchserverless_collection": "the search collection",
    "aws_qldb_ledger": "the ledger",
    "aws_rds_cluster": "the database",
    "aws_redshift_cluster": "the warehouse",
    "aws_s3_bucket": "the bucket",
    "aws_s3_bucket_object": "the object",
    "aws_s3_directory_bucket": "the bucket",
    "aws_s3_object": "the object",
    "aws_s3_object_copy": "the object",
    "aws_s3tables_table": "the table",
    "aws_s3tables_table_bucket": "the bucket of tables",
    "aws_secretsmanager_secret": "the secret",
    "aws_secretsmanager_secret_version": "the secret's value",
    "aws_sqs_queue": "the queue",
    "aws_ssm_parameter": "the parameter",
    "aws_timestreamwrite_table": "the table",
}
"""What data, or the way to decrypt it, is lost with, and how it is called."""

KEYS = ("aws_kms_key", "aws_kms_replica_key", "aws_kms_external_key")

GUARDS: Mapping[str, str] = {
    "aws_cloudtrail": "the audit trail",
    "aws_cloudwatch_event_rule": "the rule of an alarm",
    "aws_cloudwatch_event_target": "the target of an alarm",
    "aws_s3_account_public_access_block": "the account's public-access block",
    "aws_s3_bucket_logging": "access logging",
    "aws_s3_bucket_object_lock_configuration": "Object Lock",
    "aws_s3_bucket_ownership_controls": "the object ownership",
    "aws_s3_bucket_policy": "the bucket policy",
    "aws_s3_bucket_public_access_block": "the public-access block",
    "aws_s3_bucket_replication_configuration": "replication",
    "aws_s3_bucket_server_side_encryption_configuration": "the default encryption",
    "aws_s3_bucket_versioning": "versioning",
    "aws_sns_topic": "the topic of the alarms",
    "aws_sns_topic_policy": "the policy of the alarms' topic",
    "aws_sns_topic_subscription": "a subscription to the alarms",
}
"""What protects a bucket, and how it is called."""

NEW_WITH_BUCKET = ("aws_s3_bucket_cors_configuration", "aws_s3_bucket_lifecycle_configuration")
"""What a new bucket may begin with: it takes nothing away from what was there before."""

POLICIES: Mapping[str, tuple[str, ...]] = {
    "aws_backup_vault_policy": ("policy",),
    "aws_cloudwatch_event_bus_policy": ("policy",),
    "aws_ecr_repository_policy": ("policy",),
    "aws_efs_file_system_policy": ("policy",),
    "aws_glacier_vault": ("access_policy",),
    "aws_iam_group_policy": ("policy",),
    "aws_iam_policy": ("policy",),
    "aws_iam_role": ("assume_role_policy",),
    "aws_iam_role_policy": ("policy",),
    "aws_iam_user_policy": ("policy",),
    "aws_kms_external_key": ("policy",),
    "aws_kms_key": ("policy",),
    "aws_kms_key_policy": ("policy",),
    "aws_kms_replica_key": ("policy",),
    "aws_opensearch_domain_policy": ("access_policies",),
    "aws_s3_access_point": ("policy",),
    "aws_s3_bucket": ("policy",),
    "aws_s3_bucket_policy": ("policy",),
    "aws_s3control_access_point_policy": ("policy",),
    "aws_secretsmanager_secret": ("policy",),
    "aws_secretsmanager_secret_policy": ("policy",),
    "aws_sns_topic": ("policy",),
    "aws_sns_topic_policy": ("policy",),
    "aws_sqs_queue": ("policy",),
    "aws_sqs_queue_policy": ("policy",),
}
"""Which attributes hold policies."""

GRANTS: Mapping[str, str] = {
    "aws_iam_group_policy_attachment": "group",
    "aws_iam_policy_attachment": "name",
    "aws_iam_role_policy_attachment": "role",
    "aws_iam_user_policy_attachment": "user",
}
"""What gives a policy to somebody, and the attribute that says to whom."""

PROVIDERS = ("hashicorp/aws", "hashicorp/random", "hashicorp/time", "hashicorp/null", "builtin/terraform")
"""The providers whose types the rules are about, by namespace and name, on whichever registry."""
