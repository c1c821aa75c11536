"""What the review of a plan says when the audit is weakened, and when it is not."""

from typing import Any

from review.model import CAREFUL, DANGEROUS
from tests.review.review_support import review_of

import pytest

TOPIC = "arn:aws:sns:us-east-1:111122223333:alarms"
ONLY_EVENTBRIDGE = (
    '{"Version":"2012-10-17","Statement":[{"Sid":"AllowEventBridge","Effect":"Allow",'
    '"Principal":{"Service":"events.amazonaws.com"},"Action":"sns:Publish","Resource":"*"}]}'
)
BEFORE: dict[str, dict[str, Any]] = {
    "aws_cloudtrail": {
        "name": "t",
        "enable_logging": True,
        "kms_key_id": "ours",
        "s3_bucket_name": "logs",
        "tags": {"Team": "a"},
    },
    "aws_cloudwatch_event_rule": {"name": "r", "state": "ENABLED", "event_pattern": "{}", "description": "a"},
    "aws_cloudwatch_event_target": {"rule": "r", "arn": TOPIC, "target_id": "topic"},
    "aws_sns_topic": {"name": "alarms", "kms_master_key_id": "ours", "policy": ONLY_EVENTBRIDGE},
    "aws_sns_topic_policy": {"arn": TOPIC, "policy": ONLY_EVENTBRIDGE},
    "aws_sns_topic_subscription": {"topic_arn": TOPIC, "endpoint": "ops@example.com", "protocol": "email"},
}


def findings(kind: str, actions: list[str], after: dict[str, Any] | None) -> list[tuple[str, str]]:
    before = None if actions == ["create"] else BEFORE[kind]
    change = {
        "actions": actions,
        "before": before,
        "after": after,
        "after_unknown": {},
        "before_sensitive": {},
        "after_sensitive": {},
    }
    resource = {
        "address": f"{kind}.one",
        "mode": "managed",
        "type": kind,
        "name": "one",
        "change": change,
    }
    plan = {"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": [resource]}
    return [(one.severity, one.words.format(*one.values)) for one in review_of(plan).findings]


@pytest.mark.parametrize(
    ("kind", "change", "words"),
    [
        ("aws_cloudtrail", {"enable_logging": False}, "the trail is stopped"),
        ("aws_cloudtrail", {"kms_key_id": ""}, "no longer encrypted with a key of ours"),
        ("aws_cloudtrail", {"s3_bucket_name": "elsewhere"}, "records go to elsewhere"),
        ("aws_cloudwatch_event_rule", {"state": "DISABLED"}, "the rule r is disabled"),
        ("aws_cloudwatch_event_rule", {"event_pattern": '{"source":["x"]}'}, "matches other events"),
        ("aws_cloudwatch_event_target", {"arn": "elsewhere"}, "sends to elsewhere now"),
        ("aws_sns_topic", {"kms_master_key_id": ""}, "the alarms are no longer encrypted"),
        (
            "aws_sns_topic_policy",
            {"policy": ONLY_EVENTBRIDGE.replace('{"Service":"events.amazonaws.com"}', '"*"')},
            "AllowEventBridge",
        ),
    ],
)
def test_a_weaker_audit_is_dangerous(kind: str, change: dict[str, Any], words: str) -> None:
    found = findings(kind, ["update"], BEFORE[kind] | change)
    assert [severity for severity, _ in found] == [DANGEROUS] * len(found)
    assert any(words in said for _, said in found), found


@pytest.mark.parametrize("kind", BEFORE)
def test_what_is_removed_is_dangerous(kind: str) -> None:
    found = findings(kind, ["delete"], None)
    assert DANGEROUS in {severity for severity, _ in found}
    assert any("is removed" in said for _, said in found), found


@pytest.mark.parametrize("kind", BEFORE)
def test_what_is_new_is_no_danger(kind: str) -> None:
    assert [one for one in findings(kind, ["create"], BEFORE[kind]) if one[0] == DANGEROUS] == []


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("aws_cloudtrail", {"tags": {"Team": "b"}}),
        ("aws_cloudwatch_event_rule", {"description": "b"}),
    ],
)
def test_a_change_that_is_about_nothing_is_not_dangerous(kind: str, change: dict[str, Any]) -> None:
    assert findings(kind, ["update"], BEFORE[kind] | change) == []


def test_a_topic_that_eventbridge_may_no_longer_tell_needs_a_look() -> None:
    (found,) = findings("aws_sns_topic", ["update"], BEFORE["aws_sns_topic"] | {"policy": "{}"})
    assert found[0] == CAREFUL
    assert "events.amazonaws.com may no longer do" in found[1]


def test_an_attribute_without_a_rule_is_named() -> None:
    changed = BEFORE["aws_cloudtrail"] | {"sns_topic_name": "elsewhere"}
    (found,) = findings("aws_cloudtrail", ["update"], changed)
    assert found[0] == CAREFUL
