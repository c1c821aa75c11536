"""What counts as a difference between two releases, and what does not."""

from dataclasses import replace
from typing import Any

from tests.upgrading.contract import Contract, contract_of
from tests.upgrading.differences import differences
from tests.upgrading.release import last_release

import pytest

ALLOW = {
    "Sid": "AllowRead",
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111122223333:role/etl"},
    "Action": ["s3:GetObject", "s3:ListBucket"],
    "Resource": "arn:aws:s3:::data/*",
}
DENY = {
    "Sid": "DenyOld",
    "Effect": "Deny",
    "Principal": "*",
    "Action": ["s3:GetObject", "s3:PutObject"],
    "Resource": "*",
    "Condition": {"NumericGreaterThan": {"s3:signatureAge": "3600000"}},
}


def with_statements(*statements: dict[str, Any]) -> Contract:
    return Contract({}, {}, {}, {"bucket/policy": {one["Sid"]: one for one in statements}})


def prod() -> Contract:
    return last_release().contracts["secure-storage-prod"]


def test_what_stays_is_no_difference() -> None:
    assert differences(prod(), prod()) == set()


def test_the_same_statement_written_otherwise_is_no_difference() -> None:
    other = ALLOW | {"Action": ["s3:ListBucket", "s3:GetObject"], "Resource": ["arn:aws:s3:::data/*"]}
    assert differences(with_statements(ALLOW), with_statements(other)) == set()


def test_what_is_only_added_is_no_difference_unless_it_is_a_statement() -> None:
    empty = Contract(prod().backend, {}, {}, {})
    assert differences(empty, prod()) == set()
    assert differences(with_statements(), with_statements(ALLOW, DENY)) == {
        "statement bucket/policy AllowRead: is new, an Allow",
        "statement bucket/policy DenyOld: is new, a Deny",
    }


@pytest.mark.parametrize(
    ("before", "after", "how"),
    [
        (ALLOW, None, "AllowRead: is gone, an Allow"),
        (DENY, None, "DenyOld: is gone, a Deny"),
        (DENY, DENY | {"Effect": "Allow"}, "DenyOld: is Allow, was Deny"),
        (ALLOW, ALLOW | {"Effect": "Deny"}, "AllowRead: is Deny, was Allow"),
        (ALLOW, ALLOW | {"Action": "s3:GetObject"}, "AllowRead: allows less"),
        (ALLOW, ALLOW | {"Action": "s3:*"}, "AllowRead: allows more"),
        (ALLOW, ALLOW | {"Principal": "*"}, "AllowRead: allows more"),
        (ALLOW, ALLOW | {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}, "AllowRead: allows less"),
        (DENY, DENY | {"Action": "s3:GetObject"}, "DenyOld: refuses less"),
        (DENY, DENY | {"Resource": "arn:aws:s3:::data/*"}, "DenyOld: refuses less"),
        (
            DENY,
            DENY | {"Action": [*DENY["Action"], "s3:GetBucketAcl"]},
            "DenyOld: refuses more",
        ),
        (DENY, {name: part for name, part in DENY.items() if name != "Condition"}, "DenyOld: refuses more"),
        (
            DENY,
            DENY | {"Condition": {"NumericGreaterThan": {"s3:signatureAge": "7200000"}}},
            "DenyOld: refuses less",
        ),
    ],
)
def test_a_statement_that_changes_is_a_difference(
    before: dict[str, Any], after: dict[str, Any] | None, how: str
) -> None:
    found = differences(with_statements(before), with_statements(*filter(None, [after])))
    reached_more_and_less = how.endswith("allows more") and "Principal" in str(after)
    assert f"statement bucket/policy {how}" in found
    assert len(found) == 1 or reached_more_and_less


def test_a_resource_with_another_address_is_a_difference() -> None:
    resources = dict(prod().resources)
    (key,) = (address for address in resources if address.startswith("aws_kms_key."))
    resources["aws_kms_key.other"] = resources.pop(key)
    found = differences(prod(), replace(prod(), resources=resources))
    assert found == {"aws_kms_key encryption-key/key: is gone, or has another address"}


def test_another_name_in_aws_is_a_difference() -> None:
    address, alias = next((a, r) for a, r in prod().resources.items() if a.startswith("aws_kms_alias."))
    renamed = replace(alias, names=alias.names | {"name": "alias/other"})
    found = differences(prod(), replace(prod(), resources=prod().resources | {address: renamed}))
    assert found == {"aws_kms_alias encryption-key/alias: changed name"}


def test_outputs_and_the_place_of_the_state_are_compared() -> None:
    gone = {name: value for name, value in prod().outputs.items() if name != "KMSKeyArn"}
    assert differences(prod(), replace(prod(), outputs=gone)) == {"output KMSKeyArn: is gone"}
    other = prod().outputs | {"PresignMaxSeconds": 1}
    assert differences(prod(), replace(prod(), outputs=other)) == {
        "output PresignMaxSeconds: changed its value"
    }
    moved = replace(prod(), backend=prod().backend | {"key": "other"})
    assert differences(prod(), moved) == {"state key: changed where it is kept"}


def test_a_statement_may_move_to_the_next_document_of_its_policy() -> None:
    def stack(**policies: str) -> dict[str, Any]:
        described = {
            name: {
                "//": {"metadata": {"path": f"secure-storage-x-ci/role/policy-{path}"}},
                "policy": f'{{"Statement": [{{"Sid": "{path}", "Effect": "Deny"}}]}}',
            }
            for name, path in policies.items()
        }
        return {
            "//": {"metadata": {"stackName": "secure-storage-x-ci"}},
            "resource": {"aws_iam_policy": described},
            "output": {},
            "terraform": {"backend": {"s3": {"bucket": "b", "key": "k", "region": "r"}}},
        }

    policies = contract_of(stack(one="Deploy-x", two="Deploy2-x")).policies
    assert {policy: sorted(statements) for policy, statements in policies.items()} == {
        "role/policy-Deploy-ENV": ["Deploy-x", "Deploy2-x"]
    }


def test_the_contract_of_the_last_release_holds_every_kind_of_stack() -> None:
    release = last_release()
    ends = {end: sum(name.endswith(end) for name in release.contracts) for end in ("-state", "-ci")}
    assert len(release.settings) * 2 + ends["-ci"] == len(release.contracts)
    assert ends == {"-state": len(release.settings), "-ci": 2}
    for contract in release.contracts.values():
        assert len(contract.resources) > 5
        assert contract.policies
        assert contract.outputs
