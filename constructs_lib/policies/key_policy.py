"""The key policy of a customer-managed KMS key that encrypts one bucket.

A key policy is the only way in: where it says nothing, IAM policies give
nothing (https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html).
"""

from collections.abc import Sequence
from typing import Any

from constructs_lib.policies import Document, Grant, Statement, document

# Everything that describes, changes, disables or deletes the key, and nothing
# that encrypts or decrypts. kms:CreateGrant is left out too: a grant could
# hand out decryption. An administrator who needs data has to change this
# policy first, which CloudTrail records.
MANAGEMENT_ACTIONS = [
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
]

# What S3 needs to write an object (GenerateDataKey) and to read one, or to
# write a further part of one (Decrypt):
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
USE_ACTIONS = ["kms:Decrypt", "kms:GenerateDataKey"]


def s3_endpoint(partition: str, region: str) -> str:
    """Return S3 in `region` as `kms:ViaService` names it."""
    return f"s3.{region}.{'amazonaws.com.cn' if partition == 'aws-cn' else 'amazonaws.com'}"


def enable_root_access(*, partition: str, account_id: str) -> Statement:
    """Let the account's administrators manage the key, through their IAM policies.

    Without it nobody could change the key any more:
    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    return {
        "Sid": "EnableRootAccess",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{partition}:iam::{account_id}:root"},
        "Action": MANAGEMENT_ACTIONS,
        "Resource": "*",
    }


def allow_s3_service(*, partition: str, account_id: str, region: str) -> Statement:
    """Let the S3 service itself use the key, in this region and for this account only.

    Requests for objects reach KMS as the principal that made them (see
    `allow_specified_principals`); this is for what S3 does on its own behalf.
    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
    """
    return {
        "Sid": "AllowS3Service",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": USE_ACTIONS,
        "Resource": "*",
        "Condition": {
            "StringEquals": {
                "kms:CallerAccount": account_id,
                "kms:ViaService": s3_endpoint(partition, region),
            }
        },
    }


def _use(sid: str, principal: str | list[str], actions: list[str], **conditions: dict[str, Any]) -> Statement:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": actions,
        "Resource": "*",
        "Condition": conditions,
    }


def only_for(bucket_arn: str) -> dict[str, Any]:
    """Condition that the key is used for this bucket.

    The encryption context is the bucket's ARN with an S3 bucket key, and the
    object's without one: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
    """
    return {"kms:EncryptionContext:aws:s3:arn": [bucket_arn, f"{bucket_arn}/*"]}


def allow_specified_principals(
    *, partition: str, account_id: str, region: str, bucket_arn: str, principals: Sequence[str]
) -> Statement:
    """Let `principals` (ARNs, of this account) encrypt and decrypt, through S3 and for this bucket only.

    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-caller-account
    """
    return _use(
        "AllowSpecifiedPrincipals",
        list(principals),
        USE_ACTIONS,
        StringEquals={
            "kms:CallerAccount": account_id,
            "kms:ViaService": s3_endpoint(partition, region),
        },
        StringLike=only_for(bucket_arn),
    )


def allow_reader(number: int, grant: Grant, *, partition: str, region: str, bucket_arn: str) -> Statement:
    """Let `grant`'s principal decrypt; which objects it may read, the bucket policy says."""
    return _use(
        f"AllowReader{number}Decrypt",
        grant.principal,
        ["kms:Decrypt"],
        StringEquals={"kms:ViaService": s3_endpoint(partition, region)},
        StringLike=only_for(bucket_arn),
    )


def allow_writer(number: int, grant: Grant, *, partition: str, region: str, bucket_arn: str) -> Statement:
    """Let `grant`'s principal encrypt; S3 decrypts what came before when it adds a part to an upload.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
    """
    return _use(
        f"AllowWriter{number}Encrypt",
        grant.principal,
        USE_ACTIONS,
        StringEquals={"kms:ViaService": s3_endpoint(partition, region)},
        StringLike=only_for(bucket_arn),
    )


def key_policy(
    *,
    partition: str,
    account_id: str,
    region: str,
    bucket_arn: str,
    principals: Sequence[str],
    readers: Sequence[Grant],
    writers: Sequence[Grant],
    more: Sequence[Statement] = (),
) -> Document:
    """Return the key policy: the account manages, S3 and `principals` use, and grants let others use.

    `more` are statements about who else may use the key, for what.
    """
    return document(
        enable_root_access(partition=partition, account_id=account_id),
        allow_s3_service(partition=partition, account_id=account_id, region=region),
        allow_specified_principals(
            partition=partition,
            account_id=account_id,
            region=region,
            bucket_arn=bucket_arn,
            principals=principals,
        ),
        *(
            allow_reader(number, grant, partition=partition, region=region, bucket_arn=bucket_arn)
            for number, grant in enumerate(readers, start=1)
        ),
        *(
            allow_writer(number, grant, partition=partition, region=region, bucket_arn=bucket_arn)
            for number, grant in enumerate(writers, start=1)
        ),
        *more,
    )
