"""What GuardDuty may do when it scans a bucket: the role's trust, its policy, its place in the key policy.

https://docs.aws.amazon.com/guardduty/latest/ug/malware-protection-s3-iam-policy-prerequisite.html
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from constructs_lib.arguments import BucketArn, Key, KeyArns, checked
from constructs_lib.policies import Document, Statement, document
from constructs_lib.policies.key_policy import USE_ACTIONS, through_s3
from constructs_lib.policies.place import Place

GUARDDUTY = "malware-protection-plan.guardduty.amazonaws.com"

VALIDATION_OBJECT = "malware-protection-resource-validation-object"
"""The key of the object with which GuardDuty checks that it can use the bucket."""

MANAGED_RULES = "rule/DO-NOT-DELETE-AmazonGuardDutyMalwareProtectionS3*"
"""The EventBridge rules that GuardDuty makes for itself; no page says what the rest of a name is."""


@checked
@dataclass(frozen=True)
class Scanned:
    """A bucket that is scanned.

    Attributes:
        bucket_arn: the bucket.
        place: where it is.
        key_arn: the KMS key of its objects; None with SSE-S3.
        prefixes: what the keys of the scanned objects begin with; all keys where empty.
    """

    bucket_arn: BucketArn
    place: Place
    key_arn: KeyArns | None
    prefixes: tuple[Key, ...] = ()

    @property
    def objects(self) -> list[str]:
        """The scanned objects, as ARNs with a wildcard."""
        return scanned_objects(self.bucket_arn, self.prefixes)


def scanned_objects(bucket_arn: str, prefixes: Sequence[str]) -> list[str]:
    """Return the objects of a bucket below some prefixes, or all of them, as ARNs with a wildcard."""
    return [f"{bucket_arn}/{prefix}*" for prefix in prefixes or ("",)]


def trust_policy(*, account_id: str) -> Document:
    """Return the trust policy: GuardDuty takes the role, for this account where it says for which.

    IfExists, as no page of AWS says that GuardDuty sends this key when it takes the role. Only who may pass
    the role can set it on a plan.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    return document(
        {
            "Sid": "AllowMalwareScan",
            "Effect": "Allow",
            "Principal": {"Service": GUARDDUTY},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEqualsIfExists": {"aws:SourceAccount": account_id}},
        }
    )


def allow_managed_rules(*, place: Place) -> Statement:
    """Let GuardDuty make and change the rule that sends it the bucket's events; no rule of anybody else.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rules.html#eb-rules-managed
    """
    return {
        "Sid": "AllowManagedRules",
        "Effect": "Allow",
        "Action": ["events:DeleteRule", "events:PutRule", "events:PutTargets", "events:RemoveTargets"],
        "Resource": place.arn("events", MANAGED_RULES),
        "Condition": {"StringEquals": {"events:ManagedBy": GUARDDUTY}},
    }


def allow_see_managed_rules(*, place: Place) -> Statement:
    """Let GuardDuty see whether that rule still is as it made it."""
    return {
        "Sid": "AllowSeeManagedRules",
        "Effect": "Allow",
        "Action": ["events:DescribeRule", "events:ListTargetsByRule"],
        "Resource": place.arn("events", MANAGED_RULES),
    }


def allow_events_of_bucket(*, bucket_arn: str) -> Statement:
    """Let GuardDuty turn EventBridge on in the bucket, and see that the bucket is there."""
    return {
        "Sid": "AllowEventsOfBucket",
        "Effect": "Allow",
        "Action": ["s3:GetBucketNotification", "s3:ListBucket", "s3:PutBucketNotification"],
        "Resource": bucket_arn,
    }


def allow_scan(*, objects: Sequence[str]) -> Statement:
    """Let GuardDuty read objects, and write and read their tags."""
    return {
        "Sid": "AllowScan",
        "Effect": "Allow",
        "Action": [
            "s3:GetObject",
            "s3:GetObjectTagging",
            "s3:GetObjectVersion",
            "s3:GetObjectVersionTagging",
            "s3:PutObjectTagging",
            "s3:PutObjectVersionTagging",
        ],
        "Resource": list(objects),
    }


def allow_validation_object(*, bucket_arn: str) -> Statement:
    """Let GuardDuty put the one object with which it checks that it can use the bucket."""
    return {
        "Sid": "AllowValidationObject",
        "Effect": "Allow",
        "Action": "s3:PutObject",
        "Resource": f"{bucket_arn}/{VALIDATION_OBJECT}",
    }


def scan_policy(scanned: Scanned) -> Document:
    """Return the role's policy: what AWS's page lists, for the prefixes only where there are some."""
    statements = [
        allow_managed_rules(place=scanned.place),
        allow_see_managed_rules(place=scanned.place),
        allow_events_of_bucket(bucket_arn=scanned.bucket_arn),
        allow_scan(objects=scanned.objects),
        allow_validation_object(bucket_arn=scanned.bucket_arn),
    ]
    if scanned.key_arn is not None:
        statements.append(
            {
                "Sid": "AllowScanKey",
                "Effect": "Allow",
                "Action": USE_ACTIONS,
                "Resource": scanned.key_arn,
                "Condition": through_s3(scanned.place, scanned.bucket_arn),
            }
        )
    return document(*statements)


def scan_boundary(scanned: Scanned) -> Document:
    """Return the permissions boundary: whatever its policy says, the role only scans this bucket.

    The stack that makes the boundary does not know the key, so it allows any key of the account, through S3
    and for this bucket; and any prefix, so that a change of the prefixes needs no administrator.
    """
    return scan_policy(replace(scanned, key_arn=scanned.place.arn("kms", "key/*"), prefixes=()))


def key_statement(scanned: Scanned, *, role_arn: str) -> Statement:
    """Return the statement that lets the role use the bucket's key; its own policy has to allow that too.

    The principal is the account: KMS refuses a key policy that names a role which does not exist yet.
    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
    """
    return {
        "Sid": "AllowMalwareScan",
        "Effect": "Allow",
        "Principal": {"AWS": scanned.place.iam("root")},
        "Action": USE_ACTIONS,
        "Resource": "*",
        "Condition": through_s3(scanned.place, scanned.bucket_arn)
        | {"ArnEquals": {"aws:PrincipalArn": role_arn}},
    }
