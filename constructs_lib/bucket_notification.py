"""Notifications about a bucket's objects."""

from collections.abc import Sequence

from constructs_lib import aws
from constructs_lib.arguments import BucketName, checked

from cdktf import ITerraformDependable
from constructs import Construct


@checked
class BucketNotification(Construct):
    """S3 sends every change of an object to EventBridge, where rules decide who gets it.

    EventBridge needs no permission for it, and nothing is sent until a rule matches.
    A bucket has one configuration of notifications: others, made by hand, are removed.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html

    Attributes:
        setting: the resource, for what has to wait for it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket: BucketName,
        depends_on: Sequence[ITerraformDependable] = (),
    ) -> None:
        """Switch the notifications on.

        Args:
            scope: the construct it belongs to.
            construct_id: its id in that scope.
            bucket: the bucket's name.
            depends_on: what comes before.
        """
        super().__init__(scope, construct_id)
        self.setting: ITerraformDependable = aws.S3BucketNotification(
            self, "notification", bucket=bucket, eventbridge=True, depends_on=list(depends_on)
        )
