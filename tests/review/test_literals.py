"""Policies that are known only after apply, read from the configuration as far as it says what is in them."""

import json
from typing import Any

from review.model import Review
from tests.review.review_support import review_of
from tests.review.test_cases import PROVIDER

import pytest

BUCKET = {"references": ["aws_s3_bucket.data.arn", "aws_s3_bucket.data"]}


def constant(value: Any) -> dict[str, Any]:
    return {"constant_value": value}


def document(principal: Any, **statement: Any) -> dict[str, Any]:
    """The expressions of a `data.aws_iam_policy_document`, as a plan's configuration has them."""
    principals = [{"type": constant("AWS"), "identifiers": principal}]
    given = {"actions": constant(["s3:GetObject"]), "resources": BUCKET, "principals": principals}
    return {"statement": [given | statement]}


def reviewed(expressions: dict[str, Any], *, synthesized: Any = None, action: str = "create") -> Review:
    before = {"bucket": "data", "policy": "{}"} if action == "update" else None
    change = {
        "actions": [action],
        "before": before,
        "after": {"bucket": "data"},
        "after_unknown": {"policy": True},
    }
    address = "aws_s3_bucket_policy.data"
    resource = {
        "address": address,
        "mode": "managed",
        "type": "aws_s3_bucket_policy",
        "provider_name": PROVIDER,
    }
    refers = {
        "policy": {
            "references": ["data.aws_iam_policy_document.who.json", "data.aws_iam_policy_document.who"]
        }
    }
    configured = [
        {"address": address, "mode": "managed", "type": "aws_s3_bucket_policy", "expressions": refers},
        {
            "address": "data.aws_iam_policy_document.who",
            "mode": "data",
            "type": "aws_iam_policy_document",
            "expressions": expressions,
        },
    ]
    caller = {"type": "aws_caller_identity", "mode": "data", "values": {"account_id": "111122223333"}}
    plan = {
        "format_version": "1.2",
        "resource_changes": [resource | {"change": change}],
        "configuration": {"root_module": {"resources": configured}},
        "prior_state": {"values": {"root_module": {"resources": [caller]}}},
    }
    compared = {} if synthesized is None else {"synthesized": synthesized, "deployed": {"resource": {}}}
    return review_of(plan, **compared)


def test_a_document_s_literals_are_judged_though_its_bucket_is_not_known() -> None:
    result = reviewed(document(constant(["*"])))
    assert result.verdict == "dangerous"
    assert "anybody may now read: s3:GetObject on ${aws_s3_bucket.data.arn}" in [
        one.said for one in result.findings
    ]


@pytest.mark.parametrize(
    "expressions",
    [
        document({"references": ["var.partner"]}),
        document(constant(["*"])) | {"source_policy_documents": {"references": ["var.more"]}},
        document(constant(["*"]), effect={"references": ["var.effect"]}),
        document(
            constant(["*"]), condition=[{"test": constant("Bool"), "variable": constant("a:b"), "values": {}}]
        ),
        {"statement": "text"},
        {},
    ],
)
def test_what_is_not_all_literal_stays_unknown(expressions: dict[str, Any]) -> None:
    (finding,) = reviewed(expressions).findings
    assert finding.said == "its policy is known only after apply, so it cannot be judged yet"


def test_a_policy_that_is_there_already_is_not_compared_with_references() -> None:
    (finding,) = reviewed(document(constant(["*"])), action="update").findings
    assert finding.severity == "careful"
    assert "known only after apply" in finding.said


def test_the_synthesized_text_of_a_policy_is_judged() -> None:
    role = "arn:aws:iam::${data.aws_caller_identity.caller.account_id}:role/etl"
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": role},
        "Action": "s3:GetObject",
        "Resource": "${x.arn}/*",
    }
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    result = reviewed({}, synthesized={"resource": {"aws_s3_bucket_policy": {"data": {"policy": text}}}})
    assert [one.said for one in result.findings] == [
        "arn:aws:iam::111122223333:role/etl may now read: s3:GetObject on ${x.arn}/*"
    ]
