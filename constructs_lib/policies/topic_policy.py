"""The policy of the SNS topic that alarms are published to: EventBridge publishes, and nobody else.

The account's IAM policies decide who manages the topic or subscribes to it.
"""

from collections.abc import Sequence

from constructs_lib.policies import Document, Statement, document

PUBLISH = "sns:Publish"


def allow_eventbridge(*, topic_arn: str) -> Statement:
    """Let EventBridge publish.

    Without a condition, on purpose: EventBridge's guide says that a statement which lets it publish to a
    topic can have none, and an alarm that is lost is worse than one that is forged.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sns-permissions
    """
    return {
        "Sid": "AllowEventBridge",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": PUBLISH,
        "Resource": topic_arn,
    }


def _deny(sid: str, topic_arn: str, condition: dict[str, dict[str, object]]) -> Statement:
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": PUBLISH,
        "Resource": topic_arn,
        "Condition": condition,
    }


def deny_other_rules(*, topic_arn: str, rule_arns: Sequence[str]) -> Statement:
    """Refuse other rules, of this account or another, if EventBridge says which rule it is.

    Null leaves a request that does not say it alone; see `allow_eventbridge`.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
    """
    return _deny(
        "DenyOtherRules",
        topic_arn,
        {"ArnNotEquals": {"aws:SourceArn": list(rule_arns)}, "Null": {"aws:SourceArn": "false"}},
    )


def deny_other_publishers(*, topic_arn: str) -> Statement:
    """Refuse every publisher but AWS services, even administrators: nobody can forge an alarm.

    IfExists, because an unsigned request does not say whether a service sent it.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalisawsservice
    """
    return _deny("DenyOtherPublishers", topic_arn, {"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}})


def deny_insecure_transport(*, topic_arn: str) -> Statement:
    """Refuse plain HTTP.

    https://docs.aws.amazon.com/sns/latest/dg/sns-security-best-practices.html#enforce-encryption-data-in-transit
    """
    return _deny("DenyInsecureTransport", topic_arn, {"Bool": {"aws:SecureTransport": "false"}})


def topic_policy(*, topic_arn: str, rule_arns: Sequence[str]) -> Document:
    """Return the topic policy.

    Args:
        topic_arn: the topic.
        rule_arns: the EventBridge rules that publish to it.
    """
    return document(
        allow_eventbridge(topic_arn=topic_arn),
        deny_other_rules(topic_arn=topic_arn, rule_arns=rule_arns),
        deny_other_publishers(topic_arn=topic_arn),
        deny_insecure_transport(topic_arn=topic_arn),
    )
