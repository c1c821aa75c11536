"""What becomes of a bucket's objects with time."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from constructs_lib import aws
from constructs_lib.arguments import BucketName, Days, Prefix, Text, checked

from annotated_types import Interval, Len, MaxLen
from cdktf import ITerraformDependable
from constructs import Construct


@checked
@dataclass(frozen=True)
class Transition:
    """A move to a cheaper storage class.

    Attributes:
        days: days after the object was made, or after a version became noncurrent.
        storage_class: such as `STANDARD_IA`.
    """

    days: Annotated[int, Interval(ge=0, le=2_147_483_647)]
    storage_class: Text


@checked
@dataclass(frozen=True)
class LifecycleRule:
    """What becomes of the objects whose keys begin with a prefix; None leaves a thing as it is.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html

    Attributes:
        id: its name in S3, unique in the bucket, 255 characters at most.
        prefix: what the keys begin with; all keys where empty.
        transitions: when current versions move to which storage class.
        expiration_days: days after which a current version is deleted; where versions are kept, it becomes
            a noncurrent one below a delete marker.
        expired_delete_markers: whether delete markers without any other version are removed.
        noncurrent_transitions: when noncurrent versions move to which storage class.
        noncurrent_days: days that a version is kept after it was overwritten or deleted.
        newer_noncurrent_versions: how many of the noncurrent versions, the newest, are kept beyond that.
        abort_upload_days: days after which a multipart upload that is not complete is given up.
    """

    id: Annotated[Text, MaxLen(255)]
    prefix: Prefix = ""
    transitions: Sequence[Transition] = ()
    expiration_days: Days | None = None
    expired_delete_markers: bool = False
    noncurrent_transitions: Sequence[Transition] = ()
    noncurrent_days: Days | None = None
    newer_noncurrent_versions: Annotated[int, Interval(ge=1, le=100)] | None = None
    abort_upload_days: Days | None = None

    def __post_init__(self) -> None:
        """Refuse what S3 refuses, or what would be dropped."""
        if self.newer_noncurrent_versions is not None and self.noncurrent_days is None:
            raise ValueError("LifecycleRule: newer_noncurrent_versions must come with noncurrent_days")
        current = (self.transitions, self.expiration_days, self.expired_delete_markers)
        if not any((*current, self.noncurrent_transitions, self.noncurrent_days, self.abort_upload_days)):
            raise ValueError(f"LifecycleRule: {self.id!r} must do something")


def rule_id(prefix: str) -> str:
    """Return the id of a prefix's rule: the same one wherever it stands among the rules."""
    if not prefix:
        return "all objects"
    if len(prefix) <= 200:
        return f"objects below {prefix}"
    return f"objects below a prefix with SHA-256 {hashlib.sha256(prefix.encode()).hexdigest()}"


@checked
class Lifecycle(Construct):
    """A bucket's lifecycle configuration.

    Attributes:
        setting: the resource, for what has to wait for it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket: BucketName,
        rules: Annotated[Sequence[LifecycleRule], Len(1, 1000)],
        depends_on: Sequence[ITerraformDependable] = (),
    ) -> None:
        """Create the configuration; the provider waits about a minute until S3 has taken it.

        Args:
            scope: the construct it belongs to.
            construct_id: its id in that scope.
            bucket: the bucket's name.
            rules: 1 to 1,000 rules, no two for the same prefix.
            depends_on: what comes before; the bucket's versioning has to.

        Raises:
            ValueError: two rules have the same id.
        """
        ids = [one.id for one in rules]
        if len(set(ids)) < len(ids):
            raise ValueError(f"Lifecycle: rules must have different ids, not {ids!r}")
        super().__init__(scope, construct_id)
        self.setting: ITerraformDependable = aws.S3BucketLifecycleConfiguration(
            self,
            "configuration",
            bucket=bucket,
            rule=[_rule(one) for one in rules],
            depends_on=list(depends_on),
        )


def _rule(rule: LifecycleRule) -> aws.S3BucketLifecycleConfigurationRule:
    return aws.S3BucketLifecycleConfigurationRule(
        id=rule.id,
        status="Enabled",
        filter=[aws.S3BucketLifecycleConfigurationRuleFilter(prefix=rule.prefix or None)],
        transition=[
            aws.S3BucketLifecycleConfigurationRuleTransition(days=one.days, storage_class=one.storage_class)
            for one in rule.transitions
        ]
        or None,
        expiration=_expiration(rule),
        noncurrent_version_transition=[
            aws.S3BucketLifecycleConfigurationRuleNoncurrentVersionTransition(
                noncurrent_days=one.days, storage_class=one.storage_class
            )
            for one in rule.noncurrent_transitions
        ]
        or None,
        noncurrent_version_expiration=None
        if rule.noncurrent_days is None
        else [
            aws.S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(
                noncurrent_days=rule.noncurrent_days, newer_noncurrent_versions=rule.newer_noncurrent_versions
            )
        ],
        abort_incomplete_multipart_upload=None
        if rule.abort_upload_days is None
        else [
            aws.S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(
                days_after_initiation=rule.abort_upload_days
            )
        ],
    )


def _expiration(rule: LifecycleRule) -> list[aws.S3BucketLifecycleConfigurationRuleExpiration] | None:
    if rule.expiration_days is not None:
        return [aws.S3BucketLifecycleConfigurationRuleExpiration(days=rule.expiration_days)]
    if rule.expired_delete_markers:
        return [aws.S3BucketLifecycleConfigurationRuleExpiration(expired_object_delete_marker=True)]
    return None
