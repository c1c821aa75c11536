"""The rules of the variant with an audit, and a MiniStack that evaluates their patterns."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from ops.embedded.aws import EmbeddedAws, embedded_aws
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


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    with embedded_aws(tmp_path_factory.mktemp("aws") / "log") as running:
        yield running


def client(aws: EmbeddedAws, service: str) -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=aws.endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@pytest.fixture(scope="session")
def raised(aws: EmbeddedAws, patterns: dict[str, str]) -> Callable[[Event], set[str]]:
    """Which alarms an event raises, as EventBridge evaluates patterns."""
    events = client(aws, "events")

    def ask(event: Event) -> set[str]:
        return {
            alarm
            for alarm, pattern in patterns.items()
            if events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))["Result"]
        }

    return ask
