"""What a deploy may do with each bucket of a stack: only what that bucket's resources need."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from constructs_lib.policies import Statement
from constructs_lib.policies.deploy_actions import Target
from constructs_lib.policies.deploy_targets import one_or_many, resource_id
from constructs_lib.policies.place import Place

BUCKET_SIDS: Mapping[Target, tuple[str, str]] = {
    "bucket": ("Allow", ""),
    "objects": ("AllowEmpty", "/*"),
}
"""How the Sids of a target begin, and how the ARNs of its resources end after the bucket's."""


@dataclass(frozen=True, order=True)
class Bucket:
    """A bucket of the stack.

    Attributes:
        construct: the id of the construct that makes it, such as `log-bucket`.
        name: its name.
    """

    construct: str
    name: str

    @property
    def label(self) -> str:
        """The construct's id as Sids have it, such as `LogBucket`."""
        return self.construct.title().replace("-", "")


def bucket_of(resource: Mapping[str, Any], resources: Mapping[str, Any]) -> Bucket:
    """Return the bucket that a resource is, or is a setting of.

    Args:
        resource: an `aws_s3_bucket` or `aws_s3_bucket_…` of the stack.
        resources: all resources of the stack, by type and id.

    Raises:
        DeployPolicyError: it is none of the stack's buckets.
    """
    buckets = resources["aws_s3_bucket"]
    for id_, bucket in buckets.items():
        if bucket is resource:
            return Bucket(id_.rpartition("_")[0], bucket["bucket"])
    id_ = resource_id("aws_s3_bucket", resource["bucket"], "(?:id|bucket)")
    return Bucket(id_.rpartition("_")[0], buckets[id_]["bucket"])


def bucket_statements(target: Target, needed: Mapping[Bucket, set[str]], place: Place) -> Iterator[Statement]:
    """Yield the statements for a target: what all buckets need, then what only some do.

    Args:
        target: `bucket` or `objects`.
        needed: the actions by bucket.
        place: where they are.
    """
    begin, end = BUCKET_SIDS[target]
    by_buckets: dict[frozenset[Bucket], set[str]] = {}
    for action in set().union(*needed.values()):
        having = frozenset(bucket for bucket, actions in needed.items() if action in actions)
        by_buckets.setdefault(having, set()).add(action)
    for having, actions in sorted(by_buckets.items(), key=lambda item: (-len(item[0]), sorted(item[0]))):
        everywhere = len(having) == len(needed)
        yield {
            "Sid": begin + ("Bucket" if everywhere else "And".join(one.label for one in sorted(having))),
            "Effect": "Allow",
            "Action": sorted(actions),
            "Resource": one_or_many(f"{place.bucket(one.name)}{end}" for one in having),
        }
