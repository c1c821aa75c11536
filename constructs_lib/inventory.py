"""S3 Inventory: the list of a bucket's objects that S3 itself writes."""

from collections.abc import Sequence
from typing import Literal

from constructs_lib import aws
from constructs_lib.arguments import AccountId, BucketArn, BucketName, Prefix, checked
from constructs_lib.policies.log_bucket_policy import INVENTORY_PREFIX

from cdktf import ITerraformDependable
from constructs import Construct

FIELDS = (
    "Size",
    "LastModifiedDate",
    "ETag",
    "StorageClass",
    "IsMultipartUploaded",
    "ReplicationStatus",
    "EncryptionStatus",
    "BucketKeyStatus",
    "ObjectLockRetainUntilDate",
    "ObjectLockMode",
    "ObjectLockLegalHoldStatus",
    "ChecksumAlgorithm",
)
"""What the list says of every object, besides its bucket, key and version:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html#storage-inventory-contents"""

_FORMATS = {"csv": "CSV", "parquet": "Parquet"}


@checked
class Inventory(Construct):
    """S3 writes the list to the log bucket; the first one comes within 48 hours.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html

    Attributes:
        setting: the resource, for what has to wait for it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket: BucketName,
        log_bucket_arn: BucketArn,
        account_id: AccountId,
        frequency: Literal["daily", "weekly"] = "weekly",
        format: Literal["parquet", "csv"] = "parquet",
        noncurrent_versions: bool = False,
        prefix: Prefix = "",
        depends_on: Sequence[ITerraformDependable] = (),
    ) -> None:
        """Let S3 write the list.

        Args:
            scope: the construct it belongs to.
            construct_id: its id in that scope.
            bucket: the name of the bucket whose objects are listed.
            log_bucket_arn: the bucket that the list goes to; its policy has to let it in.
            account_id: the account of that bucket; S3 writes to no other that took its name.
            frequency: how often.
            format: in which format.
            noncurrent_versions: whether it also lists noncurrent versions and delete markers.
            prefix: which keys it lists, by what they begin with; all where empty.
            depends_on: what comes before; the log bucket's policy has to.
        """
        super().__init__(scope, construct_id)
        self.setting: ITerraformDependable = aws.S3BucketInventory(
            self,
            "inventory",
            bucket=bucket,
            name="objects",
            included_object_versions="All" if noncurrent_versions else "Current",
            schedule=aws.S3BucketInventorySchedule(frequency=frequency.title()),
            filter=aws.S3BucketInventoryFilter(prefix=prefix) if prefix else None,
            optional_fields=list(FIELDS),
            destination=aws.S3BucketInventoryDestination(
                bucket=aws.S3BucketInventoryDestinationBucket(
                    account_id=account_id,
                    bucket_arn=log_bucket_arn,
                    format=_FORMATS[format],
                    prefix=INVENTORY_PREFIX.removesuffix("/"),
                    # As the rest of the log bucket: S3 itself may always use its own keys.
                    encryption=aws.S3BucketInventoryDestinationBucketEncryption(
                        sse_s3=aws.S3BucketInventoryDestinationBucketEncryptionSseS3()
                    ),
                )
            ),
            depends_on=list(depends_on),
        )
