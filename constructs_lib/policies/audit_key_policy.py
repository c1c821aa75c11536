"""The key policy of the KMS key that encrypts the records of a trail, and the alarms on their way.

It is separate from the data's key: an alarm that the data's key was disabled
could not be published to a topic that this same key encrypts.
"""

from constructs_lib.policies import Document, Statement, document
from constructs_lib.policies.key_policy import management, via_s3
from constructs_lib.policies.place import Place

CLOUDTRAIL = "cloudtrail.amazonaws.com"
EVENTBRIDGE = "events.amazonaws.com"
TRAIL_CONTEXT = "kms:EncryptionContext:aws:cloudtrail:arn"


def allow_trail_to_encrypt(*, trail_arn: str) -> Statement:
    """Let CloudTrail encrypt the records of this trail.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
    """
    return {
        "Sid": "AllowTrailToEncrypt",
        "Effect": "Allow",
        "Principal": {"Service": CLOUDTRAIL},
        "Action": "kms:GenerateDataKey*",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceArn": trail_arn, TRAIL_CONTEXT: trail_arn}},
    }


def allow_trail_to_describe_key(*, trail_arn: str) -> Statement:
    """Let CloudTrail check that it can use the key; same page as for encryption."""
    return {
        "Sid": "AllowTrailToDescribeKey",
        "Effect": "Allow",
        "Principal": {"Service": CLOUDTRAIL},
        "Action": "kms:DescribeKey",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceArn": trail_arn}},
    }


def allow_reading_trail(*, place: Place, trail_arn: str) -> Statement:
    """Let IAM policies of the account allow decrypting the trail's records, and nothing else, through S3.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html#create-kms-key-policy-for-cloudtrail-decrypt
    """
    return {
        "Sid": "AllowReadingTrail",
        "Effect": "Allow",
        "Principal": {"AWS": place.iam("root")},
        "Action": "kms:Decrypt",
        "Resource": "*",
        "Condition": {"StringEquals": {"kms:ViaService": via_s3(place), TRAIL_CONTEXT: trail_arn}},
    }


def allow_alarms(*, topic_arn: str) -> Statement:
    """Let EventBridge publish to the topic that this key encrypts, and to no other.

    `aws:SourceArn` and `aws:SourceAccount` must not be used here: EventBridge sends neither to KMS, so no
    alarm would arrive. SNS names the topic in the encryption context.
    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
    """
    return {
        "Sid": "AllowAlarms",
        "Effect": "Allow",
        "Principal": {"Service": EVENTBRIDGE},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
        "Condition": {"StringEquals": {"kms:EncryptionContext:aws:sns:topicArn": topic_arn}},
    }


def audit_key_policy(
    *, place: Place, trail_arn: str, topic_arn: str, deploy_role: str | None = None
) -> Document:
    """Return the key policy: the account manages and reads, CloudTrail and EventBridge use.

    Args:
        place: where key, trail and topic are; the account's administrators manage the key.
        trail_arn: the trail whose records it encrypts.
        topic_arn: the topic whose messages it encrypts.
        deploy_role: the ARN of the role that makes the key, where known.
    """
    return document(
        *management(place=place, deploy_role=deploy_role),
        allow_trail_to_encrypt(trail_arn=trail_arn),
        allow_trail_to_describe_key(trail_arn=trail_arn),
        allow_reading_trail(place=place, trail_arn=trail_arn),
        allow_alarms(topic_arn=topic_arn),
    )
