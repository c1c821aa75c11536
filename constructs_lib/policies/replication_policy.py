"""What S3 may do when it replicates a bucket: the role's trust, its policy, and its place in key policies.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from constructs_lib.arguments import BucketArn, KeyArns, Text, checked
from constructs_lib.policies import Document, Statement, document
from constructs_lib.policies.key_policy import through_s3
from constructs_lib.policies.place import Place


@checked
@dataclass(frozen=True)
class Side:
    """A bucket that objects are replicated from, or to.

    Attributes:
        name: `Source` or `Replica`, for Sids.
        bucket_arn: the bucket.
        place: where it is.
        key_arn: the KMS key of its objects; None with SSE-S3.
    """

    name: Text
    bucket_arn: BucketArn
    place: Place
    key_arn: KeyArns | None


def _key_uses(*, read: bool, written: bool) -> list[tuple[str, list[str]]]:
    """Return what replication does with a bucket's key, each as the word for its Sid and its actions.

    With a bucket key, S3 decrypts that of the replica to see that it is whole, and asks for a data key of the
    source's. If objects are replicated both ways, each side's statements allow both.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html#bucket-key-replication
    """
    reading = ["kms:Decrypt", *([] if written else ["kms:GenerateDataKey"])]
    writing = [*([] if read else ["kms:Decrypt"]), "kms:Encrypt", "kms:GenerateDataKey"]
    return [("Decrypt", reading)] * read + [("Encrypt", writing)] * written


def trust_policy(*, sources: Sequence[Side]) -> Document:
    """Return the trust policy: S3 takes the role, for these buckets of this account where it says for which.

    IfExists, as no page of AWS says that S3 sends these keys when it takes a replication role; AWS's own
    example has no condition. Only a principal that may pass the role can set it on a bucket.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    return document(
        {
            "Sid": "AllowReplication",
            "Effect": "Allow",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "ArnEqualsIfExists": {"aws:SourceArn": [one.bucket_arn for one in sources]},
                "StringEqualsIfExists": {"aws:SourceAccount": sources[0].place.account_id},
            },
        }
    )


def allow_read_configuration(*, sources: Sequence[Side]) -> Statement:
    """Let S3 read what it has to replicate."""
    return {
        "Sid": "AllowReadConfiguration",
        "Effect": "Allow",
        "Action": ["s3:GetReplicationConfiguration", "s3:ListBucket"],
        "Resource": [one.bucket_arn for one in sources],
    }


def allow_read_versions(*, sources: Sequence[Side], object_lock: bool) -> Statement:
    """Let S3 read versions to replicate them, and with Object Lock how long they are locked.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html#object-lock-managing-replication
    """
    lock = ["s3:GetObjectLegalHold", "s3:GetObjectRetention"] if object_lock else []
    versions = ["s3:GetObjectVersionAcl", "s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging"]
    return {
        "Sid": "AllowReadVersions",
        "Effect": "Allow",
        "Action": [*lock, *versions],
        "Resource": [f"{one.bucket_arn}/*" for one in sources],
    }


def allow_replicate(*, destinations: Sequence[Side], delete_markers: bool) -> Statement:
    """Let S3 write replicas and their tags, and where wanted delete markers; no version is ever deleted."""
    deletions = ["s3:ReplicateDelete"] if delete_markers else []
    return {
        "Sid": "AllowReplicate",
        "Effect": "Allow",
        "Action": [*deletions, "s3:ReplicateObject", "s3:ReplicateTags"],
        "Resource": [f"{one.bucket_arn}/*" for one in destinations],
    }


def replication_policy(
    *, source: Side, replica: Side, delete_markers: bool, both_ways: bool, object_lock: bool
) -> Document:
    """Return the role's policy.

    Args:
        source: the bucket that is replicated.
        replica: the bucket that it is replicated to.
        delete_markers: whether deletions are replicated too.
        both_ways: whether what changes about replicas is replicated back.
        object_lock: whether versions are locked.
    """
    sources, destinations = directions(source, replica, both_ways=both_ways)
    statements = [
        allow_read_configuration(sources=sources),
        allow_read_versions(sources=sources, object_lock=object_lock),
        allow_replicate(destinations=destinations, delete_markers=delete_markers),
    ]
    statements += [
        {
            "Sid": f"Allow{what}{one.name}",
            "Effect": "Allow",
            "Action": actions,
            "Resource": one.key_arn,
            "Condition": through_s3(one.place, one.bucket_arn),
        }
        for one in (source, replica)
        if one.key_arn is not None
        for what, actions in _key_uses(read=one in sources, written=one in destinations)
    ]
    return document(*statements)


def directions(source: Side, replica: Side, *, both_ways: bool) -> tuple[list[Side], list[Side]]:
    """Return the sides that are read from, and those that are written to."""
    return ([source, replica], [replica, source]) if both_ways else ([source], [replica])


def replication_boundary(*, source: Side, replica: Side) -> Document:
    """Return the permissions boundary: whatever its policy says, the role only replicates between these two.

    The stack that makes the boundary does not know the keys, so it allows any key of the account, through S3
    and for these buckets.
    """

    def with_any_key(side: Side) -> Side:
        return replace(side, key_arn=side.place.arn("kms", "key/*"))

    return replication_policy(
        source=with_any_key(source),
        replica=with_any_key(replica),
        delete_markers=True,
        both_ways=True,
        object_lock=True,
    )


def key_statements(side: Side, *, role_arn: str, read: bool, written: bool) -> list[Statement]:
    """Return the statements that let the role use a side's key; its own policy has to allow that too.

    The principal is the account: KMS refuses a key policy that names a role which does not exist yet.
    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
    """
    condition = through_s3(side.place, side.bucket_arn) | {"ArnEquals": {"aws:PrincipalArn": role_arn}}
    return [
        {
            "Sid": f"AllowReplication{what}",
            "Effect": "Allow",
            "Principal": {"AWS": side.place.iam("root")},
            "Action": actions,
            "Resource": "*",
            "Condition": condition,
        }
        for what, actions in _key_uses(read=read, written=written)
    ]
