"""Values that only Terraform knows, such as the name of a role of the same stack."""

import json
from typing import Any

from tests.constructs_lib.valid_arguments import valid_arguments


def attached(*roles: object) -> dict[str, str]:
    """The role of each attachment, by its id; None stands for a role that the stack itself makes."""
    from constructs_lib import aws  # only here, as it starts the jsii child process
    from constructs_lib.access_policy import AccessPolicy

    from cdktf import App, TerraformStack, Testing

    stack = TerraformStack(App(), "stack")
    own = aws.IamRole(stack, "own", assume_role_policy="{}").name
    arguments = valid_arguments("access_policy.AccessPolicy")
    AccessPolicy(
        stack, "policy", **arguments | {"attach_to_roles": [own if one is None else one for one in roles]}
    )
    made: dict[str, Any] = json.loads(Testing.synth(stack))["resource"]["aws_iam_role_policy_attachment"]
    return {name: one["role"] for name, one in made.items()}


def test_a_policy_is_attached_to_a_role_of_the_same_stack() -> None:
    (made,) = attached(None).values()
    assert made == "${aws_iam_role.own.name}"


def test_the_id_of_a_plain_name_stays_wherever_it_stands_and_whatever_else_is_there() -> None:
    alone = attached("etl")
    assert attached("reporting", None, "etl").items() > alone.items()
    (name,) = alone
    assert name.startswith("policy_role-etl_")


def test_two_tokens_and_a_role_that_is_named_like_a_number_get_on() -> None:
    assert sorted(attached(None, "1", None).values()) == [*["${aws_iam_role.own.name}"] * 2, "1"]


def test_an_address_that_is_a_token_gets_the_alarms() -> None:
    from constructs_lib.alarm_topic import AlarmTopic

    from cdktf import App, TerraformStack, TerraformVariable, Testing

    stack = TerraformStack(App(), "stack")
    address = TerraformVariable(stack, "address", type="string").string_value
    AlarmTopic(stack, "topic", **valid_arguments("alarm_topic.AlarmTopic") | {"emails": [address]})
    (made,) = json.loads(Testing.synth(stack))["resource"]["aws_sns_topic_subscription"].values()
    assert made["endpoint"] == "${var.address}"
