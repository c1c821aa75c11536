"""What a plan knows only after apply is reviewed if the configuration that makes it is."""

import copy
import json
from collections.abc import Callable
from typing import Any

from ops.ci.compare import Planned, unreviewed
from ops.ci.reviewed_plan import configurations_of
from review.build import review
from review.plan import read_plan

import pytest

Json = Any
Change = Callable[[Json, Json], None]
"""Changes a plan and its configuration in place."""

POLICY = (
    '{"Principal":"${aws_iam_role.reader.arn}","Resource":"${aws_s3_bucket.old.arn}/*",'
    '"Condition":"${local.networks}","Account":"${data.aws_caller_identity.caller.account_id}"}'
)
PLAN = {
    "format_version": "1.2",
    "variables": {"region": {"value": "us-east-1"}},
    "resource_changes": [
        {
            "address": "aws_s3_bucket_policy.policy",
            "type": "aws_s3_bucket_policy",
            "change": {
                "actions": ["create"],
                "before": None,
                "after": {"bucket": "old"},
                "after_unknown": {"id": True, "policy": True},
            },
        },
        {
            "address": 'aws_iam_role.reader["a"]',
            "type": "aws_iam_role",
            "change": {
                "actions": ["create"],
                "before": None,
                "after": {"name": "reader", "inline_policy": [{}]},
                "after_unknown": {"arn": True, "inline_policy": [{"policy": True}]},
            },
        },
        {
            "address": "aws_s3_bucket.old",
            "type": "aws_s3_bucket",
            "change": {"actions": ["no-op"], "before": {}, "after": {"arn": "arn:old"}, "after_unknown": {}},
        },
    ],
    "output_changes": {"Reader": {"actions": ["create"], "before": None, "after_unknown": True}},
    "prior_state": {
        "values": {
            "root_module": {
                "resources": [
                    {
                        "address": "data.aws_caller_identity.caller",
                        "mode": "data",
                        "values": {"account_id": "111122223333", "user_id": "main"},
                    }
                ]
            }
        }
    },
}
CONFIGURATION = {
    "provider": {
        "aws": [
            {"region": "us-east-1", "default_tags": [{"tags": {"Author": "main"}}]},
            {"alias": "replica", "region": "${var.region}"},
        ]
    },
    "locals": {"networks": "${local.office}", "office": "203.0.113.0/28", "unused": 1},
    "variable": {"region": {"type": "string"}},
    "data": {"aws_caller_identity": {"caller": {}}},
    "output": {"Reader": {"value": '${aws_iam_role.reader["a"].arn}'}},
    "resource": {
        "aws_s3_bucket_policy": {
            "policy": {
                "bucket": "old",
                "policy": POLICY,
                "depends_on": ["aws_iam_role.unrelated"],
                "lifecycle": {"prevent_destroy": True},
            }
        },
        "aws_iam_role": {
            "reader": {
                "for_each": {"a": "first"},
                "provider": "aws.replica",
                "name": "reader",
                "inline_policy": [{"policy": "${aws_iam_role.unrelated.arn} ${each.value}"}],
            },
            "unrelated": {"name": "unrelated"},
        },
        "aws_s3_bucket": {"old": {"bucket": "old"}},
    },
}
"""A bucket policy that names a role that is still to be made."""


def said(change: Change) -> list[str]:
    """Return what of the plan is not reviewed after it, or its configuration, was changed."""
    main, configuration = copy.deepcopy((PLAN, CONFIGURATION))
    change(main, configuration)
    return unreviewed(
        Planned(read_plan(json.dumps(main).encode(), "plan"), configuration),
        [Planned(read_plan(json.dumps(PLAN).encode(), "plan"), CONFIGURATION, "pull request 2")],
    )


def set_in(*path: Any, of: int = 1) -> Change:
    """Return a change of the value at a path; the path ends with the value."""

    def change(*documents: Json) -> None:
        value = documents[of]
        *steps, name, new = path
        for step in steps:
            value = value[step]
        value[name] = new

    return change


def in_plan(*path: Any) -> Change:
    return set_in(*path, of=0)


RESOURCE = ("resource", "aws_s3_bucket_policy", "policy")
ROLE = ("resource", "aws_iam_role", "reader")


def test_a_first_deploy_is_judged_by_its_configuration() -> None:
    policy = json.dumps(
        {
            "Statement": {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": "${aws_kms_key.a.arn}",
            }
        }
    )
    configuration = copy.deepcopy(CONFIGURATION)
    set_in(*RESOURCE, "policy", policy)({}, configuration)
    first = configurations_of(json.dumps(configuration).encode(), None)
    plan = read_plan(json.dumps(PLAN).encode(), "plan")
    assert first == {"synthesized": configuration}
    assert review(plan, synthesized=first["synthesized"]).verdict == "dangerous"
    assert review(plan).verdict == "careful"
    assert configurations_of(b"{}", b"{}") == {"synthesized": {}, "deployed": {}}


def test_the_same_configuration_was_reviewed() -> None:
    assert said(lambda *_: None) == []


