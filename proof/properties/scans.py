"""What a scan for malware brings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from proof.asking import EVERY, Action, Principal, Resource, When, Where
from proof.properties.encryption import named_rightly
from proof.properties.model import Ask, GivenUp, Property
from proof.properties.service_roles import delivered_by_role, does_exactly, key_through_s3, taken_only_by
from proof.properties.things import Bucket, Holder, any_of
from proof.proving import never_denied, nobody

TAG, CLEAN = "s3:ExistingObjectTag/GuardDutyMalwareScanStatus", "NO_THREATS_FOUND"
READING = ("s3:GetObject", "s3:GetObjectVersion")
"""What gives the content of an object and goes by its tags."""
READING_OTHERWISE = (
    *("s3:GetObjectAnnotation", "s3:GetObjectTorrent", "s3:GetObjectVersionAnnotation"),
    *("s3:GetObjectVersionAnnotationForReplication", "s3:GetObjectVersionForReplication"),
    "s3:GetObjectVersionTorrent",
)
"""What gives content that is not scanned, or knows no tag; there are no other ways to read an object:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html"""
TAGGING = (
    *("s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging", "s3:PutObjectTagging"),
    *("s3:PutObjectVersionTagging", "s3:ReplicateTags"),
)
SCANS = (
    *("s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectVersion", "s3:GetObjectVersionTagging"),
    *("s3:PutObjectTagging", "s3:PutObjectVersionTagging"),
)
USES_KEY = ("kms:Decrypt", "kms:GenerateDataKey")
GUARDDUTY = "malware-protection-plan.guardduty.amazonaws.com"
VALIDATED = "malware-protection-resource-validation-object"


@dataclass(frozen=True)
class Part:
    """The part of a bucket whose objects are scanned.

    Attributes:
        bucket: it.
        prefixes: what the keys begin with; all keys where empty.
    """

    bucket: Bucket
    prefixes: tuple[str, ...]

    @property
    def objects(self) -> Where:
        """The requests for its objects."""
        return Resource(*(f"{self.bucket.arn}/{prefix}*" for prefix in self.prefixes or ("",)))

    def clean(self) -> Where:
        """Return the requests for objects with the tag, and for those that are not scanned."""
        return When({"StringEquals": {TAG: CLEAN}}) | ~self.objects


@dataclass(frozen=True)
class Scanner:
    """What a role scans.

    Attributes:
        part: where.
        rules: the ARNs of GuardDuty's own rules, with a wildcard.
        keys: the ARNs of the bucket's key, with wildcards where that is not known; none with SSE-S3.
        via: S3 of its region, as `kms:ViaService` names it.
    """

    part: Part
    rules: str
    keys: tuple[str, ...]
    via: tuple[str, ...]

    def reference(self) -> Where:
        """Return the requests that this is, as AWS lists them.

        https://docs.aws.amazon.com/guardduty/latest/ug/malware-protection-s3-iam-policy-prerequisite.html
        """
        bucket, rules = self.part.bucket, Resource(self.rules)
        changes = Action("events:DeleteRule", "events:PutRule", "events:PutTargets", "events:RemoveTargets")
        itself = Action("s3:GetBucketNotification", "s3:ListBucket", "s3:PutBucketNotification")
        return any_of(
            [
                rules & changes & When({"StringEquals": {"events:ManagedBy": GUARDDUTY}}),
                rules & Action("events:DescribeRule", "events:ListTargetsByRule"),
                bucket.itself & itself,
                self.part.objects & Action(*SCANS),
                self.validation(),
                key_through_s3(bucket, self.keys, self.via, USES_KEY),
            ]
        )

    def validation(self) -> Where:
        """Return the upload of GuardDuty's one object."""
        return Resource(f"{self.part.bucket.arn}/{VALIDATED}") & Action("s3:PutObject")


@dataclass(frozen=True)
class Readers:
    """The ARNs of the roles that read whatever was found.

    Attributes:
        content: those that read an object or a version.
        otherwise: those that read in other ways.
    """

    content: tuple[str, ...]
    otherwise: tuple[str, ...]


def nothing_unscanned_is_read(parts: Mapping[Part, Readers], *, enforced: bool) -> Property | GivenUp:
    """Return that nobody reads content that was not found clean, or that the settings give that up yet.

    Args:
        parts: what is scanned, with those who read it.
        enforced: whether the settings say so.
    """
    name = "nothing-unscanned-is-read"
    where, roles = _where(list(parts)), _roles([(*one.content, *one.otherwise) for one in parts.values()])
    says = (
        f"Nobody but {roles} can read an object or a version {where} unless its tag says that GuardDuty "
        "found no threat in it; nor annotations, which GuardDuty does not scan."
    )
    if not enforced:
        return GivenUp(
            name, says, "malware_scan.enforce is false: objects are tagged, and can be read before that"
        )
    unscanned = ~When({"StringEquals": {TAG: CLEAN}})

    def reads(readers: Readers) -> Where:
        content = Action(*READING) & unscanned & _others(readers.content)
        return content | (Action(*READING_OTHERWISE) & _others(readers.otherwise))

    return Property(
        name,
        says,
        "Strangers upload through links, and what they upload must not reach anyone before the scan.",
        tuple(
            Ask(one.bucket.what, one.bucket.decision, nobody(one.objects & reads(readers)))
            for one, readers in parts.items()
        ),
    )


