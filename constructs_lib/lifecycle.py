"""What becomes of old versions and of uploads that were never completed."""

from collections.abc import Sequence

from constructs_lib import aws

from cdktf import ITerraformDependable
from constructs import Construct


class Lifecycle(Construct):
    """A bucket's lifecycle configuration, for all its objects.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket: str,
        noncurrent_days: int,
        expiration_days: int | None = None,
        abort_upload_days: int = 7,
        depends_on: Sequence[ITerraformDependable] = (),
    ) -> None:
        """Create the configuration; the provider waits about a minute until S3 has taken it.

        Args:
            scope: the construct it belongs to.
            construct_id: its id in that scope.
            bucket: the bucket's name.
            noncurrent_days: days that a version is kept after it was overwritten or deleted.
            expiration_days: days that an object is kept; as long as nobody deletes it where None.
            abort_upload_days: days after which a multipart upload that is not complete is given up.
            depends_on: what comes before; the bucket's versioning has to.
        """
        super().__init__(scope, construct_id)
        aws.S3BucketLifecycleConfiguration(
            self,
            "configuration",
            bucket=bucket,
            rule=[
                aws.S3BucketLifecycleConfigurationRule(
                    id="expire-noncurrent-versions",
                    status="Enabled",
                    filter=[aws.S3BucketLifecycleConfigurationRuleFilter()],
                    expiration=None
                    if expiration_days is None
                    else [aws.S3BucketLifecycleConfigurationRuleExpiration(days=expiration_days)],
                    noncurrent_version_expiration=[
                        aws.S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(
                            noncurrent_days=noncurrent_days
                        )
                    ],
                    abort_incomplete_multipart_upload=[
                        aws.S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(
                            days_after_initiation=abort_upload_days
                        )
                    ],
                )
            ],
            depends_on=list(depends_on),
        )
