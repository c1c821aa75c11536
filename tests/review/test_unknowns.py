"""What is known only after apply is neither better nor worse; the synthesized JSON says more of it."""

from typing import Any

from review.judge import attribute_findings
from review.masking import UNKNOWN_VALUE
from review.model import CAREFUL
from tests.review.review_support import review_of
from tests.review.test_cases import plan

import pytest

NEW, LIFECYCLE = "aws_s3_bucket", "aws_s3_bucket_lifecycle_configuration"
NAME = "${aws_s3_bucket.x.id}"


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("aws_kms_key", "deletion_window_in_days", 7),
        ("aws_kms_key", "enable_key_rotation", False),
        ("aws_s3_bucket_public_access_block", "block_public_policy", False),
        ("aws_s3_bucket_public_access_block", "block_public_policy", True),
        ("aws_cloudtrail", "enable_log_file_validation", False),
        ("aws_db_instance", "deletion_protection", False),
        ("aws_cloudwatch_log_group", "retention_in_days", 30),
        ("aws_kms_alias", "target_key_id", "one"),
    ],
)
def test_a_value_that_is_not_known_is_neither_better_nor_worse(kind: str, name: str, value: Any) -> None:
    (found,) = attribute_findings(kind, {name: value}, {name: UNKNOWN_VALUE})
    assert (found.severity, found.said) == (CAREFUL, f"its {name} is known only after apply")


def verdict(**compared: Any) -> str:
    """The verdict of a plan of a new bucket and of its lifecycle, whose name is not known yet."""
    rule = {"id": "x", "status": "Enabled", "filter": [{"prefix": ""}], "expiration": [{"days": 1}]}
    refers = {"references": ["aws_s3_bucket.x.id", "aws_s3_bucket.x"]}
    configured = [
        {"address": f"{NEW}.x", "type": NEW, "expressions": {"bucket": {"constant_value": "data"}}},
        {"address": f"{LIFECYCLE}.x1", "type": LIFECYCLE, "expressions": {"bucket": refers}},
    ]
    changes = [
        [NEW, "create", None, {"bucket": "data"}, {"unknown": {"cors_rule": True}}],
        [LIFECYCLE, "create", None, {"rule": [rule]}, {"unknown": {"bucket": True}}],
    ]
    parts = {"configuration": {"root_module": {"resources": configured}}}
    return review_of(plan({"changes": changes, "parts": parts}), **compared).verdict


def synthesized(bucket: str, **more: Any) -> dict[str, Any]:
    return {"resource": {NEW: {"x": {"bucket": "data"} | more}, LIFECYCLE: {"x1": {"bucket": bucket}}}}


@pytest.mark.parametrize(
    ("configuration", "right"),
    [
        (synthesized(NAME), "safe"),
        (synthesized('${aws_s3_bucket.x["a"].id}'), "safe"),
        (synthesized('${["other", aws_s3_bucket.x.id][terraform_data.t.output]}'), "dangerous"),
        (synthesized('${aws_s3_bucket.x.id == "data" ? "other" : aws_s3_bucket.x.id}'), "dangerous"),
        (synthesized(f"{NAME}-other"), "dangerous"),
        (synthesized(NAME, dynamic={"cors_rule": {"for_each": NAME}}), "careful"),
        (synthesized(NAME, dynamic={"website": {"for_each": NAME}}), "safe"),
    ],
)
def test_the_synthesized_json_has_the_expressions_that_no_plan_has(
    configuration: dict[str, Any], right: str
) -> None:
    assert verdict() == "safe"
    assert verdict(deployed=configuration, synthesized=configuration) == right
