"""What replication brings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from proof.asking import EVERY, Action, Principal, When, Where
from proof.properties.encryption import named_rightly
from proof.properties.model import Ask, Property
from proof.properties.records import ANNOTATING, REPLICATING
from proof.properties.service_roles import delivered_by_role, does_exactly, key_through_s3, taken_only_by
from proof.properties.things import Bucket, Holder, any_of
from proof.proving import never_denied, nobody

UPLOADS = ("s3:PutObject", *ANNOTATING, "s3:UpdateObjectEncryption")
READS_VERSIONS = (
    *("s3:GetObjectVersionAcl", "s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging"),
)
READS_LOCKS = ("s3:GetObjectLegalHold", "s3:GetObjectRetention")
DECRYPT, ENCRYPT = ("kms:Decrypt",), ("kms:Encrypt", "kms:GenerateDataKey")


@dataclass(frozen=True)
class Side:
    """A bucket that is replicated from, or to.

    Attributes:
        bucket: it.
        keys: the ARNs of its key, with wildcards where that is not known; none with SSE-S3.
        via: S3 of its region, as `kms:ViaService` names it.
        key_uses: what the role does with the key.
    """

    bucket: Bucket
    keys: tuple[str, ...]
    via: tuple[str, ...]
    key_uses: tuple[str, ...]


@dataclass(frozen=True)
class Replication:
    """What a role replicates.

    Attributes:
        sources: what it reads from.
        destinations: what it writes to.
        deletes: whether it replicates deletions.
        locks: whether it reads how versions are locked.
    """

    sources: tuple[Side, ...]
    destinations: tuple[Side, ...]
    deletes: bool
    locks: bool

    def reference(self) -> Where:
        """Return the requests that this is, as AWS lists them.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
        """
        reads = READS_VERSIONS + (READS_LOCKS if self.locks else ())
        writes = ("s3:ReplicateObject", "s3:ReplicateTags", *(["s3:ReplicateDelete"] if self.deletes else []))
        sources = any_of([one.bucket.objects for one in self.sources])
        itself = any_of([one.bucket.itself for one in self.sources])
        written = any_of([one.bucket.objects for one in self.destinations])
        # In their order: the proof is remembered by the text of what is asked.
        sides = dict.fromkeys((*self.sources, *self.destinations))
        keys = any_of([key_through_s3(one.bucket, one.keys, one.via, one.key_uses) for one in sides])
        looks = itself & Action("s3:GetReplicationConfiguration", "s3:ListBucket")
        return any_of([looks, sources & Action(*reads), written & Action(*writes), keys])


def replicates_exactly(holders: Mapping[Holder, Replication]) -> Property:
    """Return that the role, and its boundary, allow to replicate between two buckets, and nothing else.

    Args:
        holders: who holds the role's policy, and who holds the boundary's, each with what it is for.
    """
    return Property(
        "replicates-exactly",
        "The role that replicates, and its permissions boundary, allow replication between the two "
        "buckets, and nothing else.",
        "The role that deploys writes this role's policy; without the boundary it could allow anything.",
        does_exactly({holder: replication.reference() for holder, replication in holders.items()}),
    )


def taken_by_s3_only(role: Holder, account: str, sources: Sequence[str]) -> Property:
    """Return that S3 can assume the role, and only for these buckets if it says for which.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    arns = {"ArnEqualsIfExists": {"aws:SourceArn": list(sources)}}
    for_us = When({**arns, "StringEqualsIfExists": {"aws:SourceAccount": account}})
    s3 = Principal(service=("s3.amazonaws.com",)) & Action("sts:AssumeRole") & for_us
    return Property(
        "replication-role-taken-by-s3",
        "Only S3 can assume the role that replicates, and only for these buckets if it says for which.",
        "Anyone who can assume the role can read every version.",
        taken_only_by(role, "S3", s3),
    )


def replication_passes(role_arn: str, destinations: Sequence[Side]) -> Property:
    """Return that the buckets and keys deny the role nothing that it needs.

    A replica names no encryption, or that of the bucket it goes to.
    """
    by_role = Principal(role_arn)
    asks = []
    for one in destinations:
        writes = Action("s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags")
        asked = by_role & one.bucket.objects & writes & named_rightly(one.keys) & delivered_by_role()
        asks.append(Ask(one.bucket.what, one.bucket.decision, never_denied(asked)))
    return Property(
        "replication-passes",
        "No bucket policy denies what the role replicates.",
        "An object that cannot be replicated is lost with its region.",
        tuple(asks),
    )


def only_our_replication(buckets: Mapping[Bucket, str | None]) -> Property:
    """Return that replicas come from our own replication only.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html

    Args:
        buckets: each with the ARN of the role that replicates into it, or None.
    """
    return Property(
        "only-our-replication",
        "Nobody can add or hide an object by a replication that is not this environment's.",
        "Replication does not need the permission to upload.",
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
        "Nobody can upload to the replica bucket, annotate a replica or change its key.",
        "A replica must be what the first bucket has, or had.",
        (Ask(replica.what, replica.decision, nobody(replica.objects & Action(*UPLOADS))),),
    )
