"""KMS makes a key only for who could change its policy afterwards, while its tags and alias do not count yet.

https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html#KMS-CreateKey-request-Policy
https://docs.aws.amazon.com/kms/latest/developerguide/abac.html
"""

import json
from collections.abc import Iterator
from typing import Any

from constructs_lib.policies.deploy_policy import deploy_policies
from constructs_lib.policies.key_policy import CHANGES_POLICY_SID
from constructs_lib.policies.place import Place
from tests.conftest import STACKS
from tests.deploy_policy.calls import Needed
from tests.deploy_policy.judge import judge, together
from tests.policy.deployment import region_of, resolve
from tests.policy.engine import Document, Engine

import pytest

ACCOUNT = "000000000000"
ENVIRONMENTS = [name.removeprefix("secure-storage-") for name in STACKS if not name.endswith("-state")]
Stack = dict[str, Any]


def stack_of(stacks: dict[str, Stack], name: str, *, role_named: bool) -> Stack:
    """A stack of the judge's account and partition, whose keys name the role that deploys or do not."""
    text = json.dumps(stacks[f"secure-storage-{name}"]).replace("111122223333", ACCOUNT)
    stack: Stack = json.loads(text.replace("arn:aws-cn:", "arn:aws:").replace("cn-north", "eu-north"))
    for key in stack["resource"].get("aws_kms_key", {}).values():
        key_policy = json.loads(resolve(key["policy"], {"data.aws_caller_identity.account_id": ACCOUNT}))
        others = [one for one in key_policy["Statement"] if one["Sid"] != CHANGES_POLICY_SID]
        key["policy"] = json.dumps({**key_policy, "Statement": others + [NAMED] * role_named})
    return stack


NAMED = {
    "Sid": CHANGES_POLICY_SID,
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/deploy"},
    "Action": "kms:PutKeyPolicy",
    "Resource": "*",
}


def role_s(stack: Stack) -> Document:
    alias = "alias/terraform-state"
    place = Place("aws", ACCOUNT, stack["provider"]["aws"][0]["region"])
    return together(deploy_policies(stack, place=place, state_key_alias=alias))


def later(stack: Stack) -> Iterator[Needed]:
    """What KMS asks for each key of the stack before it makes it."""
    for key in stack["resource"].get("aws_kms_key", {}).values():
        arn = f"arn:aws:kms:{region_of(key, stack)}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
        yield Needed("kms:PutKeyPolicy", arn, {}, key["policy"])


@pytest.mark.parametrize("role_named", [True, False])
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_key_can_be_made(name: str, role_named: bool, engine: Engine, stacks: dict[str, Stack]) -> None:
    stack = stack_of(stacks, name, role_named=role_named)
    document, asked = role_s(stack), list(later(stack))
    assert len(asked) == len(stack["resource"].get("aws_kms_key", {}))
    assert [said.result for said in judge(engine, document, asked)] == ["Allowed"] * len(asked)


@pytest.mark.parametrize("name", ["prod", "replication", "audit"])
def test_none_could_be_made_without_the_one_statement_that_allows_it(
    name: str, engine: Engine, stacks: dict[str, Stack]
) -> None:
    stack = stack_of(stacks, name, role_named=False)
    document, asked = role_s(stack), list(later(stack))
    left = [one for one in document["Statement"] if one["Sid"] != "AllowPolicyOfNewKey"]
    assert len(left) == len(document["Statement"]) - 1
    answers = judge(engine, {**document, "Statement": left}, asked)
    assert {said.result for said in answers} == {"ImplicitlyDenied"}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_where_the_keys_name_the_role_its_policy_opens_no_key_of_others(
    name: str, engine: Engine, stacks: dict[str, Stack]
) -> None:
    stack = stack_of(stacks, name, role_named=True)
    document = role_s(stack)
    assert "AllowPolicyOfNewKey" not in {one["Sid"] for one in document["Statement"]}
    key = f"arn:aws:kms:{stack['provider']['aws'][0]['region']}:{ACCOUNT}:key/1"
    (said,) = judge(engine, document, [Needed("kms:PutKeyPolicy", key, {})])
    assert said.result == "ImplicitlyDenied"


def test_the_state_s_key_is_made_by_an_administrator_and_opens_to_no_other_role(
    stacks: dict[str, Stack],
) -> None:
    for name in (one for one in STACKS if one.endswith("-state")):
        (key,) = stacks[name]["resource"]["aws_kms_key"].values()
        sids = {one["Sid"]: one for one in json.loads(key["policy"])["Statement"]}
        assert CHANGES_POLICY_SID not in sids
        # An administrator's own policies know no tags: tests/policy/requests/keys.toml has the request.
        assert "kms:PutKeyPolicy" in sids["EnableRootAccess"]["Action"]
