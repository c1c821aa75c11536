"""Which of GuardDuty's events raise which alarm; the embedded AWS evaluates the patterns."""

import json
import re
from collections.abc import Callable
from typing import Any

from constructs_lib.scan_events import SCAN_ALARMS, scan_alarms, scan_message
from tests.audit.cloudtrail_events import ACCOUNT, Event, call

import pytest

Raised = Callable[[Event], set[str]]

DATA = "secure-audit-data-bucket"


def event(kind: str, **detail: Any) -> Event:
    """An event as GuardDuty's user guide shows it.

    https://docs.aws.amazon.com/guardduty/latest/ug/monitor-with-eventbridge-s3-malware-protection.html
    """
    return {
        "version": "0",
        "id": "72c7d362-737a-6dce-fc78-9e27a0171419",
        "detail-type": f"GuardDuty Malware Protection {kind}",
        "source": "aws.guardduty",
        "account": ACCOUNT,
        "time": "2026-01-02T03:04:05Z",
        "region": "us-east-1",
        "resources": [f"arn:aws:guardduty:us-east-1:{ACCOUNT}:malware-protection-plan/b4c7f464ab3a4EXAMPLE"],
        "detail": {"schemaVersion": "1.0", **detail},
    }


def scanned(result: str, bucket: str = DATA, key: str = "inbox/file") -> Event:
    named = {"bucketName": bucket, "objectKey": key, "eTag": "ASIAI44QH8DHBEXAMPLE", "versionId": "d41d8"}
    threats = [{"name": "EICAR-Test-File"}] if result == "THREATS_FOUND" else None
    return event(
        "Object Scan Result",
        scanStatus="COMPLETED",
        resourceType="S3_OBJECT",
        s3ObjectDetails=named,
        scanResultDetails={"scanResultStatus": result, "threats": threats},
    )


def plan(status: str, bucket: str = DATA) -> Event:
    return event(
        f"Resource Status {status}",
        s3BucketDetails={"bucketName": bucket},
        resourceStatus=status.upper(),
        statusReasons=[{"code": "INSUFFICIENT_TEST_OBJECT_PERMISSIONS"}],
    )


def untagged(bucket: str = DATA) -> Event:
    return event(
        "Post Scan Action Failed",
        s3ObjectDetails={"bucketName": bucket, "objectKey": "inbox/file", "versionId": "d41d8"},
        postScanActions=[{"actionType": "TAGGING", "failureReason": "ACCESS_DENIED"}],
    )


RAISING = [
    (scanned("THREATS_FOUND"), "threat"),
    *((scanned(result), "scan") for result in ("UNSUPPORTED", "ACCESS_DENIED", "FAILED", "SOMETHING_NEW")),
    (untagged(), "scan-tag"),
    (plan("Warning"), "scan-plan"),
    (plan("Error"), "scan-plan"),
]


@pytest.mark.parametrize(("found", "alarm"), RAISING)
def test_an_event_raises_its_alarm_and_no_other(found: Event, alarm: str, raised: Raised) -> None:
    assert raised(found) == {alarm}


@pytest.mark.parametrize(
    "found",
    [
        scanned("NO_THREATS_FOUND"),
        plan("Active"),
        scanned("THREATS_FOUND", "another-bucket"),
        scanned("FAILED", "another-bucket"),
        untagged("another-bucket"),
        plan("Error", "another-bucket"),
    ],
)
def test_what_is_well_or_of_another_bucket_raises_none(found: Event, raised: Raised) -> None:
    assert raised(found) == set()


@pytest.mark.parametrize("alarm", SCAN_ALARMS)
def test_somebody_is_told_where_the_rule_of_such_an_alarm_is_disabled(alarm: str, raised: Raised) -> None:
    assert raised(call("events", "DisableRule", {"name": f"secure-audit-{alarm}"})) == {"trail"}


def value(found: Event, path: str) -> object:
    here: Any = found
    for part in path.removeprefix("$.").split("."):
        here = here[part]
    return here


@pytest.mark.parametrize(("found", "alarm"), RAISING)
def test_a_message_is_json_whatever_the_key_is(found: Event, alarm: str) -> None:
    changed = json.loads(json.dumps(found))
    if "s3ObjectDetails" in changed["detail"]:
        changed["detail"]["s3ObjectDetails"]["objectKey"] = 'a"b, <when>\\\n'
    paths, template = scan_message(scan_alarms(DATA)[alarm], "prod")
    # EventBridge writes a value that stands by itself as JSON.
    text = re.sub("<([a-z]+)>", lambda name: json.dumps(value(changed, paths[name[1]])), template)
    sent = json.loads(text)
    assert sent["alarm"].startswith("prod: GuardDuty")
    assert sent["bucket"] == DATA
    assert set(sent) == {"alarm", *paths}


def test_the_names_of_the_rules_and_patterns_fit() -> None:
    assert max(len(f"secure-{'e' * 40}-{alarm}") for alarm in SCAN_ALARMS) <= 64
    assert all(len(json.dumps(one.pattern)) <= 2048 for one in scan_alarms("b" * 63).values())
