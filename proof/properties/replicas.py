"""What replication brings."""

from collections.abc import Mapping

from proof.asking import EVERY, Action, Principal
from proof.properties.model import Ask, Property
from proof.properties.records import REPLICATING
from proof.properties.things import Bucket
from proof.proving import nobody


def only_our_replication(buckets: Mapping[Bucket, str | None]) -> Property:
    """Return that replicas come from our own replication only.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html

    Args:
        buckets: each with the ARN of the role that replicates into it, or None.
    """
    return Property(
        "only-our-replication",
        "Nobody plants or hides an object by a replication that is not this environment's own.",
        "A replication needs no permission to upload.",
        tuple(
            Ask(
                one.what,
                one.decision,
                nobody(one.objects & Action(*REPLICATING) & (EVERY if role is None else ~Principal(role))),
            )
            for one, role in buckets.items()
        ),
    )


def nobody_uploads(replica: Bucket) -> Property:
    """Return that nothing but replicas lies in the bucket of the replicas."""
    return Property(
        "nobody-uploads-replicas",
        "Nobody uploads to the replica bucket.",
        "A replica is what the first bucket has, or had.",
        (Ask(replica.what, replica.decision, nobody(replica.objects & Action("s3:PutObject"))),),
    )
