"""Which calls raise which alarm; the embedded AWS evaluates the patterns."""

import json
from collections.abc import Callable

from constructs_lib.event_patterns import ALARMS, SCAN_OFF, Watched, alarms, message
from constructs_lib.scan_events import SCAN_ALARMS
from tests.audit.cloudtrail_events import ACCOUNT, Event, call
from tests.audit.conftest import KEY_IDS, SCAN_PLAN

import pytest

Raised = Callable[[Event], set[str]]

KEY, AUDIT_KEY = KEY_IDS["encryption-key"], KEY_IDS["audit-key"]
OTHER_KEY = "33333333-2222-3333-4444-555555555555"
KEY_ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}:key"
DATA, LOGS = "secure-audit-data-bucket", "secure-audit-access-logs"
TRAIL = "secure-storage-audit"
TRAIL_ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/{TRAIL}"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:secure-storage-audit-alarms"
ALIAS = "alias/secure-s3-key-audit"
RULE, LAST_RULE = "secure-audit-key", "secure-audit-alarms"


def bucket(name: str) -> dict[str, object]:
    return {"bucketName": name, "Host": f"{name}.s3.us-east-1.amazonaws.com"}


RAISING = [
    ("kms", "DisableKey", {"keyId": KEY}, "key"),
    ("kms", "DisableKey", {"keyId": f"{KEY_ARN}/{KEY}"}, "key"),
    ("kms", "ScheduleKeyDeletion", {"keyId": KEY, "pendingWindowInDays": 7}, "key"),
    ("kms", "ScheduleKeyDeletion", {"keyId": f"{KEY_ARN}/{AUDIT_KEY}", "pendingWindowInDays": 7}, "key"),
    ("kms", "DisableKeyRotation", {"keyId": KEY}, "key"),
    ("kms", "PutKeyPolicy", {"keyId": AUDIT_KEY, "policyName": "default", "policy": "{}"}, "key"),
    ("s3", "PutBucketPolicy", {**bucket(DATA), "policy": "", "bucketPolicy": {}}, "policy"),
    ("s3", "DeleteBucketPolicy", {**bucket(DATA), "policy": ""}, "policy"),
    ("s3", "PutBucketPolicy", {**bucket(LOGS), "policy": ""}, "policy"),
    ("s3", "PutBucketPublicAccessBlock", {**bucket(DATA), "publicAccessBlock": ""}, "public-access"),
    ("s3", "DeleteBucketPublicAccessBlock", {**bucket(LOGS), "publicAccessBlock": ""}, "public-access"),
    ("s3", "PutBucketEncryption", {**bucket(DATA), "encryption": ""}, "encryption"),
    ("s3", "DeleteBucketEncryption", {**bucket(DATA), "encryption": ""}, "encryption"),
    ("s3", "PutBucketVersioning", {**bucket(DATA), "versioning": ""}, "versioning"),
    ("s3", "PutBucketLifecycle", {**bucket(LOGS), "lifecycle": ""}, "lifecycle"),
    ("s3", "DeleteBucketLifecycle", {**bucket(DATA), "lifecycle": ""}, "lifecycle"),
    ("s3", "PutBucketReplication", {**bucket(DATA), "replication": ""}, "replication"),
    ("s3", "DeleteBucketReplication", {**bucket(DATA), "replication": ""}, "replication"),
    ("s3", "PutBucketLogging", {**bucket(DATA), "logging": ""}, "logging"),
    ("s3", "PutBucketObjectLockConfiguration", {**bucket(DATA), "object-lock": ""}, "object-lock"),
    ("s3", "PutObjectLockConfiguration", {**bucket(LOGS), "object-lock": ""}, "object-lock"),
    ("s3", "PutBucketOwnershipControls", {**bucket(DATA), "ownershipControls": ""}, "ownership"),
    ("s3", "DeleteBucketOwnershipControls", {**bucket(LOGS), "ownershipControls": ""}, "ownership"),
    ("s3", "PutBucketAcl", {**bucket(DATA), "acl": "", "x-amz-acl": "public-read"}, "ownership"),
    ("s3", "PutBucketCors", {**bucket(DATA), "cors": ""}, "cors"),
    ("s3", "DeleteBucketCors", {**bucket(DATA), "cors": ""}, "cors"),
    ("kms", "UpdateAlias", {"aliasName": ALIAS, "targetKeyId": OTHER_KEY}, "alias"),
    ("kms", "DeleteAlias", {"aliasName": "alias/secure-s3-audit-audit"}, "alias"),
    ("kms", "CreateAlias", {"aliasName": ALIAS, "targetKeyId": OTHER_KEY}, "alias"),
    ("kms", "CreateAlias", {"aliasName": "alias/payroll", "targetKeyId": f"{KEY_ARN}/{KEY}"}, "alias"),
    ("kms", "UpdateAlias", {"aliasName": "alias/payroll", "targetKeyId": AUDIT_KEY}, "alias"),
    ("cloudtrail", "StopLogging", {"name": TRAIL_ARN}, "trail"),
    ("cloudtrail", "DeleteTrail", {"name": TRAIL}, "trail"),
    ("cloudtrail", "UpdateTrail", {"name": TRAIL, "s3BucketName": "elsewhere"}, "trail"),
    ("cloudtrail", "PutEventSelectors", {"trailName": TRAIL, "eventSelectors": []}, "trail"),
    ("events", "DisableRule", {"name": RULE}, "alarms"),
    ("events", "DeleteRule", {"name": RULE}, "alarms"),
    ("events", "PutRule", {"name": "secure-audit-trail", "state": "DISABLED"}, "alarms"),
    ("events", "RemoveTargets", {"rule": RULE, "ids": ["topic"]}, "alarms"),
    ("events", "PutTargets", {"rule": RULE, "targets": [{"id": "topic", "arn": "elsewhere"}]}, "alarms"),
    ("sns", "SetTopicAttributes", {"topicArn": TOPIC, "attributeName": "Policy"}, "alarms"),
    ("sns", "DeleteTopic", {"topicArn": TOPIC}, "alarms"),
    ("sns", "AddPermission", {"topicArn": TOPIC, "label": "all"}, "alarms"),
    ("sns", "RemovePermission", {"topicArn": TOPIC, "label": "all"}, "alarms"),
    ("sns", "Unsubscribe", {"subscriptionArn": f"{TOPIC}:36eb8523-97d0"}, "alarms"),
    ("sns", "SetSubscriptionAttributes", {"subscriptionArn": f"{TOPIC}:36eb8523-97d0"}, "alarms"),
    ("guardduty", "DeleteMalwareProtectionPlan", {"malwareProtectionPlanId": SCAN_PLAN}, SCAN_OFF),
    ("guardduty", "UpdateMalwareProtectionPlan", {"malwareProtectionPlanId": SCAN_PLAN}, SCAN_OFF),
    ("guardduty", "UpdateMalwareProtectionPlan", {"role": "another name of the parameter"}, SCAN_OFF),
    # The rule that watches the others is watched by another one.
    ("events", "DisableRule", {"name": LAST_RULE}, "trail"),
    ("events", "RemoveTargets", {"rule": LAST_RULE, "ids": ["topic"]}, "trail"),
    # And as its pattern has no room for all of them, so are some of these.
    ("events", "DisableRule", {"name": "secure-audit-object-lock"}, "trail"),
    ("events", "DeleteRule", {"name": "secure-audit-alias"}, "trail"),
]
SILENT = [
    ("kms", "DisableKey", {"keyId": OTHER_KEY}),
    ("kms", "ScheduleKeyDeletion", {"keyId": f"{KEY_ARN}/{OTHER_KEY}"}),
    ("kms", "DisableKey", {"keyId": f"arn:aws:kms:us-east-1:999988887777:key/{KEY}"}),
    ("kms", "EnableKey", {"keyId": KEY}),
    ("kms", "UpdateAlias", {"aliasName": "alias/payroll", "targetKeyId": OTHER_KEY}),
    ("kms", "DeleteAlias", {"aliasName": f"{ALIAS}-2"}),
    ("kms", "ListAliases", {"keyId": KEY}),
    ("s3", "GetBucketAcl", bucket(DATA)),
    ("s3", "PutBucketCors", bucket(f"{DATA}-2")),
    ("s3", "PutObjectAcl", {**bucket(DATA), "key": "PutBucketAcl"}),
    ("kms", "EnableKeyRotation", {"keyId": KEY}),
    ("s3", "GetBucketReplication", bucket(DATA)),
    ("kms", "DescribeKey", {"keyId": KEY}),
    ("s3", "PutBucketPolicy", bucket("another-bucket")),
    ("s3", "PutBucketPolicy", bucket(f"{DATA}-2")),
    ("s3", "GetBucketPolicy", bucket(DATA)),
    ("s3", "PutBucketTagging", bucket(DATA)),
    ("s3", "GetBucketVersioning", bucket(DATA)),
    ("s3", "PutObject", {**bucket(DATA), "key": "PutBucketPolicy"}),
    ("cloudtrail", "StopLogging", {"name": "another-trail"}),
    ("cloudtrail", "StartLogging", {"name": TRAIL}),
    ("cloudtrail", "GetTrailStatus", {"name": TRAIL}),
    ("guardduty", "DeleteMalwareProtectionPlan", {"malwareProtectionPlanId": "another"}),
    ("guardduty", "GetMalwareProtectionPlan", {"malwareProtectionPlanId": SCAN_PLAN}),
    ("events", "DisableRule", {"name": "another-rule"}),
    ("events", "EnableRule", {"name": RULE}),
    ("events", "ListTargetsByRule", {"rule": RULE}),
    ("sns", "DeleteTopic", {"topicArn": f"{TOPIC}-2"}),
    ("sns", "Subscribe", {"topicArn": TOPIC, "protocol": "email"}),
    ("sns", "Unsubscribe", {"subscriptionArn": f"{TOPIC}-2:36eb8523-97d0"}),
]


