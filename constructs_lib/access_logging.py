"""Server access logs of a bucket."""

from collections.abc import Sequence

from constructs_lib import aws
from constructs_lib.arguments import BucketName, Prefix, checked

from cdktf import ITerraformDependable
from constructs import Construct


@checked
class AccessLogging(Construct):
    """S3 logs the requests for a bucket, one object for a while of them, below a folder for each day.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html

    Attributes:
        setting: the resource, for what has to wait for it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket: BucketName,
        log_bucket: BucketName,
        prefix: Prefix,
        depends_on: Sequence[ITerraformDependable] = (),
    ) -> None:
        """Switch the logs on.

        Args:
            scope: the construct it belongs to.
            construct_id: its id in that scope.
            bucket: the name of the bucket whose requests are logged.
            log_bucket: the name of the bucket that the logs go to; its policy has to let them in.
            prefix: what the logs' keys begin with.
            depends_on: what comes before; the log bucket's policy has to.
        """
        super().__init__(scope, construct_id)
        self.setting: ITerraformDependable = aws.S3BucketLoggingA(
            self,
            "logging",
            bucket=bucket,
            target_bucket=log_bucket,
            target_prefix=prefix,
            # Athena partitions by the date in the key, which is that of the request, not of the delivery.
            target_object_key_format=aws.S3BucketLoggingTargetObjectKeyFormat(
                partitioned_prefix=aws.S3BucketLoggingTargetObjectKeyFormatPartitionedPrefix(
                    partition_date_source="EventTime"
                )
            ),
            depends_on=list(depends_on),
        )
