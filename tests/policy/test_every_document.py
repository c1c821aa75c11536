"""What no policy of ours has, whatever it is for: elements of IAM that mean something else than one reads."""

import json
from collections.abc import Iterator
from typing import Any

from tests.conftest import CI_STACKS, STACKS
from tests.policy.engine import Document

import pytest

Stacks = dict[str, dict[str, Any]]


def documents(stacks: Stacks) -> Iterator[tuple[str, Document]]:
    """Every policy of every resource, with the resource's address."""
    for name in (*STACKS, *CI_STACKS):
        for kind, resources in stacks[name]["resource"].items():
            for id_, resource in resources.items():
                for attribute in ("policy", "assume_role_policy"):
                    if attribute in resource:
                        yield f"{name} {kind}.{id_}.{attribute}", json.loads(resource[attribute])


def statements(stacks: Stacks) -> Iterator[tuple[str, Document]]:
    for where, document in documents(stacks):
        for statement in document["Statement"]:
            yield f"{where} {statement['Sid']}", statement


def principals(statement: Document) -> list[str]:
    named = statement.get("Principal", {})
    if isinstance(named, str):
        return [named]
    return [one for value in named.values() for one in ([value] if isinstance(value, str) else value)]


def test_all_are_looked_at(stacks: Stacks) -> None:
    kinds = {where.split()[1].split(".")[0] for where, _ in documents(stacks)}
    assert kinds == {
        "aws_iam_policy",
        "aws_iam_role",
        "aws_kms_key",
        "aws_s3_bucket_policy",
        "aws_sns_topic_policy",
    }


def test_every_policy_says_the_version_that_variables_and_null_need(stacks: Stacks) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html"""
    assert {document["Version"] for _, document in documents(stacks)} == {"2012-10-17"}


@pytest.mark.parametrize("element", ["NotPrincipal", "NotAction", "NotResource"])
def test_no_statement_is_about_all_but_what_it_names(element: str, stacks: Stacks) -> None:
    """A Deny with NotPrincipal refuses everybody who has a permissions boundary, no matter who is named.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
    """
    assert [where for where, statement in statements(stacks) if element in statement] == []


def test_nobody_is_let_in_by_a_condition_alone(stacks: Stacks) -> None:
    """Where `*` and a condition on a role allow something, the role's permissions boundary does not count.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    allowing = [one for one in statements(stacks) if one[1]["Effect"] == "Allow"]
    assert [where for where, statement in allowing if "*" in "".join(principals(statement))] == []


def test_no_key_policy_refuses_anything(stacks: Stacks) -> None:
    """A Deny on `kms:ViaService` or a network would break calls that services make for themselves.

    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
    """
    keys = [one for one in statements(stacks) if " aws_kms_key." in one[0]]
    assert {statement["Effect"] for _, statement in keys} == {"Allow"}


def test_what_depends_on_a_service_s_name_also_meets_requests_that_nobody_signed(stacks: Stacks) -> None:
    """`aws:PrincipalIsAWSService` is absent there.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalisawsservice
    """
    operators = {
        operator
        for _, statement in statements(stacks)
        for operator, block in statement.get("Condition", {}).items()
        if "aws:PrincipalIsAWSService" in block
    }
    assert operators == {"BoolIfExists"}


def test_no_statement_asks_for_mfa(stacks: Stacks) -> None:
    """`Bool` would miss access keys, which say nothing about it; neither form is used here.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthpresent
    """
    assert [where for where, one in statements(stacks) if "MultiFactorAuth" in json.dumps(one)] == []


def conditions(stacks: Stacks) -> Iterator[tuple[str, str, str, list[str]]]:
    """Every condition of every statement: where it is, its operator, its key and its values."""
    for where, statement in statements(stacks):
        for operator, block in statement.get("Condition", {}).items():
            for key, values in block.items():
                yield where, operator, key, [values] if isinstance(values, str) else values


def test_an_operator_that_is_true_without_the_key_allows_only_what_is_meant_for_that(stacks: Stacks) -> None:
    """`ForAllValues` holds for a request without the key: here for a KMS key without an alias, which is new.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
    """
    found = {(operator, key) for _, operator, key, _ in conditions(stacks) if "ForAllValues" in operator}
    assert found == {("ForAllValues:StringEquals", "kms:ResourceAliases")}


def test_no_arn_is_compared_as_text_where_it_has_wildcards(stacks: Stacks) -> None:
    """In StringLike a `*` also stands for colons, and ArnEquals takes wildcards where it does not say so.

    Object keys may have colons, so that in the encryption context of S3 it has to stand for them.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
    """
    of_arns = [
        one for one in conditions(stacks) if any(value.startswith(("arn:", "${aws_")) for value in one[3])
    ]
    like = {key for _, operator, key, _ in of_arns if operator.startswith("StringLike")}
    assert like == {"kms:EncryptionContext:aws:s3:arn"}
    wild = [one for one in of_arns if one[1].startswith("Arn") and any(set(v) & {"*", "?"} for v in one[3])]
    assert wild == []
