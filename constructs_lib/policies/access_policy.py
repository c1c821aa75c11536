"""The managed policy that gives a team's roles the use of one bucket and its key, and nothing else."""

from constructs_lib.policies import Document, Statement, document
from constructs_lib.policies.key_policy import USE_ACTIONS


def allow_list_bucket(*, bucket_arn: str) -> Statement:
    """Let the holder list the bucket.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
    """
    return {
        "Sid": "AllowListBucket",
        "Effect": "Allow",
        "Action": ["s3:ListBucket"],
        "Resource": bucket_arn,
    }


def allow_object_operations(*, bucket_arn: str) -> Statement:
    """Let the holder read, write and delete objects, and read earlier versions of them.

    s3:DeleteObjectVersion is left out: nobody destroys a version for good.
    """
    return {
        "Sid": "AllowObjectOperations",
        "Effect": "Allow",
        "Action": ["s3:DeleteObject", "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"],
        "Resource": f"{bucket_arn}/*",
    }


def allow_kms_operations(*, key_arn: str) -> Statement:
    """Let the holder use exactly this key; the key policy narrows that to S3 and the bucket."""
    return {
        "Sid": "AllowKMSOperations",
        "Effect": "Allow",
        "Action": USE_ACTIONS,
        "Resource": key_arn,
    }


def access_policy(*, bucket_arn: str, key_arn: str | None) -> Document:
    """Return the managed policy; `key_arn` is None for a bucket that encrypts with SSE-S3."""
    statements = [allow_list_bucket(bucket_arn=bucket_arn), allow_object_operations(bucket_arn=bucket_arn)]
    if key_arn is not None:
        statements.append(allow_kms_operations(key_arn=key_arn))
    return document(*statements)