def named(one: tuple[object, ...]) -> str:
    return " ".join(str(part) for part in one)


@pytest.mark.parametrize(("service", "name", "parameters", "alarm"), RAISING, ids=map(named, RAISING))
def test_a_call_that_weakens_raises_its_alarm_and_no_other(
    service: str, name: str, parameters: dict[str, object], alarm: str, raised: Raised
) -> None:
    assert raised(call(service, name, parameters)) == {alarm}


@pytest.mark.parametrize(("service", "name", "parameters"), SILENT, ids=map(named, SILENT))
def test_a_call_to_something_else_or_that_only_reads_raises_none(
    service: str, name: str, parameters: dict[str, object], raised: Raised
) -> None:
    assert raised(call(service, name, parameters)) == set()


@pytest.mark.parametrize(
    ("service", "name", "parameters", "alarm"), RAISING[::4], ids=map(named, RAISING[::4])
)
def test_a_call_that_aws_refused_raises_none(
    service: str, name: str, parameters: dict[str, object], alarm: str, raised: Raised
) -> None:
    assert alarm in (*ALARMS, SCAN_OFF)
    assert raised(call(service, name, parameters, error="AccessDenied")) == set()


def test_every_call_that_a_pattern_names_raises_it_in_a_test(patterns: dict[str, str]) -> None:
    tested = {(name, alarm) for _, name, _, alarm in RAISING}
    # Of those that watch rules of the other alarm, three are enough.
    tested |= {(name, "trail") for name in ("PutRule", "PutTargets")}
    named = {
        (name, alarm)
        for alarm, pattern in patterns.items()
        for _, name, _, _ in RAISING
        if f'"{name}"' in pattern
    }
    assert named == tested
    assert {alarm for _, alarm in tested} == {*ALARMS, SCAN_OFF}


