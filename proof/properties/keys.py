"""Who uses a KMS key, and through what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proof.asking import Action, Caller, Principal, When, Where
from proof.decide import Decision
from proof.properties.control import ADMINISTRATOR
from proof.properties.model import Ask, Property
from proof.properties.things import Grant, Key, any_of
from proof.proving import always, nobody

USING = (
    *("kms:CreateGrant", "kms:Decrypt", "kms:DeriveSharedSecret", "kms:Encrypt", "kms:GenerateDataKey"),
    *("kms:GenerateDataKeyPair", "kms:GenerateDataKeyPairWithoutPlaintext"),
    *("kms:GenerateDataKeyWithoutPlaintext", "kms:GenerateMac", "kms:GetParametersForImport"),
    *("kms:ImportKeyMaterial", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:ReplicateKey", "kms:Sign"),
    *("kms:Verify", "kms:VerifyMac"),
)
"""What encrypts or decrypts, or lets others do so; everything else is management:
https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html"""


@dataclass(frozen=True)
class S3Use:
    """What a key is for: the objects of one bucket.

    Attributes:
        bucket_arn: the bucket.
        via: S3 of its region, as `kms:ViaService` names it.
        account: whose key it is.
        principals: ARNs of the principals that encrypt and decrypt.
        readers: others that decrypt.
        writers: others that encrypt, and decrypt to add a part to an upload.
        replication_role: the ARN of the role that replicates the bucket, or into it; None where none does.
        replication_uses: what that role does with the key.
        scan_role: the ARN of the role that scans the bucket for malware; None where none does.
    """

    bucket_arn: str
    via: tuple[str, ...]
    account: str
    principals: tuple[str, ...]
    readers: tuple[Grant, ...] = ()
    writers: tuple[Grant, ...] = ()
    replication_role: str | None = None
    replication_uses: tuple[str, ...] = ()
    scan_role: str | None = None

    def allowed(self) -> Where:
        """Return the requests that are this use."""
        return self.through_s3() | self.s3_itself() | self.by_replication() | self.by_scan()

    def by_scan(self) -> Where:
        """Return the requests of the role that scans."""
        if self.scan_role is None:
            return any_of([])
        both = ("kms:Decrypt", "kms:GenerateDataKey")
        return Principal(self.scan_role) & Action(*both) & self._of_bucket()

    def by_replication(self) -> Where:
        """Return the requests of the role that replicates."""
        if self.replication_role is None:
            return any_of([])
        return Principal(self.replication_role) & Action(*self.replication_uses) & self._of_bucket()

    def through_s3(self) -> Where:
        """Return the requests of the named principals, through S3 and for the bucket."""
        both = ("kms:Decrypt", "kms:GenerateDataKey")
        used = [Principal(*self.principals) & Action(*both)]
        used += [one.requests & Action("kms:Decrypt") for one in self.readers]
        used += [one.requests & Action(*both) for one in self.writers]
        return any_of(used) & self._of_bucket()

    def _of_bucket(self) -> Where:
        arn = {"kms:EncryptionContext:aws:s3:arn": [self.bucket_arn, f"{self.bucket_arn}/*"]}
        return When({"StringEquals": {"kms:ViaService": list(self.via)}, "StringLike": arn})

    def s3_itself(self) -> Where:
        """Return the requests of S3 for itself, about the bucket."""
        here = {"StringEquals": {"aws:SourceAccount": self.account}}
        itself = When({**here, "ArnEquals": {"aws:SourceArn": self.bucket_arn}})
        return (
            Principal(service=("s3.amazonaws.com",)) & Action("kms:Decrypt", "kms:GenerateDataKey") & itself
        )


def only_for_its_bucket(key: Key, use: S3Use) -> Property:
    """Return that a key encrypts and decrypts only through S3, for one bucket, and for named principals.

    A grant would bypass the policy, so nobody may create one; anyone who may change the policy could
    allow it, which CloudTrail records.
    https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
    """
    return Property(
        f"{key.what.replace(' ', '-')}-for-its-bucket",
        f"The {key.what} encrypts and decrypts only through S3, for its bucket, and for the principals "
        "that its policy names; nobody can create a grant.",
        "Anyone who can use the key elsewhere can decrypt leaked data.",
        (Ask(key.what, key.decision, nobody(key.itself & Action(*USING) & ~use.allowed())),),
    )


def can_be_used(key: Key, use: S3Use) -> Property:
    """Return that the named principals can use the key if their IAM policies allow it, and S3 itself too.

    S3 encrypts inventories itself:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/configure-inventory-kms-key-policy.html
    """
    # KMS sends whose account it is with every use of a key.
    said = When({"Null": {"kms:CallerAccount": "false"}})
    by_iam = Decision(key.policy, key.account, anybody=(ADMINISTRATOR,))
    return Property(
        f"{key.what.replace(' ', '-')}-can-be-used",
        f"The principals that the settings name can use the {key.what} through S3 if an IAM policy "
        "allows it, and S3 itself can for the bucket.",
        "An object whose key nobody can use is lost.",
        (
            Ask(key.what, by_iam, always(key.itself & use.through_s3() & Caller("user", "role") & said)),
            Ask(f"{key.what}, to replicate", by_iam, always(key.itself & use.by_replication() & said)),
            Ask(f"{key.what}, to scan", by_iam, always(key.itself & use.by_scan() & said)),
            Ask(f"{key.what}, S3 itself", key.decision, always(key.itself & use.s3_itself())),
        ),
    )


def for_the_audit(key: Key, *, via: Sequence[str], trail_arn: str, topic_arn: str) -> list[Property]:
    """Return that the audit's key encrypts one trail's records and one topic's alarms, and nothing else.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    """
    kinds = ("", "Pair", "PairWithoutPlaintext", "WithoutPlaintext")
    data_keys = [f"kms:GenerateDataKey{kind}" for kind in kinds]
    of_trail = {"kms:EncryptionContext:aws:cloudtrail:arn": trail_arn}
    from_trail = {"aws:SourceArn": trail_arn}
    trail = Principal(service=("cloudtrail.amazonaws.com",))
    of_topic = When({"StringEquals": {"kms:EncryptionContext:aws:sns:topicArn": topic_arn}})
    by_services = any_of(
        [
            trail & Action(*data_keys) & When({"StringEquals": {**from_trail, **of_trail}}),
            Principal(service=("events.amazonaws.com",)) & Action("kms:Decrypt", *data_keys) & of_topic,
        ]
    )
    looks = trail & Action("kms:DescribeKey") & When({"StringEquals": from_trail})
    read = When({"StringEquals": {"kms:ViaService": list(via), **of_trail}})
    reads = Principal(key.account) & Action("kms:Decrypt") & read
    by_iam = Decision(key.policy, key.account, anybody=(ADMINISTRATOR,))
    others = key.itself & Action(*USING) & ~(by_services | reads)
    looks_of_others = key.itself & Action("kms:DescribeKey") & Caller("service") & ~looks
    return [
        Property(
            "audit-key-for-the-audit",
            "The audit key encrypts the records of one trail and the alarms of one topic, and nothing else.",
            "Anyone who can use it elsewhere could forge a record or an alarm.",
            (
                Ask(key.what, key.decision, nobody(others)),
                Ask(f"{key.what}, to look at it", key.decision, nobody(looks_of_others)),
            ),
        ),
        Property(
            "audit-key-can-be-used",
            "The trail and the alarms can use the audit key, and principals that an IAM policy allows can "
            "read records.",
            "What cannot be encrypted is not recorded, and raises no alarm.",
            (
                Ask(key.what, key.decision, always(key.itself & (by_services | looks))),
                Ask(f"{key.what}, to read", by_iam, always(key.itself & reads & Caller("user", "role"))),
            ),
        ),
    ]
