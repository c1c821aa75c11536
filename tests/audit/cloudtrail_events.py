"""Calls as CloudTrail hands them to EventBridge.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from typing import Any

ACCOUNT, REGION = "111122223333", "us-east-1"
ROLE = f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/ada"
EVENT_ID = "5b1a3f6e-8f5e-4f0b-9a4c-0d8f3f0c6a11"

Event = dict[str, Any]


def call(service: str, name: str, parameters: dict[str, Any], *, error: str | None = None) -> Event:
    """Return the event of a call of `ada`; with `error` it is one that AWS refused."""
    detail: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": "AROAEXAMPLEEXAMPLE:ada",
            "arn": ROLE,
            "accountId": ACCOUNT,
            "accessKeyId": "ASIAEXAMPLEEXAMPLE",
            "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "admin"}},
        },
        "eventTime": "2026-01-02T03:04:05Z",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": REGION,
        "sourceIPAddress": "203.0.113.7",
        "userAgent": '[aws-cli/2.22.0 "quoted"]',
        "requestParameters": parameters,
        "responseElements": None,
        "requestID": "2f1c9c4e",
        "eventID": EVENT_ID,
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    }
    if error is not None:
        detail |= {"errorCode": error, "errorMessage": "Access Denied"}
    return {
        "version": "0",
        "id": "36eb8523-97d0-4518-b33d-ee3579ff19f0",
        "detail-type": "AWS API Call via CloudTrail",
        "source": f"aws.{service}",
        "account": ACCOUNT,
        "time": "2026-01-02T03:04:05Z",
        "region": REGION,
        "resources": [],
        "detail": detail,
    }
