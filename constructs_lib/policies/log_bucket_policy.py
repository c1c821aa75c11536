"""The policy of the bucket that AWS delivers records to: access logs, inventories, trails.

Each service writes as itself, and says for whom in `aws:SourceArn` and
`aws:SourceAccount`; without these conditions anybody could have their own
records written here
(https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html).
"""

from constructs_lib.policies import Condition, Document, Statement, deny, document
from constructs_lib.policies.bucket_policy import (
    REPLICATE_ACTIONS,
    WRITE_ACTIONS,
    deny_insecure_transport,
    deny_outdated_tls,
)
from constructs_lib.policies.links import deny_legacy_signatures

INVENTORY_PREFIX = "inventory/"
TRAIL_PREFIX = "AWSLogs/"
"""CloudTrail adds it itself, and the account's id after it."""


def _delivery(sid: str, service: str, action: str, resource: str, condition: Condition) -> Statement:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": action,
        "Resource": resource,
        "Condition": condition,
    }


def _for(source_arn: str, account_id: str) -> Condition:
    return {"ArnEquals": {"aws:SourceArn": source_arn}, "StringEquals": {"aws:SourceAccount": account_id}}


def allow_access_logs(*, bucket_arn: str, prefix: str, source_arn: str, account_id: str) -> Statement:
    """Let S3 deliver the access logs of one bucket.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html#grant-log-delivery-permissions-general
    """
    condition = _for(source_arn, account_id)
    return _delivery(
        "AllowAccessLogs", "logging.s3.amazonaws.com", "s3:PutObject", f"{bucket_arn}/{prefix}*", condition
    )


def allow_inventory(*, bucket_arn: str, source_arn: str, account_id: str) -> Statement:
    """Let S3 deliver the inventory of one bucket.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html#example-bucket-policies-s3-inventory-1
    """
    condition = _for(source_arn, account_id)
    condition["StringEquals"]["s3:x-amz-acl"] = "bucket-owner-full-control"
    resource = f"{bucket_arn}/{INVENTORY_PREFIX}*"
    return _delivery("AllowInventory", "s3.amazonaws.com", "s3:PutObject", resource, condition)


def allow_trail(*, bucket_arn: str, trail_arn: str, account_id: str) -> list[Statement]:
    """Let CloudTrail check the bucket's owner, and deliver the records of one trail.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
    """
    service = "cloudtrail.amazonaws.com"
    look: Condition = {"ArnEquals": {"aws:SourceArn": trail_arn}}
    write: Condition = look | {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}
    resource = f"{bucket_arn}/{TRAIL_PREFIX}{account_id}/*"
    return [
        _delivery("AllowTrailToLook", service, "s3:GetBucketAcl", bucket_arn, look),
        _delivery("AllowTrail", service, "s3:PutObject", resource, write),
    ]


def deny_other_writers(*, bucket_arn: str) -> Statement:
    """Refuse every upload that is not by an AWS service: nobody can forge or overwrite a record.

    It also refuses annotations, changes of the key, and replication into the bucket, which needs other
    permissions. IfExists, because an unsigned request does not say whether a service sent it.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalisawsservice
    """
    condition: Condition = {"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}
    actions = [*REPLICATE_ACTIONS, *WRITE_ACTIONS]
    return deny("DenyOtherWriters", actions, f"{bucket_arn}/*", condition)


def deny_deletion(*, bucket_arn: str) -> Statement:
    """Refuse every request to delete records; the bucket's lifecycle needs no permission.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
    """
    return deny("DenyDeletion", ["s3:DeleteObject", "s3:DeleteObjectVersion"], f"{bucket_arn}/*", {})


def log_bucket_policy(
    *,
    bucket_arn: str,
    prefix: str,
    source_arn: str,
    account_id: str,
    inventory: bool = False,
    trail_arn: str | None = None,
    protect: bool = True,
) -> Document:
    """Return the policy of a log bucket.

    Args:
        bucket_arn: the log bucket.
        prefix: what the keys of the access logs begin with.
        source_arn: the bucket whose requests are logged.
        account_id: the account of both.
        inventory: whether the inventory of that bucket is delivered too.
        trail_arn: the trail whose records are delivered too, if any.
        protect: whether nobody may delete records; where False, a destroy empties the bucket.
    """
    statements = [
        deny_insecure_transport(bucket_arn=bucket_arn),
        deny_outdated_tls(bucket_arn=bucket_arn),
        deny_legacy_signatures(bucket_arn=bucket_arn),
        deny_other_writers(bucket_arn=bucket_arn),
    ]
    if protect:
        statements.append(deny_deletion(bucket_arn=bucket_arn))
    statements.append(
        allow_access_logs(bucket_arn=bucket_arn, prefix=prefix, source_arn=source_arn, account_id=account_id)
    )
    if inventory:
        statements.append(
            allow_inventory(bucket_arn=bucket_arn, source_arn=source_arn, account_id=account_id)
        )
    if trail_arn is not None:
        statements += allow_trail(bucket_arn=bucket_arn, trail_arn=trail_arn, account_id=account_id)
    return document(*statements)
