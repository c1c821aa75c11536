"""The managed policies that give a team's roles the use of one bucket and its key, and nothing else.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from constructs_lib.policies import Document, Statement, document
from constructs_lib.policies.key_policy import USE_ACTIONS


def allow_list_bucket(*, bucket_arn: str) -> Statement:
    """Let the holder list the bucket."""
    return {
        "Sid": "AllowListBucket",
        "Effect": "Allow",
        "Action": ["s3:ListBucket"],
        "Resource": bucket_arn,
    }


def allow_object_operations(*, bucket_arn: str, actions: list[str]) -> Statement:
    """Let the holder do `actions` with the bucket's objects."""
    return {
        "Sid": "AllowObjectOperations",
        "Effect": "Allow",
        "Action": actions,
        "Resource": f"{bucket_arn}/*",
    }


def allow_kms_operations(*, key_arn: str, actions: list[str]) -> Statement:
    """Let the holder do `actions` with exactly this key; the key policy narrows that to S3 and the bucket."""
    return {
        "Sid": "AllowKMSOperations",
        "Effect": "Allow",
        "Action": actions,
        "Resource": key_arn,
    }


def access_policy(*, bucket_arn: str, key_arn: str | None) -> Document:
    """Return the policy to list, read, write and delete; `key_arn` is None for a bucket with SSE-S3.

    s3:DeleteObjectVersion is left out: nobody destroys a version for good.
    """
    actions = ["s3:DeleteObject", "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"]
    statements = [
        allow_list_bucket(bucket_arn=bucket_arn),
        allow_object_operations(bucket_arn=bucket_arn, actions=actions),
    ]
    if key_arn is not None:
        statements.append(allow_kms_operations(key_arn=key_arn, actions=USE_ACTIONS))
    return document(*statements)


def read_policy(*, bucket_arn: str, key_arn: str | None) -> Document:
    """Return the policy to list and read only."""
    statements = [
        allow_list_bucket(bucket_arn=bucket_arn),
        allow_object_operations(bucket_arn=bucket_arn, actions=["s3:GetObject", "s3:GetObjectVersion"]),
    ]
    if key_arn is not None:
        statements.append(allow_kms_operations(key_arn=key_arn, actions=["kms:Decrypt"]))
    return document(*statements)


def write_policy(*, bucket_arn: str, key_arn: str | None) -> Document:
    """Return the policy to upload only, also in parts; S3 needs kms:Decrypt to add a part.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
    """
    actions = ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"]
    statements = [allow_object_operations(bucket_arn=bucket_arn, actions=actions)]
    if key_arn is not None:
        statements.append(allow_kms_operations(key_arn=key_arn, actions=USE_ACTIONS))
    return document(*statements)
