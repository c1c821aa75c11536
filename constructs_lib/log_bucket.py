"""The bucket that AWS's own services deliver their records to."""

from constructs_lib.arguments import AccountId, Arn, BucketArn, BucketName, Days, Prefix, checked
from constructs_lib.lifecycle import Lifecycle, LifecycleRule
from constructs_lib.policies.log_bucket_policy import log_bucket_policy
from constructs_lib.private_bucket import PrivateBucket, refuse_arn_of_another_bucket

from constructs import Construct


@checked
class LogBucket(PrivateBucket):
    """A bucket that only log delivery writes to, and that deletes what is old.

    It is encrypted with S3's own keys, for which S3 asks nobody. Under a KMS key, log delivery would have to
    be let in by the key's policy; AWS's pages say that it takes no such bucket at all, and what cannot be
    delivered is dropped without a word:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshooting-server-access-logging.html

    Attributes:
        slowest_setting: the resource that is done about a minute after the policy, which S3 has taken
            everywhere by then.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket_name: BucketName,
        bucket_arn: BucketArn,
        prefix: Prefix,
        source_arn: BucketArn,
        account_id: AccountId,
        inventory: bool = False,
        trail_arn: Arn | None = None,
        retention_days: Days = 365,
        protect: bool = True,
    ) -> None:
        """Create the bucket.

        Args:
            scope: the construct it belongs to.
            construct_id: its id in that scope; renaming it replaces the bucket.
            bucket_name: the bucket's name.
            bucket_arn: its ARN.
            prefix: what the keys of access logs begin with.
            source_arn: the bucket whose requests are logged.
            account_id: the account of both.
            inventory: whether the inventory of that bucket is delivered too.
            trail_arn: the trail whose records are delivered too, if any.
            retention_days: days after which records are deleted.
            protect: whether nobody may delete records before, nor a plan destroy the bucket.
        """
        refuse_arn_of_another_bucket("LogBucket", bucket_name=bucket_name, bucket_arn=bucket_arn)
        super().__init__(
            scope,
            construct_id,
            bucket_name=bucket_name,
            key_arn=None,
            policy=log_bucket_policy(
                bucket_arn=bucket_arn,
                prefix=prefix,
                source_arn=source_arn,
                account_id=account_id,
                inventory=inventory,
                trail_arn=trail_arn,
                protect=protect,
            ),
            protect=protect,
        )
        self.slowest_setting = Lifecycle(
            self,
            "lifecycle",
            bucket=self.id,
            rules=[
                LifecycleRule(
                    id="expire-noncurrent-versions",
                    expiration_days=retention_days,
                    noncurrent_days=1,
                    abort_upload_days=7,
                )
            ],
            depends_on=[self.last_setting],
        ).setting
