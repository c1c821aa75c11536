"""The managed policies that give a team's roles the use of one bucket and its key, and nothing else.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html

Through an access point S3 asks the holder's policies about the ARN of the access point, or of an object of
it, and the bucket's policy about the bucket's own ARNs: whatever that denies, it denies there, too.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html
"""

from collections.abc import Sequence

from constructs_lib.policies import Document, Statement, document
from constructs_lib.policies.key_policy import USE_ACTIONS

# Anyone who uploads in parts must be able to end it, and to see which parts are there.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
_UPLOAD_ACTIONS = ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"]


def _one_or_all(arns: Sequence[str]) -> str | list[str]:
    return arns[0] if len(arns) == 1 else list(arns)


def allow_list_bucket(*, bucket_arn: str, access_points: Sequence[str]) -> Statement:
    """Let the holder list the bucket, also through the access points."""
    return {
        "Sid": "AllowListBucket",
        "Effect": "Allow",
        "Action": ["s3:ListBucket"],
        "Resource": _one_or_all([bucket_arn, *access_points]),
    }


def allow_list_uploads(*, bucket_arn: str) -> Statement:
    """Let the holder list the uploads in parts that were not completed; S3 has that for the bucket only."""
    return {
        "Sid": "AllowListUploads",
        "Effect": "Allow",
        "Action": ["s3:ListBucketMultipartUploads"],
        "Resource": bucket_arn,
    }


def allow_object_operations(
    *, bucket_arn: str, access_points: Sequence[str], actions: list[str]
) -> Statement:
    """Let the holder do `actions` with the bucket's objects, also through the access points."""
    through = [f"{arn}/object/*" for arn in access_points]
    return {
        "Sid": "AllowObjectOperations",
        "Effect": "Allow",
        "Action": actions,
        "Resource": _one_or_all([f"{bucket_arn}/*", *through]),
    }


def allow_kms_operations(*, key_arn: str, actions: list[str]) -> Statement:
    """Let the holder do `actions` with exactly this key; the key policy narrows that to S3 and the bucket."""
    return {
        "Sid": "AllowKMSOperations",
        "Effect": "Allow",
        "Action": actions,
        "Resource": key_arn,
    }


def access_policy(*, bucket_arn: str, key_arn: str | None, access_points: Sequence[str] = ()) -> Document:
    """Return the policy to list, read, write and delete.

    `key_arn` is None for a bucket with SSE-S3; `access_points` are ARNs of those that lead to the bucket.
    Three actions are left out on purpose:

    - s3:DeleteObjectVersion: nobody can delete a version permanently.
    - s3:ListBucketVersions: it shows what was deleted, and with the ids all of it could be read.
    - s3:PutObjectTagging: it also changes the tags of objects that exist, and conditions of other policies
      (s3:ExistingObjectTag), lifecycle and replication rules may depend on these.
      https://docs.aws.amazon.com/AmazonS3/latest/userguide/tagging-and-policies.html
    """
    actions = sorted(["s3:DeleteObject", "s3:GetObject", "s3:GetObjectVersion", *_UPLOAD_ACTIONS])
    statements = [
        allow_list_bucket(bucket_arn=bucket_arn, access_points=access_points),
        allow_list_uploads(bucket_arn=bucket_arn),
        allow_object_operations(bucket_arn=bucket_arn, access_points=access_points, actions=actions),
    ]
    if key_arn is not None:
        statements.append(allow_kms_operations(key_arn=key_arn, actions=USE_ACTIONS))
    return document(*statements)


def read_policy(*, bucket_arn: str, key_arn: str | None, access_points: Sequence[str] = ()) -> Document:
    """Return the policy to list and read only."""
    statements = [
        allow_list_bucket(bucket_arn=bucket_arn, access_points=access_points),
        allow_object_operations(
            bucket_arn=bucket_arn,
            access_points=access_points,
            actions=["s3:GetObject", "s3:GetObjectVersion"],
        ),
    ]
    if key_arn is not None:
        statements.append(allow_kms_operations(key_arn=key_arn, actions=["kms:Decrypt"]))
    return document(*statements)


def write_policy(*, bucket_arn: str, key_arn: str | None, access_points: Sequence[str] = ()) -> Document:
    """Return the policy to upload only, also in parts; S3 needs kms:Decrypt to add a part.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
    """
    statements = [
        allow_object_operations(bucket_arn=bucket_arn, access_points=access_points, actions=_UPLOAD_ACTIONS)
    ]
    if key_arn is not None:
        statements.append(allow_kms_operations(key_arn=key_arn, actions=USE_ACTIONS))
    return document(*statements)
