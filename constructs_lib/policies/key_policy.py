"""The key policy of a customer-managed KMS key that encrypts one bucket.

A key policy decides first: without it, IAM policies allow
nothing (https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html).
"""

from collections.abc import Sequence
from typing import Any

from constructs_lib.policies import Condition, Document, Grant, Statement, document
from constructs_lib.policies.place import Place

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


CHANGES_POLICY_SID = "AllowDeployRoleToChangePolicy"


def via_s3(place: Place) -> str | list[str]:
    """Return S3 in the region of `place` as `kms:ViaService` names it.

    The page has one form for every partition, and it is not the name of a host. What the China edition
    of that page (docs.amazonaws.cn) says could not be looked up, so both endings are listed there.
    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
    """
    name = f"s3.{place.region}.amazonaws.com"
    return [name, f"{name}.cn"] if place.partition == "aws-cn" else name


def enable_root_access(*, place: Place) -> Statement:
    """Let the account's administrators manage the key, through their IAM policies.

    Without it nobody could change the key any more:
    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    return {
        "Sid": "EnableRootAccess",
        "Effect": "Allow",
        "Principal": {"AWS": place.iam("root")},
        "Action": MANAGEMENT_ACTIONS,
        "Resource": "*",
    }


def allow_deploy_role_to_change_policy(*, role_arn: str) -> Statement:
    """Let the role that deploys change this policy, whatever its own policies say.

    CreateKey refuses a policy with which its caller could not call PutKeyPolicy afterwards, and the role's
    own policies know the key by its tags, which do not count at that moment. The role has to exist, or KMS
    refuses the policy.
    https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html#KMS-CreateKey-request-Policy
    """
    return {
        "Sid": CHANGES_POLICY_SID,
        "Effect": "Allow",
        "Principal": {"AWS": role_arn},
        "Action": "kms:PutKeyPolicy",
        "Resource": "*",
    }


def management(*, place: Place, deploy_role: str | None) -> list[Statement]:
    """Return the statements that let the account manage a key, and the role that created it, if known."""
    account = enable_root_access(place=place)
    if deploy_role is None:
        return [account]
    return [account, allow_deploy_role_to_change_policy(role_arn=deploy_role)]


def allow_s3_service(*, bucket_arn: str, account_id: str) -> Statement:
    """Let S3 itself use the key for what it writes for this bucket: an inventory.

    Requests for objects reach KMS as the principal that made them (`allow_specified_principals`). Where S3
    acts for itself, there is no `kms:ViaService`; it says for which bucket of which account. AWS names
    GenerateDataKey; a report in parts needs Decrypt as every upload in parts does.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/configure-inventory.html#configure-inventory-kms-key-policy
    """
    return {
        "Sid": "AllowS3Service",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": USE_ACTIONS,
        "Resource": "*",
        "Condition": {
            "ArnEquals": {"aws:SourceArn": bucket_arn},
            "StringEquals": {"aws:SourceAccount": account_id},
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


def through_s3(place: Place, bucket_arn: str) -> Condition:
    """Condition that a key is used by S3 in a bucket's region, for that bucket."""
    return {"StringEquals": {"kms:ViaService": via_s3(place)}, "StringLike": only_for(bucket_arn)}


def allow_specified_principals(*, place: Place, bucket_arn: str, principals: Sequence[str]) -> Statement:
    """Let `principals` (ARNs, of this account) encrypt and decrypt, through S3 and for this bucket only.

    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-caller-account
    """
    return _use(
        "AllowSpecifiedPrincipals",
        list(principals),
        USE_ACTIONS,
        StringEquals={
            "kms:CallerAccount": place.account_id,
            "kms:ViaService": via_s3(place),
        },
        StringLike=only_for(bucket_arn),
    )


def allow_reader(number: int, grant: Grant, *, place: Place, bucket_arn: str) -> Statement:
    """Let `grant`'s principal decrypt; the bucket policy says which objects it may read."""
    return _use(
        f"AllowReader{number}Decrypt",
        grant.principal,
        ["kms:Decrypt"],
        **through_s3(place, bucket_arn),
    )


def allow_writer(number: int, grant: Grant, *, place: Place, bucket_arn: str) -> Statement:
    """Let `grant`'s principal encrypt; S3 decrypts the earlier parts when it adds a part to an upload.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
    """
    return _use(
        f"AllowWriter{number}Encrypt",
        grant.principal,
        USE_ACTIONS,
        **through_s3(place, bucket_arn),
    )


def key_policy(
    *,
    place: Place,
    bucket_arn: str,
    principals: Sequence[str],
    readers: Sequence[Grant],
    writers: Sequence[Grant],
    extra_statements: Sequence[Statement] = (),
    deploy_role: str | None = None,
) -> Document:
    """Return the key policy: the account manages, S3 and `principals` use, and grants let others use.

    `extra_statements` let others use the key; `deploy_role` is the ARN of the role that
    makes the key, where known.
    """
    return document(
        *management(place=place, deploy_role=deploy_role),
        allow_s3_service(bucket_arn=bucket_arn, account_id=place.account_id),
        allow_specified_principals(place=place, bucket_arn=bucket_arn, principals=principals),
        *(
            allow_reader(number, grant, place=place, bucket_arn=bucket_arn)
            for number, grant in enumerate(readers, start=1)
        ),
        *(
            allow_writer(number, grant, place=place, bucket_arn=bucket_arn)
            for number, grant in enumerate(writers, start=1)
        ),
        *extra_statements,
    )
