"""Who uses a KMS key, and through what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proof.asking import Action, Principal, When, Where
from proof.properties.model import Ask, Property
from proof.properties.things import Grant, Key, any_of
from proof.proving import nobody

USING = (
    *("kms:CreateGrant", "kms:Decrypt", "kms:DeriveSharedSecret", "kms:Encrypt", "kms:GenerateDataKey"),
    *("kms:GenerateDataKeyPair", "kms:GenerateDataKeyPairWithoutPlaintext"),
    *("kms:GenerateDataKeyWithoutPlaintext", "kms:GenerateMac", "kms:GetParametersForImport"),
    *("kms:ImportKeyMaterial", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:ReplicateKey", "kms:Sign"),
    *("kms:Verify", "kms:VerifyMac"),
)
"""What encrypts or decrypts, or hands that on; all else is management:
https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html"""


@dataclass(frozen=True)
class S3Use:
    """What a key is for: the objects of one bucket.

    Attributes:
        bucket_arn: the bucket.
        via: S3 of its region, as `kms:ViaService` names it.
        account: whose key it is.
        principals: ARNs of who encrypts and decrypts.
        readers: who else decrypts.
        writers: who else encrypts, and decrypts to add a part to an upload.
        replication_role: the ARN of the role that replicates the bucket, or into it; None where none does.
    """

    bucket_arn: str
    via: tuple[str, ...]
    account: str
    principals: tuple[str, ...]
    readers: tuple[Grant, ...] = ()
    writers: tuple[Grant, ...] = ()
    replication_role: str | None = None

    def allowed(self) -> Where:
        """Return the requests that are this use."""
        both = ("kms:Decrypt", "kms:GenerateDataKey")
        used = [Principal(*self.principals) & Action(*both)]
        used += [one.requests & Action("kms:Decrypt") for one in self.readers]
        used += [one.requests & Action(*both) for one in self.writers]
        if self.replication_role is not None:
            used.append(Principal(self.replication_role) & Action(*both, "kms:Encrypt"))
        return (any_of(used) & self._through_s3()) | self._s3_itself()

    def _through_s3(self) -> Where:
        arn = {"kms:EncryptionContext:aws:s3:arn": [self.bucket_arn, f"{self.bucket_arn}/*"]}
        return When({"StringEquals": {"kms:ViaService": list(self.via)}, "StringLike": arn})

    def _s3_itself(self) -> Where:
        here = {"StringEquals": {"aws:SourceAccount": self.account}}
        itself = When({**here, "ArnEquals": {"aws:SourceArn": self.bucket_arn}})
        return (
            Principal(service=("s3.amazonaws.com",)) & Action("kms:Decrypt", "kms:GenerateDataKey") & itself
        )


def only_for_its_bucket(key: Key, use: S3Use) -> Property:
    """Return that a key encrypts and decrypts through S3 only, for one bucket, and for whom it names.

    A grant would be a way past the policy, so that nobody may make one; who may change the policy could
    allow it, which CloudTrail records.
    https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
    """
    return Property(
        f"{key.what.replace(' ', '-')}-for-its-bucket",
        f"The {key.what} encrypts and decrypts through S3 only, for its bucket, and for nobody but whom its "
        "policy names; nobody makes a grant.",
        "Who may use the key elsewhere could decrypt what leaks.",
        (Ask(key.what, key.decision, nobody(key.itself & Action(*USING) & ~use.allowed())),),
    )


def only_for_the_audit(key: Key, *, via: Sequence[str], trail_arn: str, topic_arn: str) -> Property:
    """Return that the audit's key encrypts one trail's records and one topic's alarms.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    """
    kinds = ("", "Pair", "PairWithoutPlaintext", "WithoutPlaintext")
    data_keys = [f"kms:GenerateDataKey{kind}" for kind in kinds]
    of_trail = {"kms:EncryptionContext:aws:cloudtrail:arn": trail_arn}
    for_trail = When({"StringEquals": {"aws:SourceArn": trail_arn, **of_trail}})
    of_topic = When({"StringEquals": {"kms:EncryptionContext:aws:sns:topicArn": topic_arn}})
    read = When({"StringEquals": {"kms:ViaService": list(via), **of_trail}})
    allowed = any_of(
        [
            Principal(service=("cloudtrail.amazonaws.com",)) & Action(*data_keys) & for_trail,
            Principal(service=("events.amazonaws.com",)) & Action("kms:Decrypt", *data_keys) & of_topic,
            Principal(key.account) & Action("kms:Decrypt") & read,
        ]
    )
    return Property(
        "audit-key-for-the-audit",
        "The audit key encrypts the records of one trail and the alarms of one topic, and nothing else.",
        "Who may use it elsewhere could forge a record or an alarm.",
        (Ask(key.what, key.decision, nobody(key.itself & Action(*USING) & ~allowed)),),
    )