@pytest.mark.parametrize("alarm", ALARMS)
def test_somebody_is_notified_where_the_rule_of_any_alarm_is_disabled(alarm: str, raised: Raised) -> None:
    alarms = raised(call("events", "DisableRule", {"name": f"secure-audit-{alarm}"}))
    assert len(alarms) == 1
    assert alarms != {alarm}


def test_the_longest_pattern_is_one_that_eventbridge_takes() -> None:
    # 2048 characters: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
    name = "e" * 40
    topic = f"arn:aws-us-gov:sns:us-gov-west-1:{ACCOUNT}:secure-storage-{name}-alarms"
    trail = f"secure-storage-{name}"
    watched = Watched(
        buckets=("b" * 63, "c" * 63),
        aliases=[f"alias/{'a' * 250}"] * 2,
        keys=[f"arn:aws-us-gov:kms:us-gov-west-1:{ACCOUNT}:key/mrk-{'0' * 32}"] * 4,
        trail_name=trail,
        trail_arn=f"arn:aws-us-gov:cloudtrail:us-gov-west-1:{ACCOUNT}:trail/{trail}",
        topic_arn=topic,
        rules={alarm: f"secure-{name}-{alarm}" for alarm in (*ALARMS, *SCAN_ALARMS)},
        scan_plan="0" * 20,
    )
    found = alarms(watched)
    assert list(found) == [*ALARMS, SCAN_OFF]
    assert max(len(compact(one.pattern)) for one in found.values()) <= 2048
    assert max(len(rule) for rule in watched.rules.values()) <= 64
    assert max(len(message(one, name)[1]) for one in found.values()) <= 8192


def compact(pattern: object) -> str:
    return json.dumps(pattern, separators=(",", ":"))
