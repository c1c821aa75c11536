"""What is done: the API operations of S3, and what S3 and KMS authorize for each of them.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from constructs_lib.policies.s3_actions import OBJECT_ACTIONS


@dataclass(frozen=True)
class Operation:
    """An operation of S3.

    Attributes:
        action: what S3 authorizes.
        target: whether that is done to an object or to the bucket.
        kms: what S3 then asks of KMS on the caller's behalf, where the object is encrypted with a KMS key.
        uploads: whether the encryption headers are condition keys of the request.
    """

    action: str
    target: Literal["object", "bucket"] = "object"
    kms: str | None = None
    uploads: bool = False


OPERATIONS: Mapping[str, Operation] = {
    "GetObject": Operation("s3:GetObject", kms="kms:Decrypt"),
    "GetObjectVersion": Operation("s3:GetObjectVersion", kms="kms:Decrypt"),
    "PutObject": Operation("s3:PutObject", kms="kms:GenerateDataKey", uploads=True),
    # All steps of an upload in parts are authorized as s3:PutObject, and only the first one sends the
    # encryption headers. No page says what condition keys the others have. Assumed here: those of the upload
    # that they belong to, as otherwise AWS's own policy that requires the headers would refuse them.
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html
    "CreateMultipartUpload": Operation("s3:PutObject", kms="kms:GenerateDataKey", uploads=True),
    "UploadPart": Operation("s3:PutObject", kms="kms:Decrypt", uploads=True),
    "CompleteMultipartUpload": Operation("s3:PutObject", kms="kms:Decrypt", uploads=True),
    # What it says about the new key stands in its body, and becomes condition keys all the same. Of what it
    # asks of KMS this is what no statement of the key's policy lets anybody do:
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_UpdateObjectEncryption.html
    "UpdateObjectEncryption": Operation("s3:UpdateObjectEncryption", kms="kms:ReEncryptTo", uploads=True),
    "AbortMultipartUpload": Operation("s3:AbortMultipartUpload"),
    "ListParts": Operation("s3:ListMultipartUploadParts"),
    "DeleteObject": Operation("s3:DeleteObject"),
    "DeleteObjectVersion": Operation("s3:DeleteObjectVersion"),
    # Both are done with DeleteObject and PutObjectRetention, with x-amz-bypass-governance-retention:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html
    "LiftLock": Operation("s3:BypassGovernanceRetention"),
    "ShortenLock": Operation("s3:PutObjectRetention"),
    # What S3 does as the role of a replication rule.
    "GetObjectVersionForReplication": Operation("s3:GetObjectVersionForReplication", kms="kms:Decrypt"),
    "GetObjectVersionAcl": Operation("s3:GetObjectVersionAcl"),
    "GetObjectVersionTagging": Operation("s3:GetObjectVersionTagging"),
    "ReplicateObject": Operation("s3:ReplicateObject", kms="kms:GenerateDataKey"),
    # As a replication that says which encryption the replica gets.
    "ReplicateEncrypted": Operation("s3:ReplicateObject", kms="kms:GenerateDataKey", uploads=True),
    "ReplicateTags": Operation("s3:ReplicateTags"),
    "ReplicateDelete": Operation("s3:ReplicateDelete"),
    "OverrideOwner": Operation("s3:ObjectOwnerOverrideToBucketOwner"),
    "ListObjects": Operation("s3:ListBucket", "bucket"),
    "ListMultipartUploads": Operation("s3:ListBucketMultipartUploads", "bucket"),
    "ListObjectVersions": Operation("s3:ListBucketVersions", "bucket"),
}


def operation(name: str) -> Operation:
    """Return the operation called `name`; of an action such as `s3:PutBucketPolicy`, what it is done to."""
    if not name.startswith("s3:"):
        return OPERATIONS[name]
    return Operation(name, "object" if name in OBJECT_ACTIONS else "bucket")
