"""What Terraform asks of AWS for each type of resource: the data of the deploy policy.

tests/e2e/test_deploy_policy_calls.py records the provider's calls, and fails where an action lacks here or is
never used. What an API call needs is in AWS's service authorization reference:
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

When = Literal["read", "scan", "write", "destroy", "empty", "empty locked"]
"""read: plans too; scan: the same, of a policy that guards the tags of a scan for malware; write: creates and
changes; destroy: left out for what `prevent_destroy` protects; empty: deletes the objects of a bucket with
`force_destroy`; empty locked: of one with Object Lock too."""

Target = Literal[
    "no key yet",
    "all aliases",
    "bucket",
    "objects",
    "scanned objects",
    "unlabelled key",  # ours, or one whose tags and aliases do not count yet
    "tags of a new key",
    "policy of a new key",
    "key",
    "alias",
    "policy",
    "role",
    "attachment",
    "own role",  # that the stack makes
    "new role",  # the same, within its permissions boundary
    "role for S3",
    "role for GuardDuty",
    "new plan",
    "plan",
    "trails",
    "trail",
    "rule",
    "topic",
    "subscription",
]
"""What an action is done to; deploy_policy.py says how each is written as resources and conditions."""


@dataclass(frozen=True)
class Need:
    """Actions that are needed on occasion.

    Attributes:
        when: on which occasion.
        target: what they are done to.
        actions: their names.
    """

    when: When
    target: Target
    actions: tuple[str, ...]


NEEDS: Mapping[str, tuple[Need, ...]] = {
    "aws_s3_bucket": (
        Need(
            "read",
            "bucket",
            (
                # The provider asks for every setting that a bucket can have.
                "s3:GetAccelerateConfiguration",
                "s3:GetBucketAcl",
                "s3:GetBucketCORS",
                "s3:GetBucketLogging",
                "s3:GetBucketObjectLockConfiguration",
                "s3:GetBucketPolicy",
                "s3:GetBucketRequestPayment",
                "s3:GetBucketTagging",
                "s3:GetBucketVersioning",
                "s3:GetBucketWebsite",
                "s3:GetEncryptionConfiguration",
                "s3:GetLifecycleConfiguration",
                "s3:GetReplicationConfiguration",
                "s3:ListBucket",  # what HeadBucket needs
            ),
        ),
        Need("write", "bucket", ("s3:CreateBucket", "s3:PutBucketTagging")),
        Need("destroy", "bucket", ("s3:DeleteBucket",)),
        Need("empty", "bucket", ("s3:ListBucketVersions",)),
        Need("empty", "objects", ("s3:DeleteObjectVersion",)),
        # Nobody else gets it, or a lock in governance mode would be none. In compliance mode it lets nobody
        # delete anything either.
        Need("empty locked", "objects", ("s3:BypassGovernanceRetention",)),
        # Whether a version is locked is asked before (ops/deploy/locked_objects.py): the provider does not.
        Need("empty locked", "objects", ("s3:GetObjectLegalHold", "s3:GetObjectRetention")),
    ),
    # These have no action of their own for deletion: S3 asks for that of the change.
    "aws_s3_bucket_ownership_controls": (
        Need("read", "bucket", ("s3:GetBucketOwnershipControls",)),
        Need("write", "bucket", ("s3:PutBucketOwnershipControls",)),
    ),
    "aws_s3_bucket_public_access_block": (
        Need("read", "bucket", ("s3:GetBucketPublicAccessBlock",)),
        Need("write", "bucket", ("s3:PutBucketPublicAccessBlock",)),
    ),
    "aws_s3_bucket_server_side_encryption_configuration": (
        Need("read", "bucket", ("s3:GetEncryptionConfiguration",)),
        Need("write", "bucket", ("s3:PutEncryptionConfiguration",)),
    ),
    "aws_s3_bucket_versioning": (
        Need("read", "bucket", ("s3:GetBucketVersioning",)),
        Need("write", "bucket", ("s3:PutBucketVersioning",)),
    ),
    "aws_s3_bucket_policy": (
        Need("read", "bucket", ("s3:GetBucketPolicy",)),
        # The preflight counts what `enforce` would make unreadable (ops/preflight/malware_scan.py).
        Need("scan", "bucket", ("s3:ListBucketVersions",)),
        Need("scan", "scanned objects", ("s3:GetObjectVersionTagging",)),
        Need("write", "bucket", ("s3:PutBucketPolicy",)),
        Need("destroy", "bucket", ("s3:DeleteBucketPolicy",)),
    ),
    # There is no action for its deletion either.
    "aws_s3_bucket_logging": (
        Need("read", "bucket", ("s3:GetBucketLogging",)),
        Need("write", "bucket", ("s3:PutBucketLogging",)),
    ),
    "aws_s3_bucket_inventory": (
        Need("read", "bucket", ("s3:GetInventoryConfiguration",)),
        Need("write", "bucket", ("s3:PutInventoryConfiguration",)),
    ),
    "aws_s3_bucket_lifecycle_configuration": (
        Need("read", "bucket", ("s3:GetLifecycleConfiguration",)),
        Need("write", "bucket", ("s3:PutLifecycleConfiguration",)),
    ),
    "aws_s3_bucket_replication_configuration": (
        Need("read", "bucket", ("s3:GetReplicationConfiguration",)),
        # There is no action for its deletion either.
        Need("write", "bucket", ("s3:PutReplicationConfiguration",)),
        Need("write", "role for S3", ("iam:PassRole",)),
    ),
    # To make a bucket with Object Lock, S3 asks for this and s3:PutBucketVersioning too:
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
    "aws_s3_bucket_object_lock_configuration": (
        Need("read", "bucket", ("s3:GetBucketObjectLockConfiguration",)),
        Need("write", "bucket", ("s3:PutBucketObjectLockConfiguration",)),
    ),
    "aws_s3_bucket_notification": (
        Need("read", "bucket", ("s3:GetBucketNotification",)),
        Need("write", "bucket", ("s3:PutBucketNotification",)),
    ),
    "aws_s3_bucket_cors_configuration": (
        Need("read", "bucket", ("s3:GetBucketCORS",)),
        Need("write", "bucket", ("s3:PutBucketCORS",)),
    ),
    "aws_guardduty_malware_protection_plan": (
        Need("read", "plan", ("guardduty:GetMalwareProtectionPlan", "guardduty:ListTagsForResource")),
        Need("write", "new plan", ("guardduty:CreateMalwareProtectionPlan",)),
        Need("write", "role for GuardDuty", ("iam:PassRole",)),
        Need(
            "write",
            "plan",
            ("guardduty:TagResource", "guardduty:UntagResource", "guardduty:UpdateMalwareProtectionPlan"),
        ),
        Need("destroy", "plan", ("guardduty:DeleteMalwareProtectionPlan",)),
    ),
    "terraform_data": (),  # is in the state only
    "aws_kms_key": (
        Need(
            "read",
            "unlabelled key",
            ("kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags"),
        ),
        Need("write", "no key yet", ("kms:CreateKey",)),
        Need("write", "tags of a new key", ("kms:TagResource",)),
        # KMS makes no key whose policy its maker could not change afterwards:
        # https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html#KMS-CreateKey-request-Policy
        Need("write", "policy of a new key", ("kms:PutKeyPolicy",)),
        Need("write", "unlabelled key", ("kms:EnableKeyRotation",)),
        # A key that somebody disabled is enabled again: the provider sets what `is_enabled` says.
        Need("write", "key", ("kms:EnableKey", "kms:PutKeyPolicy", "kms:TagResource", "kms:UntagResource")),
        Need("destroy", "key", ("kms:ScheduleKeyDeletion",)),
    ),
    # KMS asks for each of these on the alias and on its key:
    # https://docs.aws.amazon.com/kms/latest/developerguide/alias-access.html
    "aws_kms_alias": (
        Need("read", "all aliases", ("kms:ListAliases",)),
        Need("write", "alias", ("kms:CreateAlias", "kms:UpdateAlias")),
        Need("write", "unlabelled key", ("kms:CreateAlias", "kms:UpdateAlias")),
        Need("destroy", "alias", ("kms:DeleteAlias",)),
        Need("destroy", "key", ("kms:DeleteAlias",)),
    ),
    "aws_iam_policy": (
        Need("read", "policy", ("iam:GetPolicy", "iam:GetPolicyVersion")),
        Need(
            "write",
            "policy",
            (
                "iam:CreatePolicy",
                "iam:CreatePolicyVersion",
                # A policy has at most five versions, so the oldest is deleted.
                "iam:DeletePolicyVersion",
                "iam:ListPolicyVersions",
                "iam:TagPolicy",
                "iam:UntagPolicy",
            ),
        ),
        Need("destroy", "policy", ("iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:ListPolicyVersions")),
    ),
    "aws_iam_role": (
        Need("read", "own role", ("iam:GetRole", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies")),
        Need("write", "new role", ("iam:CreateRole",)),
        Need(
            "write",
            "own role",
            ("iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRoleDescription"),
        ),
        Need("destroy", "own role", ("iam:DeleteRole", "iam:ListInstanceProfilesForRole")),
    ),
    "aws_iam_role_policy_attachment": (
        Need("read", "role", ("iam:ListAttachedRolePolicies",)),
        Need("write", "attachment", ("iam:AttachRolePolicy",)),
        Need("destroy", "attachment", ("iam:DetachRolePolicy",)),
    ),
    "aws_cloudtrail": (
        Need("read", "trails", ("cloudtrail:DescribeTrails",)),
        Need(
            "read",
            "trail",
            (
                "cloudtrail:GetEventSelectors",
                "cloudtrail:GetTrailStatus",
                "cloudtrail:ListTags",
            ),
        ),
        Need(
            "write",
            "trail",
            (
                "cloudtrail:AddTags",
                "cloudtrail:CreateTrail",
                "cloudtrail:PutEventSelectors",
                "cloudtrail:RemoveTags",
                "cloudtrail:StartLogging",
                "cloudtrail:UpdateTrail",
            ),
        ),
        Need("destroy", "trail", ("cloudtrail:DeleteTrail",)),
    ),
    "aws_cloudwatch_event_rule": (
        Need("read", "rule", ("events:DescribeRule", "events:ListTagsForResource")),
        Need("write", "rule", ("events:PutRule", "events:TagResource", "events:UntagResource")),
        Need("destroy", "rule", ("events:DeleteRule",)),
    ),
    "aws_cloudwatch_event_target": (
        Need("read", "rule", ("events:ListTargetsByRule",)),
        Need("write", "rule", ("events:PutTargets",)),
        Need("destroy", "rule", ("events:RemoveTargets",)),
    ),
    "aws_sns_topic": (
        Need("read", "topic", ("sns:GetTopicAttributes", "sns:ListTagsForResource")),
        Need("write", "topic", ("sns:CreateTopic", "sns:TagResource", "sns:UntagResource")),
        Need("destroy", "topic", ("sns:DeleteTopic",)),
    ),
    "aws_sns_topic_policy": (
        Need("read", "topic", ("sns:GetTopicAttributes",)),
        # There is no action for its deletion either.
        Need("write", "topic", ("sns:SetTopicAttributes",)),
    ),
    "aws_sns_topic_subscription": (
        Need("read", "subscription", ("sns:GetSubscriptionAttributes",)),
        Need("write", "topic", ("sns:Subscribe",)),
        Need("destroy", "subscription", ("sns:Unsubscribe",)),
    ),
}
"""What a stack's resources need, by the type of the resource."""

NEEDS_OF_VERSION_6: Mapping[str, tuple[Need, ...]] = {
    # It tags buckets through S3 Control, which access by tags needs, and falls back to the older actions
    # where these are denied: https://github.com/hashicorp/terraform-provider-aws/pull/45251
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging-enable-abac.html
    "aws_s3_bucket": (
        Need("read", "bucket", ("s3:ListTagsForResource",)),
        Need("write", "bucket", ("s3:TagResource", "s3:UntagResource")),
    ),
}
"""What version 6 of the provider asks for besides: from its issues, as nobody has run it here."""


def needs_of(kind: str, provider_version: str) -> tuple[Need, ...]:
    """Return what resources of a type need with a version of the provider."""
    further = NEEDS_OF_VERSION_6 if provider_version.startswith("6.") else {}
    return NEEDS[kind] + further.get(kind, ())
