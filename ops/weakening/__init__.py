"""What a change of a resource does to security, judged from its attributes before and after.

The attributes are those of Terraform's plan JSON
(https://developer.hashicorp.com/terraform/internals/json-format#change-representation),
so that hand-made changes and planned ones are judged alike.
"""

from collections.abc import Callable, Mapping

from ops.attributes import Attributes
from ops.findings import Finding
from ops.weakening import audit, browser_and_events, bucket, key, policies, records, retention

JUDGES: Mapping[str, Callable[[Attributes, Attributes], list[Finding]]] = {
    **audit.JUDGES,
    **browser_and_events.JUDGES,
    **bucket.JUDGES,
    **key.JUDGES,
    **policies.JUDGES,
    **records.JUDGES,
    **retention.JUDGES,
}
"""By the type of the resource, what says what a change of it means."""

GONE: Mapping[str, Callable[[Attributes], Finding]] = {
    **audit.GONE,
    **bucket.GONE,
    **key.GONE,
    **policies.GONE,
}
"""Likewise, what it means that such a resource is gone."""

# What AWS does where such a resource does not exist.
ABSENT: Mapping[str, Attributes] = {
    "aws_s3_bucket_public_access_block": {
        "block_public_acls": False,
        "block_public_policy": False,
        "ignore_public_acls": False,
        "restrict_public_buckets": False,
    },
    "aws_s3_bucket_versioning": {"versioning_configuration": [{"status": "Disabled"}]},
    "aws_s3_bucket_server_side_encryption_configuration": {
        "rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "AES256"}]}]
    },
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketOwnershipControls.html
    "aws_s3_bucket_ownership_controls": {"rule": [{"object_ownership": "ObjectWriter"}]},
    "aws_s3_bucket_policy": {"policy": None},
    "aws_s3_bucket_cors_configuration": {"cors_rule": []},
    "aws_s3_bucket_lifecycle_configuration": {"rule": []},
    "aws_s3_bucket_logging": {"target_bucket": None},
    "aws_s3_bucket_inventory": {"enabled": False},
    "aws_s3_bucket_notification": {"eventbridge": False},
    "aws_s3_bucket_object_lock_configuration": {"rule": []},
    "aws_s3_bucket_replication_configuration": {"rule": []},
}


def findings(kind: str, before: Attributes | None, after: Attributes | None) -> list[Finding]:
    """Say what a change of one resource does to security, the gravest first.

    Args:
        kind: the resource's type, such as `aws_s3_bucket`.
        before: its attributes; None where it did not exist.
        after: likewise; None where it is gone. An attribute that is missing only here is
            one that is not known before it is applied.

    Returns:
        The findings; none where nothing of it matters for security.
    """
    if kind in ABSENT:
        before = ABSENT[kind] if before is None else before
        after = ABSENT[kind] if after is None else after
    if before is not None and after is None:
        return [GONE[kind](before)] if kind in GONE else []
    judge = JUDGES.get(kind)
    # A key, a bucket or a managed policy that is new weakens nothing that was there before.
    found = [] if judge is None or before is None or after is None else judge(before, after)
    return sorted(found, key=lambda finding: finding.severity, reverse=True)
