"""Policies that are known only after apply, read as far as something says what is in them."""

import json
from typing import Any

from review.model import Review
from tests.review.review_support import review_of
from tests.review.test_cases import OURS, PROVIDER

import pytest

UNJUDGED = "its policy is known only after apply, so it cannot be judged yet"
HTTP = {"test": "Bool", "variable": "aws:SecureTransport", "values": ["false"]}
SYNTHESIZED_DOCUMENT = "${data.aws_iam_policy_document.who.json}"


def statement(*names: str, **given: Any) -> dict[str, Any]:
    """A statement of a document as a plan has it: what it does not give is null, or an empty list."""
    principals = [{"type": "AWS", "identifiers": [*names]}]
    lists = {"actions": ["s3:GetObject"], "resources": [None], "not_actions": None, "not_resources": None}
    blocks = {"principals": principals, "not_principals": [], "condition": []}
    return {"sid": None, "effect": None, **lists, **blocks, **given}


def deny(**given: Any) -> dict[str, Any]:
    return statement("*", effect="Deny", condition=[HTTP], **given)


def reviewed(
    *statements: Any,
    marks: Any = None,
    synthesized: Any = None,
    action: str = "create",
    caller: str = "111122223333",
    sensitive: Any = None,
    **arguments: Any,
) -> Review:
    """Review a bucket policy that refers to a document, whose unknown parts have `marks`, by statement."""
    address = "aws_s3_bucket_policy.data"
    resource: dict[str, Any] = {"address": address, "mode": "managed", "type": "aws_s3_bucket_policy"}
    before = {"bucket": "data", "policy": "{}"} if action == "update" else None
    document: dict[str, Any] = {"address": "data.aws_iam_policy_document.who", "mode": "data"}
    document |= {"type": "aws_iam_policy_document"}
    read: dict[str, Any] = {
        "actions": ["read"],
        "after": {"override_policy_documents": None, "statement": [*statements]} | arguments,
        "after_unknown": {
            "json": True,
            "statement": [{"resources": [True]} for _ in statements] if marks is None else marks,
        },
        "after_sensitive": {"statement": sensitive},
    }
    change: dict[str, Any] = {"actions": [action], "before": before, "after": {"bucket": "data"}}
    change |= {"after_unknown": {"policy": True}}
    names = ["data.aws_iam_policy_document.who.json", "data.aws_iam_policy_document.who"]
    state = [
        {"address": f"data.aws_caller_identity.{name}", "mode": "data", "type": "aws_caller_identity"}
        | {"values": {"account_id": account}}
        for name, account in {"caller": "111122223333", "other": caller}.items()
    ]
    state.append({"address": "aws_iam_role.ours", "mode": "managed", "values": {"arn": OURS}})
    plan = {
        "format_version": "1.2",
        "resource_changes": [
            resource | {"provider_name": PROVIDER, "change": change},
            document | {"provider_name": PROVIDER, "change": read},
        ],
        "configuration": {
            "root_module": {
                "resources": [resource | {"expressions": {"policy": {"references": names}}}, document]
            }
        },
        "prior_state": {"values": {"root_module": {"resources": state}}},
    }
    compared = {} if synthesized is None else {"synthesized": synthesized, "deployed": {"resource": {}}}
    return review_of(plan, **compared)


def synthesized(policy: Any, **data: Any) -> dict[str, Any]:
    text = policy if isinstance(policy, str) else json.dumps({"Version": "2012-10-17", "Statement": policy})
    return {"resource": {"aws_s3_bucket_policy": {"data": {"policy": text}}}, "data": data}


def said(review: Review) -> list[str]:
    return [one.said for one in review.findings]


def test_a_document_that_refuses_is_never_safe_as_a_plan_does_not_say_what_becomes_of_it() -> None:
    result = reviewed(deny())
    assert said(result) == [UNJUDGED]
    assert not result.strengthenings


def test_a_document_s_known_statements_are_judged_though_its_bucket_is_not_known() -> None:
    result = reviewed(deny(), statement("*", sid="Open"))
    words = "anybody may now read: s3:GetObject on ${known after apply}, by the statement Open"
    assert result.verdict == "dangerous"
    assert said(result) == [words, UNJUDGED]


def test_everything_among_unknown_resources_is_seen() -> None:
    who = statement("arn:aws:iam::111122223333:role/etl", actions=["*"], resources=["*", None])
    result = reviewed(who, marks=[{"resources": [False, True]}])
    assert result.verdict == "dangerous"


def test_conditions_of_one_test_and_key_are_one_condition() -> None:
    accounts = [
        {"test": "StringEquals", "variable": "aws:PrincipalAccount", "values": [account]}
        for account in ("999999999999", "111122223333")
    ]
    assert reviewed(statement("*", condition=accounts)).verdict == "dangerous"
    assert reviewed(statement("*", condition=accounts[1:])).verdict == "careful"


