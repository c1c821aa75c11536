"""What CI's two roles may do with stored plans: files below `ci/<environment>/` of the state bucket.

Who plans stores a plan once and can neither replace nor read it: another run's plan holds the state. It reads
only which configuration is deployed, to compare its own with. Who deploys reads plans, and records what it
deployed below `deployed/`, where only it can write.
"""

from constructs_lib.policies import Document, Statement, document, state_policy


def prefix(environment: str) -> str:
    """Return what the keys of an environment's files begin with."""
    return f"ci/{environment}/"


def allow_store_plans(*, bucket_arn: str, environment: str) -> Statement:
    """Let the holder store a file that is not there yet, in one request.

    With If-None-Match, which S3 can ask for, S3 refuses to overwrite. The parts of a multipart upload cannot
    have that header; one request takes 5 GB.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
    """
    return {
        "Sid": "AllowStorePlans",
        "Effect": "Allow",
        "Action": ["s3:PutObject"],
        "Resource": f"{bucket_arn}/{prefix(environment)}*",
        "Condition": {"Null": {"s3:if-none-match": "false"}},
    }


def deny_record_deploys(*, bucket_arn: str, environment: str) -> Statement:
    """Keep the holder from recording deploys that never were."""
    return {
        "Sid": "DenyRecordDeploys",
        "Effect": "Deny",
        "Action": ["s3:PutObject"],
        "Resource": f"{bucket_arn}/{prefix(environment)}deployed/*",
    }


def allow_compare_configuration(*, bucket_arn: str, environment: str) -> Statement:
    """Let the holder read which configuration was deployed last."""
    return {
        "Sid": "AllowCompareConfiguration",
        "Effect": "Allow",
        "Action": ["s3:GetObject"],
        "Resource": f"{bucket_arn}/{prefix(environment)}deployed/cdk.tf.json",
    }


def allow_read_plans(*, bucket_arn: str, environment: str) -> Statement:
    """Let the holder read the files, earlier versions too."""
    return {
        "Sid": "AllowReadPlans",
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:GetObjectVersion"],
        "Resource": f"{bucket_arn}/{prefix(environment)}*",
    }


def allow_list_plans(*, bucket_arn: str, environment: str) -> Statement:
    """Let the holder list the versions of the files, which shows whether one was replaced."""
    return {
        "Sid": "AllowListPlans",
        "Effect": "Allow",
        "Action": ["s3:ListBucketVersions"],
        "Resource": bucket_arn,
        "Condition": {"StringLike": {"s3:prefix": f"{prefix(environment)}*"}},
    }


def allow_record_deploys(*, bucket_arn: str, environment: str) -> Statement:
    """Let the holder record what it deployed."""
    return {
        "Sid": "AllowRecordDeploys",
        "Effect": "Allow",
        "Action": ["s3:PutObject"],
        "Resource": f"{bucket_arn}/{prefix(environment)}deployed/*",
    }


def store_policy(
    *, bucket_arn: str, environment: str, key_alias: str, partition: str, region: str, account_id: str
) -> Document:
    """Return what the role that plans needs to store a plan, beside its read-only policy.

    Args:
        bucket_arn: the state bucket.
        environment: whose files these are.
        key_alias: the alias of the state bucket's key.
        partition: `aws`, `aws-cn` or `aws-us-gov`.
        region: the state bucket's.
        account_id: the account of bucket and key.
    """
    key = state_policy.allow_key_by_alias(
        alias=key_alias, partition=partition, region=region, account_id=account_id
    )
    return document(
        allow_store_plans(bucket_arn=bucket_arn, environment=environment),
        deny_record_deploys(bucket_arn=bucket_arn, environment=environment),
        allow_compare_configuration(bucket_arn=bucket_arn, environment=environment),
        key | {"Action": ["kms:GenerateDataKey"]},
    )


def deploy_files_policy(*, bucket_arn: str, environment: str) -> Document:
    """Return what the role that deploys needs beside its deploy policy, which has the use of the key."""
    return document(
        allow_read_plans(bucket_arn=bucket_arn, environment=environment),
        allow_list_plans(bucket_arn=bucket_arn, environment=environment),
        allow_record_deploys(bucket_arn=bucket_arn, environment=environment),
    )
