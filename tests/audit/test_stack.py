"""What an environment with an audit is made of, and how its settings change that."""

import json
from pathlib import Path
from typing import Any

from settings.loading import load_environments
from settings.model import Settings
from stacks.app import build
from tests.audit.conftest import STACK
from tests.conftest import VARIANTS

import pytest

Resources = dict[str, dict[str, Any]]

WRITES = {"field": "readOnly", "equals": ["false"]}
READS = {"field": "readOnly", "equals": ["true"]}
CHANGES = [{"field": "eventCategory", "equals": ["Management"]}, WRITES]


@pytest.fixture(scope="session")
def resources(stacks: dict[str, dict[str, Any]]) -> Resources:
    found: Resources = stacks[STACK]["resource"]
    return found


def only(resources: Resources, kind: str) -> dict[str, Any]:
    (found,) = resources[kind].values()
    assert isinstance(found, dict)
    return found


def audit_key(resources: Resources) -> tuple[str, dict[str, Any]]:
    ((name, found),) = ((id_, one) for id_, one in resources["aws_kms_key"].items() if "audit-key" in id_)
    return f"${{aws_kms_key.{name}.arn}}", found


def synthesized(folder: Path, *, protect: bool = False, **audit: Any) -> Resources:
    (settings,) = (one for one in load_environments(VARIANTS, {}) if one.environment == "audit")
    changed: Settings = settings.model_copy(
        update={"protect": protect, "audit": settings.audit.model_copy(update=audit)}
    )
    build([changed], outdir=str(folder)).synth()
    found: Resources = json.loads((folder / "stacks" / STACK / "cdk.tf.json").read_bytes())["resource"]
    return found


def test_the_trail_writes_to_the_log_bucket_signed_and_encrypted_with_the_audit_key(
    resources: Resources,
) -> None:
    trail = only(resources, "aws_cloudtrail")
    (log_bucket,) = (id_ for id_ in resources["aws_s3_bucket"] if id_.startswith("log-bucket"))
    assert trail["s3_bucket_name"] == f"${{aws_s3_bucket.{log_bucket}.bucket}}"
    assert trail["kms_key_id"] == audit_key(resources)[0]
    assert trail["enable_log_file_validation"] is True


def test_the_trail_waits_for_the_slowest_setting_of_the_log_bucket_which_waits_for_the_policy(
    resources: Resources,
) -> None:
    kinds = ("aws_s3_bucket_policy", "aws_s3_bucket_lifecycle_configuration")
    policy, lifecycle = (
        f"{kind}.{id_}" for kind in kinds for id_ in resources[kind] if id_.startswith("log-bucket")
    )
    assert only(resources, "aws_cloudtrail")["depends_on"] == [lifecycle]
    found = resources["aws_s3_bucket_lifecycle_configuration"][lifecycle.partition(".")[2]]
    assert found["depends_on"] == [policy]


def test_the_topic_is_encrypted_with_the_audit_key_and_not_with_the_data_s(resources: Resources) -> None:
    assert only(resources, "aws_sns_topic")["kms_master_key_id"] == audit_key(resources)[0]
    assert len(resources["aws_kms_key"]) == 2


def test_every_rule_tells_the_topic_once_its_policy_is_there(resources: Resources) -> None:
    (topic,), (policy,) = resources["aws_sns_topic"], resources["aws_sns_topic_policy"]
    targets = {one["rule"]: one for one in resources["aws_cloudwatch_event_target"].values()}
    assert targets.keys() == {
        f"${{aws_cloudwatch_event_rule.{id_}.name}}" for id_ in resources["aws_cloudwatch_event_rule"]
    }
    assert {one["arn"] for one in targets.values()} == {f"${{aws_sns_topic.{topic}.arn}}"}
    # A role would make EventBridge deliver nothing to an encrypted topic.
    assert not any("role_arn" in one for one in targets.values())
    for rule in resources["aws_cloudwatch_event_rule"].values():
        assert rule["depends_on"] == [f"aws_sns_topic_policy.{policy}"]


@pytest.mark.parametrize(("data_events", "read_only"), [("read", [READS]), ("write", [WRITES]), ("all", [])])
@pytest.mark.parametrize("management_events", [True, False])
def test_the_settings_say_what_the_trail_records(
    data_events: str, read_only: list[dict[str, Any]], management_events: bool, tmp_path: Path
) -> None:
    found = synthesized(tmp_path, data_events=data_events, management_events=management_events)
    selectors = [one["field_selector"] for one in only(found, "aws_cloudtrail")["advanced_event_selector"]]
    objects = [
        {"field": "eventCategory", "equals": ["Data"]},
        {"field": "resources.type", "equals": ["AWS::S3::Object"]},
        {"field": "resources.ARN", "starts_with": ["arn:aws:s3:::secure-audit-data-bucket/"]},
        *read_only,
    ]
    assert selectors == ([objects, CHANGES] if management_events else [objects])


def test_an_address_more_leaves_the_other_subscriptions_alone(tmp_path: Path) -> None:
    kind = "aws_sns_topic_subscription"
    two = synthesized(tmp_path / "two", notify=("ops@example.com", "security@example.com"))[kind]
    one = synthesized(tmp_path / "one", notify=("security@example.com",))[kind]
    assert one.items() < two.items()
    assert kind not in synthesized(tmp_path / "none", notify=())


@pytest.mark.parametrize("protect", [True, False])
def test_only_the_key_of_what_was_recorded_is_protected(protect: bool, tmp_path: Path) -> None:
    found = synthesized(tmp_path, protect=protect)
    assert audit_key(found)[1]["lifecycle"]["prevent_destroy"] is protect
    # Trail and topic can be made again.
    assert "lifecycle" not in only(found, "aws_cloudtrail")
    assert "lifecycle" not in only(found, "aws_sns_topic")