def test_the_difference_is_said_in_words() -> None:
    assert said(set_in(*RESOURCE, "policy", "${aws_iam_role.reader.arn}")) == [
        "aws_s3_bucket_policy.policy: create: policy is known only after apply, and the configuration that "
        "makes it differs from that in the review of pull request 2"
    ]


def test_a_value_that_differs_is_named_before_what_refers_to_it() -> None:
    def change(*documents: Json) -> None:
        in_plan("resource_changes", 1, "change", "after", "name", "other")(*documents)
        set_in(*ROLE, "name", "other")(*documents)

    first, *others = said(change)
    assert first == (
        'aws_iam_role.reader["a"]: create: name becomes other, and in the review of pull request 2 reader'
    )
    assert [line.partition(":")[0] for line in others] == ["aws_s3_bucket_policy.policy", "output.Reader"]


@pytest.mark.parametrize(
    ("change", "concerned"),
    [
        pytest.param(set_in("locals", "office", "0.0.0.0/0"), "policy.policy", id="a local of a local"),
        pytest.param(
            set_in("data", "aws_caller_identity", "caller", "provider", "aws.replica"),
            "policy.policy",
            id="what is read with",
        ),
        pytest.param(set_in(*ROLE, "name", "other"), "policy.policy", id="a resource that is new"),
        pytest.param(
            set_in("resource", "aws_iam_role", "unrelated", "name", "other"),
            "policy.policy",
            id="a resource of a resource",
        ),
        pytest.param(set_in(*ROLE, "for_each", "a", "second"), "aws_iam_role.reader", id="for_each"),
        pytest.param(set_in(*ROLE, "provider", "aws.other"), "aws_iam_role.reader", id="provider"),
        pytest.param(
            set_in(*ROLE, "inline_policy", 0, "policy", "${each.key}"), "aws_iam_role.reader", id="block"
        ),
        pytest.param(
            set_in(*ROLE, "dynamic", {"inline_policy": {"content": {}}}), "aws_iam_role.reader", id="dynamic"
        ),
        pytest.param(
            set_in("provider", "aws", 0, "region", "eu-west-1"), "policy.policy", id="the default provider"
        ),
        pytest.param(
            set_in("provider", "aws", 1, "region", "eu-west-1"), "aws_iam_role.reader", id="an alias"
        ),
        pytest.param(in_plan("variables", "region", "value", "eu-west-1"), "aws_iam_role", id="a variable"),
        pytest.param(
            in_plan("resource_changes", 2, "change", "after", "arn", "arn:other"),
            "policy.policy",
            id="a value that the plan knows",
        ),
        pytest.param(
            in_plan(
                *("prior_state", "values", "root_module", "resources", 0, "values", "account_id"),
                "444455556666",
            ),
            "policy.policy",
            id="a value that was read",
        ),
        pytest.param(set_in("output", "Reader", "value", "${local.unused}"), "output.Reader", id="an output"),
    ],
)
def test_what_makes_an_unknown_value_must_have_been_reviewed(change: Change, concerned: str) -> None:
    lines = [line for line in said(change) if concerned in line]
    assert lines
    assert all(
        "is known only after apply, and the configuration that makes it differs" in one for one in lines
    )


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(set_in("locals", "unused", 2), id="a local that nothing refers to"),
        pytest.param(
            set_in("resource", "aws_s3_bucket", "old", "tags", {"Team": "a"}), id="of a known value"
        ),
        pytest.param(set_in(*RESOURCE, "bucket", "${aws_s3_bucket.old.id}"), id="a known argument"),
        pytest.param(set_in(*RESOURCE, "depends_on", []), id="an order"),
        pytest.param(set_in(*RESOURCE, "lifecycle", {}), id="a lifecycle"),
        pytest.param(set_in("provider", "aws", 0, "default_tags", []), id="who deploys"),
        pytest.param(
            in_plan("prior_state", "values", "root_module", "resources", 0, "values", "user_id", "review"),
            id="who plans",
        ),
    ],
)
def test_what_makes_no_unknown_value_is_not_compared(change: Change) -> None:
    assert said(change) == []


@pytest.mark.parametrize(
    "value", ["${module.names.arn}", '${file("p.json")}', '${templatefile("p", {a = 1})}', None]
)
def test_what_the_configuration_does_not_say_is_refused_even_if_it_is_the_same(value: str | None) -> None:
    configuration: Json = copy.deepcopy(CONFIGURATION)
    if value:
        set_in(*RESOURCE, "policy", value)({}, configuration)
    else:
        del configuration["resource"]
    planned = Planned(read_plan(json.dumps(PLAN).encode(), "plan"), configuration, "pull request 2")
    (line,) = [one for one in unreviewed(planned, [planned]) if one.startswith("aws_s3_bucket_policy.policy")]
    assert line.endswith(
        ": create: some of it is known only after apply, and the configuration does not say what makes it"
    )


def test_the_same_words_in_a_text_are_no_module() -> None:
    configuration = copy.deepcopy(CONFIGURATION)
    set_in(*ROLE, "description", "of module.names and file (1)")({}, configuration)
    planned = Planned(read_plan(json.dumps(PLAN).encode(), "plan"), configuration)
    assert unreviewed(planned, [planned]) == []
