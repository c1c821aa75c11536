"""What a change of the audit does to security: pairs of a change that weakens and one that does not."""

from typing import Any

from review.judge import attribute_findings as findings
from review.model import CAREFUL, DANGEROUS, GOOD

import pytest

OBJECTS = {"name": "objects", "field_selector": [{"field": "eventCategory", "equals": ["Data"]}]}
CHANGES = {"name": "changes", "field_selector": [{"field": "eventCategory", "equals": ["Management"]}]}
TRAIL = {
    "name": "t",
    "enable_logging": True,
    "enable_log_file_validation": True,
    "kms_key_id": "ours",
    "s3_bucket_name": "logs",
    "advanced_event_selector": [OBJECTS, CHANGES],
}
RULE = {"name": "r", "state": "ENABLED", "is_enabled": True, "event_pattern": '{"source":["aws.kms"]}'}
TARGET = {"rule": "r", "arn": "topic", "input_transformer": [{"input_template": '"text"'}]}
TOPIC = {"name": "alarms", "kms_master_key_id": "ours"}


def judged(kind: str, before: dict[str, Any] | None, after: dict[str, Any]) -> list[tuple[str, str]]:
    return [(finding.severity, finding.said) for finding in findings(kind, before, after)]


@pytest.mark.parametrize(
    ("kind", "before", "change", "there", "back"),
    [
        (
            "aws_cloudtrail",
            TRAIL,
            {"enable_logging": False},
            (DANGEROUS, "the trail is stopped: it records nothing, and no alarm is raised"),
            (GOOD, "the trail records again"),
        ),
        (
            "aws_cloudtrail",
            TRAIL,
            {"enable_log_file_validation": False},
            (DANGEROUS, "changes to the trail's records can no longer be detected"),
            (GOOD, "changes to the trail's records can be detected"),
        ),
        (
            "aws_cloudtrail",
            TRAIL,
            {"kms_key_id": ""},
            (DANGEROUS, "the trail's records are no longer encrypted with a key of ours"),
            (GOOD, "the trail's records are encrypted with ours now"),
        ),
        (
            "aws_cloudtrail",
            TRAIL,
            {"advanced_event_selector": [OBJECTS]},
            (DANGEROUS, "the trail records other calls than before, and maybe fewer"),
            (GOOD, "the trail records more calls"),
        ),
        (
            "aws_cloudwatch_event_rule",
            RULE,
            {"state": "DISABLED", "is_enabled": False},
            (DANGEROUS, "the rule r is disabled: its alarm is never raised"),
            (GOOD, "the rule r is enabled"),
        ),
        (
            "aws_sns_topic",
            TOPIC,
            {"kms_master_key_id": ""},
            (DANGEROUS, "the alarms are no longer encrypted with a key of ours"),
            (GOOD, "the alarms are encrypted with ours now"),
        ),
    ],
)
def test_a_change_and_its_way_back(
    kind: str,
    before: dict[str, Any],
    change: dict[str, Any],
    there: tuple[str, str],
    back: tuple[str, str],
) -> None:
    assert judged(kind, before, before | change) == [there]
    assert judged(kind, before | change, before) == [back]
    assert judged(kind, before, before) == []


@pytest.mark.parametrize(
    ("kind", "before", "change", "said"),
    [
        (
            "aws_cloudtrail",
            TRAIL,
            {"s3_bucket_name": "elsewhere"},
            (DANGEROUS, "the trail's records go to elsewhere now, and went to logs"),
        ),
        (
            "aws_cloudtrail",
            TRAIL,
            {"kms_key_id": "theirs"},
            (DANGEROUS, "the trail's records are encrypted with another key: theirs, and were with ours"),
        ),
        (
            "aws_cloudwatch_event_rule",
            RULE,
            {"event_pattern": '{"source":["aws.ec2"]}'},
            (DANGEROUS, "the rule r matches other events than before"),
        ),
        (
            "aws_cloudwatch_event_target",
            TARGET,
            {"arn": "elsewhere"},
            (DANGEROUS, "the rule r sends to elsewhere now, and sent to topic"),
        ),
        (
            "aws_cloudwatch_event_target",
            TARGET,
            {"input_transformer": [{"input_template": '"all is well"'}]},
            (CAREFUL, "the rule r sends another message"),
        ),
        (
            "aws_sns_topic_subscription",
            {"endpoint": "ops@example.com"},
            {"endpoint": "mallory@example.com"},
            (DANGEROUS, "mallory@example.com gets the alarms now, and ops@example.com does not"),
        ),
    ],
)
def test_a_change_that_is_weaker_either_way(
    kind: str, before: dict[str, Any], change: dict[str, Any], said: tuple[str, str]
) -> None:
    assert judged(kind, before, before | change) == [said]
    assert len(judged(kind, before | change, before)) == 1


def test_a_topic_policy_that_lets_another_service_publish_is_reported() -> None:
    allow = '{"Statement":[{"Sid":"A","Effect":"Allow","Principal":{"Service":"events.amazonaws.com"}}]}'
    opened = allow.replace('"events.amazonaws.com"', '["events.amazonaws.com","s3.amazonaws.com"]')
    (found,) = findings("aws_sns_topic_policy", {"policy": allow}, {"policy": opened})
    assert found.severity == CAREFUL
    assert findings("aws_sns_topic_policy", {"policy": allow}, {"policy": allow}) == []


@pytest.mark.parametrize(
    ("kind", "before", "severity"),
    [
        ("aws_cloudtrail", TRAIL, DANGEROUS),
        ("aws_cloudwatch_event_rule", RULE, DANGEROUS),
        ("aws_cloudwatch_event_target", TARGET, DANGEROUS),
        ("aws_sns_topic", TOPIC, DANGEROUS),
        ("aws_sns_topic_policy", {"arn": "topic", "policy": "{}"}, DANGEROUS),
    ],
)
def test_what_is_gone_raises_or_delivers_no_alarm(kind: str, before: dict[str, Any], severity: str) -> None:
    assert [finding.severity for finding in findings(kind, before, None)] == [severity]
    assert findings(kind, None, before) == []


def test_a_subscription_that_is_gone_delivers_no_alarm_and_a_new_one_sends_it_outside() -> None:
    before = {"endpoint": "ops@example.com", "protocol": "email"}
    (gone,) = findings("aws_sns_topic_subscription", before, None)
    assert gone.severity == DANGEROUS
    assert judged("aws_sns_topic_subscription", None, before) == [
        (CAREFUL, "ops@example.com gets the messages of the topic, outside of AWS: an e-mail address")
    ]
