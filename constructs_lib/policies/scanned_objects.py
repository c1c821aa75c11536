"""Who may read an object before its scan, and who decides what counts as scanned: statements for buckets.

https://docs.aws.amazon.com/guardduty/latest/ug/tag-based-access-s3-malware-protection.html
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from constructs_lib.arguments import Key, PrincipalArn, checked
from constructs_lib.policies import Condition, Statement, deny
from constructs_lib.policies.scan_policy import scanned_objects

SCAN_TAG = "GuardDutyMalwareScanStatus"
"""The tag with which GuardDuty says what a scan found."""

CLEAN = "NO_THREATS_FOUND"
"""Its value where nothing was found.

The others are THREATS_FOUND, UNSUPPORTED (such as of a file with a password), ACCESS_DENIED and FAILED.
https://docs.aws.amazon.com/guardduty/latest/ug/monitoring-malware-protection-s3-scans-gdu.html#s3-object-scan-result-value-malware-protection
"""

READ_ACTIONS = ["s3:GetObject", "s3:GetObjectVersion"]
"""What gives the content of an object and goes by its tags."""

OTHER_READ_ACTIONS = [
    "s3:GetObjectAnnotation",
    "s3:GetObjectTorrent",
    "s3:GetObjectVersionAnnotation",
    "s3:GetObjectVersionAnnotationForReplication",
    "s3:GetObjectVersionForReplication",
    "s3:GetObjectVersionTorrent",
]
"""What gives content that GuardDuty does not scan, which an annotation is, or knows no tag of the object."""

TAG_ACTIONS = [
    "s3:DeleteObjectTagging",
    "s3:DeleteObjectVersionTagging",
    "s3:PutObjectTagging",
    "s3:PutObjectVersionTagging",
    "s3:ReplicateTags",
]
"""What changes the tags of an object, each of them all tags at once.

An upload or a copy with tags needs s3:PutObjectTagging too:
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
"""


TAG_GUARD_SID = "DenyScanTagTampering"
"""The statement that names the scanned objects of a bucket, whether or not reads are refused."""


@checked
@dataclass(frozen=True)
class Scan:
    """How a bucket's objects are scanned.

    Attributes:
        prefixes: what the keys of the scanned objects begin with; all keys where empty.
        enforce: whether nobody reads an object without a clean scan.
        scanner: the role that GuardDuty scans with and puts its validation object; None in a bucket that it
            does not scan.
        replication: the role that replicates from the bucket; None without one.
        taggers: the roles that write tags: the scanner, and the role that replicates into the bucket.
        readers: the other roles that read whatever the scan found.
    """

    prefixes: tuple[Key, ...]
    enforce: bool
    scanner: PrincipalArn | None
    replication: PrincipalArn | None
    taggers: tuple[PrincipalArn, ...]
    readers: tuple[PrincipalArn, ...]


def deny_unscanned_reads(*, bucket_arn: str, scan: Scan) -> Statement:
    """Refuse to read an object, or a version, unless its tag says that nothing was found.

    StringNotEquals is true where there is no tag, also for an object that does not exist. HEAD is
    s3:GetObject as well. By the role's ARN and not with NotPrincipal, which refuses everybody who has a
    permissions boundary:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
    """
    return deny(
        "DenyUnscannedReads",
        READ_ACTIONS,
        scanned_objects(bucket_arn, scan.prefixes),
        {"StringNotEquals": {f"s3:ExistingObjectTag/{SCAN_TAG}": CLEAN}, **_but(scan.scanner, scan.readers)},
    )


def deny_other_unscanned_reads(*, bucket_arn: str, scan: Scan) -> Statement:
    """Refuse to read content in other ways, whatever the scan found.

    No page says that GuardDuty scans annotations, and they can come after the scan. A replication or a
    torrent knows no tag, and a replication that is not ours would copy everything to where anybody reads it.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAnnotation.html
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
    """
    return deny(
        "DenyOtherUnscannedReads",
        OTHER_READ_ACTIONS,
        scanned_objects(bucket_arn, scan.prefixes),
        _but(scan.replication, scan.readers),
    )


def _but(role: str | None, readers: Sequence[str]) -> Condition:
    """Condition that somebody else asks than `role`, if there is one, and `readers`."""
    spared = [*filter(None, [role]), *readers]
    return {"ArnNotEquals": {"aws:PrincipalArn": spared}} if spared else {}


def deny_scan_tag_tampering(*, bucket_arn: str, scan: Scan) -> Statement:
    """Refuse to change the tags of scanned objects, for all but the scanner and our own replication."""
    return deny(
        TAG_GUARD_SID,
        TAG_ACTIONS,
        scanned_objects(bucket_arn, scan.prefixes),
        {"ArnNotEquals": {"aws:PrincipalArn": list(scan.taggers)}},
    )


def scan_statements(*, bucket_arn: str, scan: Scan | None) -> list[Statement]:
    """Return the statements about scanned objects; none where nothing is scanned."""
    if scan is None:
        return []
    statements = [deny_scan_tag_tampering(bucket_arn=bucket_arn, scan=scan)]
    if scan.enforce:
        statements.append(deny_unscanned_reads(bucket_arn=bucket_arn, scan=scan))
        statements.append(deny_other_unscanned_reads(bucket_arn=bucket_arn, scan=scan))
    return statements


def guarded_objects(policy: str) -> list[str]:
    """Return the objects whose tags a bucket's policy guards, as ARNs; none where it is any other policy."""
    if TAG_GUARD_SID not in policy:
        return []
    guards = [one for one in json.loads(policy)["Statement"] if one["Sid"] == TAG_GUARD_SID]
    return [arn for one in guards for arn in one["Resource"]]
