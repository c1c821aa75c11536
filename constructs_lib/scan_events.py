"""What the alarms look for among GuardDuty's own events about scans, as pure functions; no CDKTF in them.

GuardDuty sends them to EventBridge itself, without CloudTrail:
https://docs.aws.amazon.com/guardduty/latest/ug/monitor-with-eventbridge-s3-malware-protection.html
https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-guardduty.html
"""

from collections.abc import Mapping
from dataclasses import dataclass

from constructs_lib.event_patterns import SCAN_OFF, Pattern

SCAN_ALARMS = ("threat", "scan", "scan-tag", "scan-plan", SCAN_OFF)
"""The name of every alarm about scans; that of its rule ends with it."""

CLEAN_OR_TOLD = ["NO_THREATS_FOUND", "THREATS_FOUND"]
OBJECT = {
    "bucket": "$.detail.s3ObjectDetails.bucketName",
    "key": "$.detail.s3ObjectDetails.objectKey",
    "version": "$.detail.s3ObjectDetails.versionId",
}
WHERE = {"when": "$.time", "account": "$.account", "region": "$.region"}


@dataclass(frozen=True)
class ScanAlarm:
    """What one rule looks for, and its message.

    Attributes:
        pattern: the event pattern.
        says: what has happened.
        paths: what else the message has, by its name, and where in every such event that is: a value that
            an event lacks would leave a message that is no JSON.
    """

    pattern: Pattern
    says: str
    paths: Mapping[str, str]


def scan_alarms(bucket: str) -> dict[str, ScanAlarm]:
    """Return every alarm of `SCAN_ALARMS` about the scans of a bucket, but `SCAN_OFF`, by name."""
    return {
        "threat": ScanAlarm(
            _of_object("Object Scan Result", bucket, _result("THREATS_FOUND")),
            "GuardDuty found malware in an object",
            {**OBJECT, "threats": "$.detail.scanResultDetails.threats"},
        ),
        "scan": ScanAlarm(
            _of_object("Object Scan Result", bucket, _result({"anything-but": CLEAN_OR_TOLD})),
            "GuardDuty could not scan an object",
            {**OBJECT, "result": "$.detail.scanResultDetails.scanResultStatus"},
        ),
        "scan-tag": ScanAlarm(
            _of_object("Post Scan Action Failed", bucket, {}),
            "GuardDuty scanned an object and could not tag it",
            OBJECT,
        ),
        "scan-plan": ScanAlarm(
            {
                "source": ["aws.guardduty"],
                "detail-type": [
                    f"GuardDuty Malware Protection Resource Status {status}"
                    for status in ("Error", "Warning")
                ],
                "detail": {"s3BucketDetails": {"bucketName": [bucket]}},
            },
            "GuardDuty's plan to scan the bucket does not work as it should",
            {"bucket": "$.detail.s3BucketDetails.bucketName", "status": "$.detail.resourceStatus"},
        ),
    }


def _of_object(kind: str, bucket: str, detail: Pattern) -> Pattern:
    return {
        "source": ["aws.guardduty"],
        "detail-type": [f"GuardDuty Malware Protection {kind}"],
        "detail": {"s3ObjectDetails": {"bucketName": [bucket]}, **detail},
    }


def _result(status: object) -> Pattern:
    return {"scanResultDetails": {"scanResultStatus": [status]}}


def scan_message(alarm: ScanAlarm, environment: str) -> tuple[dict[str, str], str]:
    """Return the message, an object in JSON: the paths into the event, and EventBridge's template.

    Who uploads an object chooses its key. So no value of the event stands within a text, which a quotation
    mark would end: EventBridge writes a value that stands by itself as JSON.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
    """
    paths = {**alarm.paths, **WHERE}
    values = ", ".join(f'"{name}": <{name}>' for name in paths)
    return paths, f'{{ "alarm": "{environment}: {alarm.says}", {values} }}'
