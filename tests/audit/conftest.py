"""The rules of the variant with an audit, and a MiniStack that evaluates their patterns."""

import http.client
import json
from collections.abc import Callable, Iterator
from typing import Any

from ops.embedded.aws import EmbeddedAws
from tests.audit.cloudtrail_events import ACCOUNT, Event
from tests.policy.deployment import resolve

import boto3
import pytest

STACK = "secure-storage-audit"
KEY_IDS = {
    "encryption-key": "11111111-2222-3333-4444-555555555555",
    "audit-key": "22222222-2222-3333-4444-555555555555",
}
SCAN_PLAN = "b4c7f464ab3a4example"


@pytest.fixture(scope="session")
def stack(stacks: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The stack's JSON, with the references in its rules resolved to examples."""
    examples = {"data.aws_caller_identity.account_id": ACCOUNT}
    for name, key in stacks[STACK]["resource"]["aws_kms_key"].items():
        number = KEY_IDS[key["//"]["metadata"]["path"].split("/")[1]]
        arn = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{number}"
        examples |= {f"aws_kms_key.{name}.key_id": number, f"aws_kms_key.{name}.arn": arn}
    (plan,) = stacks[STACK]["resource"]["aws_guardduty_malware_protection_plan"]
    examples[f"aws_guardduty_malware_protection_plan.{plan}.id"] = SCAN_PLAN
    rules = stacks[STACK]["resource"]["aws_cloudwatch_event_rule"]
    return {"rules": json.loads(json.dumps(rules)), "examples": examples}


@pytest.fixture(scope="session")
def patterns(stack: dict[str, Any]) -> dict[str, str]:
    """The event pattern of each alarm, by the alarm's name."""
    return {
        rule["name"].removeprefix("secure-audit-"): resolve(rule["event_pattern"], stack["examples"])
        for rule in stack["rules"].values()
    }


@pytest.fixture(scope="module")
def aws(empty_aws: EmbeddedAws) -> EmbeddedAws:
    return empty_aws


def client(aws: EmbeddedAws, service: str) -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=aws.endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@pytest.fixture(scope="module")
def raised(aws: EmbeddedAws, patterns: dict[str, str]) -> Iterator[Callable[[Event], set[str]]]:
    """Which alarms an event raises, as EventBridge evaluates patterns."""
    # Of thousands of calls, boto3 would take most of the time.
    connection = http.client.HTTPConnection(aws.endpoint.removeprefix("http://"))
    headers = {"X-Amz-Target": "AWSEvents.TestEventPattern", "Content-Type": "application/x-amz-json-1.1"}

    def matches(pattern: str, event: str) -> bool:
        connection.request("POST", "/", json.dumps({"EventPattern": pattern, "Event": event}), headers)
        with connection.getresponse() as response:
            said = json.load(response)
        assert response.status == 200, said
        return bool(said["Result"])

    def ask(event: Event) -> set[str]:
        text = json.dumps(event)
        return {alarm for alarm, pattern in patterns.items() if matches(pattern, text)}

    yield ask
    connection.close()
