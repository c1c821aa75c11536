"""Whose account is ours: what is deployed decides, and what a change says of itself does not."""

import json
from typing import Any

from review.accounts import OF_ANOTHER, account_findings, own_accounts
from tests.review.review_support import configurations, plan_of, review_of

import pytest

OURS, OTHERS = "111122223333", "444455556666"


def allowing(*accounts: str) -> dict[str, Any]:
    return {"expressions": {"allowed_account_ids": {"constant_value": list(accounts)}}}


def deployed(*accounts: str) -> list[dict[str, Any]]:
    return [
        {
            "address": f"aws_iam_role.of_{account}",
            "mode": "managed",
            "type": "aws_iam_role",
            "values": {"arn": f"arn:aws:iam::{account}:role/x"},
        }
        for account in accounts
    ]


def plan(resources: list[dict[str, Any]], keys: dict[str, str], **providers: Any) -> dict[str, Any]:
    configured = [{"address": address, "provider_config_key": key} for address, key in keys.items()]
    return {
        "configuration": {"provider_config": providers, "root_module": {"resources": configured}},
        "prior_state": {"values": {"root_module": {"resources": resources}}},
    }


KEYS = {f"aws_iam_role.of_{OURS}": "aws", f"aws_iam_role.of_{OTHERS}": "peer"}


def test_two_providers_each_in_the_account_that_it_is_deployed_in_are_no_change() -> None:
    document = plan(deployed(OURS, OTHERS), KEYS, aws=allowing(OURS), peer=allowing(OTHERS))
    assert list(account_findings(document)) == []
    assert own_accounts(document) == {OURS, OTHERS}


def test_a_provider_that_changes_its_account_is_reported_though_another_one_may_use_that() -> None:
    document = plan(deployed(OURS), KEYS, aws=allowing(OTHERS), peer=allowing(OURS))
    (found,) = account_findings(document)
    assert found.severity == "dangerous"
    assert found.said.endswith(f"are in {OURS}, and it may only use {OTHERS}")
    assert own_accounts(document) == {OURS}


def principal(account: str) -> dict[str, Any]:
    """A plan in which a role of an account may do more, and nothing but the configuration tells whose."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:role/x"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::data/*",
    }
    change = {
        "actions": ["update"],
        "before": {"bucket": "data", "policy": '{"Statement": []}'},
        "after": {"bucket": "data", "policy": json.dumps({"Statement": [statement]})},
    }
    resource = {"address": "aws_s3_bucket_policy.x", "type": "aws_s3_bucket_policy", "change": change}
    return plan([], {}, aws=allowing(OURS, OTHERS)) | {
        "format_version": "1.2",
        "resource_changes": [resource],
    }


@pytest.mark.parametrize(
    ("account", "said"),
    [
        (OURS, f"arn:aws:iam::{OURS}:role/x may now read"),
        (OTHERS, f"arn:aws:iam::{OTHERS}:role/x of another account may now read"),
    ],
)
def test_what_the_deployed_configuration_allowed_already_is_ours(account: str, said: str) -> None:
    of_before = {"resource": {}, "provider": {"aws": [{"allowed_account_ids": [OURS]}]}}
    result = review_of(principal(account), deployed=of_before, synthesized=of_before)
    assert [one.said for one in result.findings if one.said.startswith(said)]
    (unsure,) = review_of(principal(account)).findings
    assert unsure.said.startswith(f"arn:aws:iam::{account}:role/x (cannot tell whose account)")
    assert unsure.severity == "careful"


def test_a_subscription_to_the_topic_of_another_account_does_not_make_that_account_ours() -> None:
    document = principal(OTHERS)
    arn = f"arn:aws:sns:eu-central-1:{OTHERS}:news"
    document["prior_state"]["values"]["root_module"]["resources"] = [
        *deployed(OURS),
        {"address": "aws_sns_topic_subscription.x", "mode": "managed", "type": "aws_sns_topic_subscription"}
        | {"values": {"arn": f"{arn}:6b0e71bd-7e97-4d97-80ce-4a0994e55286", "topic_arn": arn}},
    ]
    result = review_of(document)
    assert result.verdict == "dangerous"
    assert f"arn:aws:iam::{OTHERS}:role/x of another account may now read" in result.findings[0].said


@pytest.mark.parametrize(
    ("kind", "ours"),
    [(kind, {OURS}) for kind in OF_ANOTHER] + [("aws_sns_topic", {OURS, OTHERS})],
)
def test_an_arn_counts_only_if_it_is_the_resources_own(kind: str, ours: set[str]) -> None:
    values = {"arn": f"arn:aws:sns:eu-central-1:{OTHERS}:news"}
    other = {"address": f"{kind}.x", "mode": "managed", "type": kind, "values": values}
    assert own_accounts(plan([*deployed(OURS), other], {})) == ours


def test_a_provider_of_another_account_in_a_real_plan_is_dangerous() -> None:
    document = plan_of("tags-only")
    assert review_of(document, **configurations("tags-only")).verdict == "safe"
    document["configuration"]["provider_config"]["aws"] = allowing(OTHERS)
    result = review_of(document)
    assert result.verdict == "dangerous"
    assert [one.said for one in result.findings] == [
        f"the provider's account changes: the resources are in {OURS}, and it may only use {OTHERS}"
    ]


@pytest.mark.parametrize("strange", [None, 7, [], {}, [{}], {"a": []}])
def test_addresses_and_arns_of_any_form_tell_no_account(strange: Any) -> None:
    (role,) = deployed(OURS)
    resources = [role | {"values": {"arn": strange}}, role | {"address": strange, "values": {}}, strange]
    document = plan(resources, KEYS, aws=allowing(OTHERS))
    assert list(account_findings(document)) == []
    assert own_accounts(document) == {OTHERS}
