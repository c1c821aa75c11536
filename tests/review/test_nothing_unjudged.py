"""A value that no rule judges is never safe: on create, update, replace and drift, of every type."""

import json
from typing import Any

from review.drift_findings import drifts_of
from review.facts import harmless
from review.facts.kinds import POLICIES
from review.plan import read_plan
from review.rules import RULES
from review.rules.acls import OBJECTS
from tests.review.review_support import review_of
from tests.review.test_cases import resource

import pytest

KINDS = sorted({*RULES, *POLICIES} - harmless.KINDS.keys())
ACTIONS = ["create", "update", "delete+create", "create+delete"]


def document(kind: str, actions: str, before: Any, after: Any) -> dict[str, Any]:
    changed = resource(0, kind, actions, before, after)
    return {"format_version": "1.2", "resource_changes": [changed], "resource_drift": []}


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_that_nobody_knows_needs_a_look(kind: str) -> None:
    before, after = {"id": "x", "brand_new": [{"deep": 1}]}, {"id": "x", "brand_new": [{"deep": 2}]}
    for actions in ACTIONS:
        result = review_of(document(kind, actions, None if actions == "create" else before, after))
        assert result.verdict in ("careful", "dangerous")
        assert [one for one in result.findings if "brand_new.deep" in one.said], actions
    drift = document(kind, "update", before, after)
    drift = drift | {"resource_drift": drift["resource_changes"], "resource_changes": []}
    (found,) = drifts_of(read_plan(json.dumps(drift).encode(), "drift"))
    assert [one.severity for one in found.findings if "brand_new.deep" in one.said] == ["careful"]
    assert review_of(drift).verdict in ("careful", "dangerous")


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_destroyed_is_never_safe(kind: str) -> None:
    assert review_of(document(kind, "delete", {"id": "x"}, None)).verdict in ("careful", "dangerous")


@pytest.mark.parametrize("kind", sorted({*KINDS} - {*OBJECTS}))
def test_tags_are_safe_of_every_type_but_of_objects(kind: str) -> None:
    before, after = {"id": "x", "tags": {"a": "1"}}, {"id": "x", "tags": {"a": "2"}}
    assert review_of(document(kind, "update", before, after)).verdict == "safe"


@pytest.mark.parametrize("actions", ["create", "update", "delete+create", "delete", "forget"])
def test_a_type_without_rules_is_never_safe(actions: str) -> None:
    before = None if actions == "create" else {"x": 1}
    after = None if actions in ("delete", "forget") else {"x": 2}
    assert review_of(document("aws_brand_new", actions, before, after)).verdict == "careful"


@pytest.mark.parametrize("key", ['["a"]', "[0]", '["a]b"]', '["a[b"]', r'["a\"]b"]', ""])
@pytest.mark.parametrize(("action", "verdict"), [("create", "careful"), ("no-op", "no changes")])
def test_a_program_runs_whatever_the_key_of_its_instance_is(key: str, action: str, verdict: str) -> None:
    runs = {"address": "terraform_data.x", "type": "terraform_data", "provisioners": [{"type": "local-exec"}]}
    change = {
        "address": f"module.m{key}.terraform_data.x{key}",
        "type": "terraform_data",
        "change": {"actions": [action], "before": None, "after": {}},
    }
    module = {"module_calls": {"m": {"module": {"resources": [runs]}}}}
    made = {
        "format_version": "1.2",
        "resource_changes": [change],
        "configuration": {"root_module": module},
    }
    assert review_of(made).verdict == verdict


PROGRAM = {"local-exec": {"when": "destroy", "command": "true"}}


@pytest.mark.parametrize(
    ("synthesized", "verdict"),
    [
        ({}, "safe"),
        ({"removed": [{"from": "terraform_data.x"}]}, "safe"),
        ({"removed": {"from": "terraform_data.x", "provisioner": PROGRAM}}, "careful"),
        ({"removed": [{"from": "terraform_data.other", "provisioner": [PROGRAM]}]}, "careful"),
        ({"module": {"m": {"source": "./m"}}}, "careful"),
    ],
)
def test_what_a_removed_block_runs_is_in_the_synthesized_json_alone(synthesized: Any, verdict: str) -> None:
    destroyed = document("terraform_data", "delete", {"input": None}, None)
    result = review_of(destroyed, deployed={}, synthesized=synthesized)
    assert result.verdict == verdict, result.findings


def test_commands_of_a_removed_block_are_said_of_what_is_dangerous_too() -> None:
    destroyed = document("aws_s3_bucket", "delete", {"bucket": "data"}, None)
    assert not [one for one in review_of(destroyed).findings if "removed block" in one.said]
    runs = {"removed": [{"from": "aws_s3_bucket.x", "provisioner": PROGRAM}]}
    found = review_of(destroyed, deployed={}, synthesized=runs).findings
    assert [one.severity for one in found if "removed block runs commands" in one.said] == ["careful"]


@pytest.mark.parametrize(
    ("reason", "verdict"),
    [
        ("delete_because_no_resource_config", "careful"),
        ("delete_because_no_module", "careful"),
        ("delete_because_each_key", "safe"),
    ],
)
def test_terraforms_reason_says_whether_a_destroyed_resource_left_the_configuration(
    reason: str, verdict: str
) -> None:
    destroyed = document("terraform_data", "delete", {"input": None}, None)
    destroyed["resource_changes"][0]["action_reason"] = reason
    assert review_of(destroyed).verdict == verdict
