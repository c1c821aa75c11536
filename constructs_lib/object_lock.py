"""How long no version of an object can be deleted."""

from collections.abc import Sequence
from typing import Annotated, Literal

from constructs_lib import aws
from constructs_lib.arguments import BucketName, checked

from annotated_types import Interval
from cdktf import ITerraformDependable, Postcondition, TerraformResourceLifecycle
from constructs import Construct

CANNOT_CHANGE = (
    "Object Lock cannot be changed on a bucket that exists: Terraform can only choose it when it makes the "
    "bucket, and S3 never switches it off again"
)
"""Why a change is refused; what there is and what is asked for comes after it."""


def bucket_lifecycle(*, locked: bool | None, prevent_destroy: bool) -> TerraformResourceLifecycle:
    """Return a bucket's Terraform lifecycle, under which no plan changes its Object Lock.

    Terraform replaces the bucket where `object_lock_enabled` changes, and a bucket with `force_destroy`
    loses every object then. So the change is ignored, and the plan fails as the bucket is not what is asked
    for. A precondition cannot see the bucket that exists, and a data source fails where there is none yet.
    `prevent_destroy` would keep an unprotected bucket from being destroyed on purpose.

    Args:
        locked: whether the bucket's objects can be locked; None where nothing has to watch over it.
        prevent_destroy: whether a plan that destroys the bucket is refused.
    """
    if locked is None:
        return TerraformResourceLifecycle(prevent_destroy=prevent_destroy)
    there, asked = ("without", "with") if locked else ("with", "without")
    return TerraformResourceLifecycle(
        prevent_destroy=prevent_destroy,
        # Without a lock the argument is left out, and what is left out never replaces the bucket.
        ignore_changes=["object_lock_enabled"] if locked else None,
        postcondition=[
            Postcondition(
                condition=f"${{self.object_lock_enabled == {str(locked).lower()}}}",
                error_message=f"{CANNOT_CHANGE}. This one is {there} it, and the settings are {asked}.",
            )
        ],
    )


@checked
class ObjectLock(Construct):
    """The default retention of a bucket with Object Lock: each new version is locked as soon as it is there.

    Terraform can make it longer, shorter or take it away again, but only for what is uploaded later.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html

    Attributes:
        setting: the resource, for what has to wait for it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket: BucketName,
        mode: Literal["governance", "compliance"],
        days: Annotated[int, Interval(ge=1, le=36_500)] | None = None,
        years: Annotated[int, Interval(ge=1, le=100)] | None = None,
        depends_on: Sequence[ITerraformDependable] = (),
    ) -> None:
        """Set the default retention.

        Args:
            scope: the construct it belongs to.
            construct_id: its id in that scope.
            bucket: the name of the bucket, which was made with Object Lock.
            mode: who can delete a locked version: with "governance" holders of s3:BypassGovernanceRetention,
                with "compliance" nobody.
            days: days that a version is locked, 1 to 36,500.
            years: years that it is locked, 1 to 100, instead of days.
            depends_on: what comes before; the bucket's versioning has to.

        Raises:
            ValueError: neither days nor years are given, or both.
        """
        if (days is None) == (years is None):
            raise ValueError(f"ObjectLock: days must be given, or years, and not both: {days}, {years}")
        super().__init__(scope, construct_id)
        self.setting: ITerraformDependable = aws.S3BucketObjectLockConfigurationA(
            self,
            "retention",
            bucket=bucket,
            rule=aws.S3BucketObjectLockConfigurationRuleA(
                default_retention=aws.S3BucketObjectLockConfigurationRuleDefaultRetentionA(
                    mode=mode.upper(), days=days, years=years
                )
            ),
            depends_on=list(depends_on),
        )