@pytest.mark.parametrize(
    ("given", "marks", "arguments"),
    [
        (
            {"principals": [{"type": "AWS", "identifiers": [None]}]},
            {"principals": [{"identifiers": [True]}]},
            {},
        ),
        ({"principals": None}, {"principals": True}, {}),
        ({"condition": None}, {"condition": True}, {}),
        ({}, {"effect": True}, {}),
        ({"condition": [HTTP | {"test": None}]}, {"condition": [{"test": True}]}, {}),
        ({}, {}, {"override_policy_documents": ["{}"]}),
        ({"effect": "Deny", "actions": ["s3:*"]}, {}, {}),
    ],
)
def test_no_danger_is_made_up_from_what_is_not_known(given: Any, marks: Any, arguments: Any) -> None:
    result = reviewed(statement("*", **given), marks=[marks | {"resources": [True]}], **arguments)
    assert result.verdict == "careful"
    assert UNJUDGED in said(result)


@pytest.mark.parametrize(("given", "marks"), [("text", None), (None, True), ([], None), (["text"], None)])
def test_a_document_that_cannot_be_read_stays_unknown(given: Any, marks: Any) -> None:
    assert said(reviewed(marks=marks, statement=given)) == [UNJUDGED]


def test_a_sensitive_part_of_a_document_is_not_shown() -> None:
    given = statement("*", resources=["arn:aws:s3:::data/*"])
    result = reviewed(given, marks=[], sensitive=[{"resources": [True]}])
    assert said(result) == ["anybody may now read: s3:GetObject on ${sensitive}", UNJUDGED]


def test_a_policy_that_is_there_already_is_not_compared_with_references() -> None:
    assert said(reviewed(statement("*"), action="update")) == [UNJUDGED]


ROLE = "arn:aws:iam::${data.aws_caller_identity.caller.account_id}:role/etl"
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "${aws_s3_bucket.data.arn}/*"}
REFUSE = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": "${aws_s3_bucket.data.arn}/*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def test_the_synthesized_text_of_a_policy_is_judged() -> None:
    result = reviewed(synthesized=synthesized([READ | {"Principal": {"AWS": ROLE}}]))
    assert said(result) == [
        "arn:aws:iam::111122223333:role/etl may now read: s3:GetObject on ${aws_s3_bucket.data.arn}/*"
    ]


def test_a_caller_of_another_account_is_not_ours() -> None:
    who = {"Principal": {"AWS": ROLE.replace("caller.", "other.")}}
    result = reviewed(synthesized=synthesized([READ | who]), caller="999999999999")
    assert said(result) == [
        "arn:aws:iam::999999999999:role/etl of another account may now read: "
        "s3:GetObject on ${aws_s3_bucket.data.arn}/*"
    ]


@pytest.mark.parametrize(
    "value", ["$${aws:PrincipalTag/team}", "${aws_iam_role.etl.arn}", "${aws_s3_bucket.data.id}"]
)
def test_a_synthesized_text_whose_references_are_names_of_aws_can_be_safe(value: str) -> None:
    condition = {"Condition": {"StringEquals": {"aws:PrincipalArn": value}}}
    assert reviewed(synthesized=synthesized([REFUSE | condition])).verdict == "safe"


@pytest.mark.parametrize(
    "value",
    ["${terraform_data.x.output}", "${aws_ssm_parameter.x.value}", "$$${var.x}", "%{if var.x}false%{endif}"],
)
def test_a_synthesized_text_in_which_anything_can_stand_stays_unknown(value: str) -> None:
    condition = {"Condition": {"Bool": {"aws:SecureTransport": value}}}
    assert said(reviewed(synthesized=synthesized([REFUSE | condition]))) == [UNJUDGED]
    opened = READ | {"Principal": {"AWS": "*"}, "Resource": value}
    result = reviewed(synthesized=synthesized([opened]))
    assert result.verdict == "dangerous"
    assert UNJUDGED in said(result)


WHOLE = {
    "actions": ["s3:*"],
    "effect": "Deny",
    "resources": ["${aws_s3_bucket.data.arn}/*"],
    "principals": [{"type": "*", "identifiers": ["*"]}],
    "condition": HTTP,
}


@pytest.mark.parametrize(
    ("policy", "document", "verdict"),
    [
        (SYNTHESIZED_DOCUMENT, {"statement": [WHOLE]}, "safe"),
        (SYNTHESIZED_DOCUMENT, {"statement": WHOLE}, "safe"),
        (
            '${replace(data.aws_iam_policy_document.who.json, "Deny", "Allow")}',
            {"statement": [WHOLE]},
            "careful",
        ),
        (SYNTHESIZED_DOCUMENT, {"statement": [WHOLE], "dynamic": {"statement": {}}}, "careful"),
        (SYNTHESIZED_DOCUMENT, {"statement": [WHOLE | {"dynamic": {"condition": {}}}]}, "careful"),
        (SYNTHESIZED_DOCUMENT, {"statement": [WHOLE], "source_policy_documents": ["{}"]}, "careful"),
        (SYNTHESIZED_DOCUMENT, {"statement": [WHOLE | {"effect": "${var.effect}"}]}, "careful"),
        (SYNTHESIZED_DOCUMENT, {"statement": "${var.statements}"}, "careful"),
        (SYNTHESIZED_DOCUMENT, {}, "careful"),
    ],
)
def test_a_synthesized_document_is_believed_if_it_is_all_of_the_policy(
    policy: str, document: Any, verdict: str
) -> None:
    whole = synthesized(policy, aws_iam_policy_document={"who": document})
    assert reviewed(deny(), synthesized=whole).verdict == verdict