def only_the_scanner_tags(parts: Mapping[Part, Sequence[str]]) -> Property:
    """Return that nobody else decides what counts as scanned.

    Args:
        parts: what is scanned, with the ARNs of the roles that write tags.
    """
    return Property(
        "only-the-scanner-tags",
        f"Nobody but {_roles(parts.values())} can write, change or remove a tag of an object "
        f"{_where(list(parts))}, with an upload or a copy either.",
        "Anyone who can write the tag can make malware count as clean.",
        tuple(
            Ask(
                one.bucket.what,
                one.bucket.decision,
                nobody(one.objects & Action(*TAGGING) & _others(taggers)),
            )
            for one, taggers in parts.items()
        ),
    )


def scans_exactly(holders: Mapping[Holder, Scanner]) -> Property:
    """Return that the role, and its boundary, allow to scan one bucket, and nothing else.

    Args:
        holders: who holds the role's policy, and who holds the boundary's, each with what it is for.
    """
    return Property(
        "scans-exactly",
        "The role that scans, and its permissions boundary, allow to read and tag objects of one bucket, to "
        "be notified of them, to upload GuardDuty's own object, and nothing else.",
        "The role that deploys writes this role's policy; without the boundary it could allow anything.",
        does_exactly({holder: scanner.reference() for holder, scanner in holders.items()}),
    )


def taken_by_guardduty_only(role: Holder, account: str) -> Property:
    """Return that GuardDuty can assume the role, and only for this account if it says for which.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    for_us = When({"StringEqualsIfExists": {"aws:SourceAccount": account}})
    guardduty = Principal(service=(GUARDDUTY,)) & Action("sts:AssumeRole") & for_us
    return Property(
        "scan-role-taken-by-guardduty",
        "Only GuardDuty can assume the role that scans, and only for this account if it says for which.",
        "Anyone who can assume the role can read what was not scanned, and say that it was.",
        taken_only_by(role, "GuardDuty", guardduty),
    )


def scan_passes(role_arn: str, scanner: Scanner, parts: Mapping[Part, Readers], inside: Where) -> Property:
    """Return that the buckets deny nothing that the role needs, and no role to read what was not found clean.

    Args:
        role_arn: the role that scans; its one object names no encryption, or the bucket's.
        scanner: what it scans.
        parts: as of `nothing_unscanned_is_read`.
        inside: the requests from where they may come; the role that scans passes from anywhere.
    """
    bucket = scanner.part.bucket
    sent = delivered_by_role()
    asked = any_of(
        [scanner.part.objects & Action(*SCANS), scanner.validation() & named_rightly(scanner.keys)]
    )
    asked |= bucket.itself & Action("s3:GetBucketNotification", "s3:ListBucket", "s3:PutBucketNotification")
    asks = [Ask(bucket.what, bucket.decision, never_denied(Principal(role_arn) & asked & sent))]
    for one, readers in parts.items():
        content = tuple(arn for arn in readers.content if arn != role_arn)
        reads = [(content, READING), (readers.otherwise, READING_OTHERWISE)]
        asked = any_of([Principal(*arns) & Action(*actions) for arns, actions in reads if arns])
        if content or readers.otherwise:
            claim = never_denied(one.objects & asked & sent & inside)
            asks.append(Ask(f"{one.bucket.what}, for other readers", one.bucket.decision, claim))
    return Property(
        "scan-passes",
        "No bucket policy denies what the role needs to scan, from any network, or keeps those from reading "
        "who may read what was not found clean.",
        "An object that cannot be scanned is never read, or is read unscanned.",
        tuple(asks),
    )


def _others(roles: Sequence[str]) -> Where:
    return ~Principal(*roles) if roles else EVERY


def _roles(groups: Iterable[Sequence[str]]) -> str:
    arns = dict.fromkeys(arn for roles in groups for arn in roles)
    names = [arn.partition(":role/")[2] for arn in arns]
    return f"the role{'s' if len(names) > 1 else ''} {', '.join(names)}"


def _where(parts: Sequence[Part]) -> str:
    prefixes = parts[0].prefixes
    below = f"below {' or '.join(prefixes)} " if prefixes else ""
    return f"{below}in the {' or the '.join(one.bucket.what for one in parts)}"
