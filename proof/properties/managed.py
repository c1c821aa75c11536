"""What managed policies allow, exactly."""

from collections.abc import Sequence
from dataclasses import dataclass

from proof.asking import Action, Resource, When, Where
from proof.properties.model import Ask, Property
from proof.properties.strangers import READING, UPLOADING
from proof.properties.things import Bucket, Holder, Key, any_of
from proof.proving import always, nobody

DELETING = ("s3:DeleteObject",)
USES = {"Access": ("kms:Decrypt", "kms:GenerateDataKey"), "Read": ("kms:Decrypt",)}
USES["Write"] = USES["Access"]
OBJECTS = {
    "Access": (*DELETING, *READING, *UPLOADING),
    "Read": READING,
    "Write": UPLOADING,
}


def exactly(
    holders: dict[str, Holder], bucket: Bucket, key: Key | None, access_points: Sequence[str] = ()
) -> Property:
    """Return that each managed policy allows its reference set: nothing more, and nothing less.

    s3:DeleteObjectVersion is in none: nobody destroys a version for good. Nor are s3:ListBucketVersions,
    which shows what was deleted, and s3:PutObjectTagging, which also changes objects that exist.

    Args:
        holders: who holds `Access`, `Read` or `Write`, by that.
        bucket: what they are for.
        key: its key, if it is ours.
        access_points: ARNs of the access points through which they may be used as well.
    """
    asks = []
    for kind, holder in holders.items():
        reference = _reference(kind, bucket, key, access_points)
        decision = holder.decision()
        asks += [
            Ask(f"{holder.what}, more", decision, nobody(holder.requests & ~reference)),
            Ask(f"{holder.what}, less", decision, always(holder.requests & reference)),
        ]
    return Property(
        "managed-policies-exactly",
        "The managed policies allow listing, reading, writing and deleting as their names say, use of the "
        "key, and nothing else; none allows deleting or listing versions, or changing tags.",
        "They are attached to roles that this project does not know.",
        tuple(asks),
    )


def _reference(kind: str, bucket: Bucket, key: Key | None, access_points: Sequence[str]) -> Where:
    objects = [f"{bucket.arn}/*", *(f"{one}/object/*" for one in access_points)]
    parts = [Resource(*objects) & Action(*OBJECTS[kind])]
    if kind != "Write":
        parts.append(Resource(bucket.arn, *access_points) & Action("s3:ListBucket"))
    if kind == "Access":
        parts.append(bucket.itself & Action("s3:ListBucketMultipartUploads"))
    if key is not None:
        parts.append(key.itself & Action(*USES[kind]))
    return any_of(parts)


@dataclass(frozen=True)
class StateUse:
    """How an environment uses a state bucket.

    Attributes:
        bucket_arn: the bucket.
        key: the requests for its KMS key.
        state_key: the key of the state in the bucket.
        via: S3 of its region, as `kms:ViaService` names it.
        contexts: where other environments use the bucket too: the ARNs for which the KMS key is used.
    """

    bucket_arn: str
    key: Where
    state_key: str
    via: Sequence[str]
    contexts: Sequence[str] = ()

    def uses_of_key(self) -> Where:
        """Return the requests that use the KMS key as they should."""
        only = {"StringLike": {"kms:EncryptionContext:aws:s3:arn": list(self.contexts)}}
        through_s3 = {"StringEquals": {"kms:ViaService": list(self.via)}}
        return self.key & When({**through_s3, **(only if self.contexts else {})})

    def workspaces(self) -> Where:
        """Return the requests for the list of workspaces."""
        operator = "StringEquals" if self.contexts else "StringEqualsIfExists"
        listing = Resource(self.bucket_arn) & Action("s3:ListBucket")
        return listing & When({operator: {"s3:prefix": "env:/"}})


def state_exactly(holder: Holder, use: StateUse) -> Property:
    """Return that the policy of the state allows what Terraform asks for, the list of versions, and no more.

    https://developer.hashicorp.com/terraform/language/backend/s3#s3-bucket-permissions

    Args:
        holder: who holds it.
        use: what of.
    """
    state = f"{use.bucket_arn}/{use.state_key}"
    reference = any_of(
        [
            use.workspaces(),
            Resource(use.bucket_arn)
            & Action("s3:ListBucketVersions")
            & When({"StringEquals": {"s3:prefix": use.state_key}}),
            Resource(state) & Action("s3:GetObject", "s3:PutObject"),
            Resource(f"{state}.tflock") & Action("s3:DeleteObject", "s3:GetObject", "s3:PutObject"),
            use.uses_of_key() & Action(*USES["Access"]),
        ]
    )
    decision = holder.decision()
    return Property(
        "state-policy-exactly",
        "The state policy allows reading and writing one state, listing its versions, locking it, and "
        "using its key through S3, and nothing else.",
        "Anyone who can write another state can make the next deploy do anything.",
        (
            Ask(f"{holder.what}, more", decision, nobody(holder.requests & ~reference)),
            Ask(f"{holder.what}, less", decision, always(holder.requests & reference)),
        ),
    )
