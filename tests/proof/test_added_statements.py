"""A statement that is added to a policy of an environment, and gives somebody more, breaks a promise."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from stacks.unread import UnreadError
from tests.proof.test_promise_mutants import broken, stacks_of
from tests.synthesis import PROVEN

import pytest

STRANGER = "arn:aws:iam::999988887777:role/evil"
CLOUDFRONT = {"Service": "cloudfront.amazonaws.com"}
BUCKET, KEY, TOPIC = "aws_s3_bucket_policy", "aws_kms_key", "aws_sns_topic_policy"
ROLE, MANAGED = "aws_iam_role", "aws_iam_policy"
ATTRIBUTE = {ROLE: "assume_role_policy"}

Stacks = Mapping[str, Any]
SERVICES = "services-do-no-more"

ADDED: dict[str, tuple[str, str, str, dict[str, Any], str]] = {
    "a service reads the data": (
        "prod",
        BUCKET,
        "secure-bucket/policy",
        {"Action": "s3:GetObject"},
        SERVICES,
    ),
    "a service reads the log": ("prod", BUCKET, "log-bucket/policy", {"Action": "s3:GetObject"}, SERVICES),
    "a service empties the log": (
        "prod",
        BUCKET,
        "log-bucket/policy",
        {"Action": "s3:PutLifecycleConfiguration"},
        SERVICES,
    ),
    "a service deletes the key": (
        "prod",
        KEY,
        "encryption-key/key",
        {"Action": "kms:ScheduleKeyDeletion"},
        SERVICES,
    ),
    "a service subscribes": ("audit", TOPIC, "alarm-topic/policy", {"Action": "sns:Subscribe"}, SERVICES),
    "a stranger takes the role that deploys": (
        "ci-roles",
        ROLE,
        "deploy-role/role",
        {"Action": "sts:AssumeRole", "Principal": {"AWS": STRANGER}},
        "ci-roles-taken-by-their-workflows",
    ),
    "a stranger takes the role that replicates": (
        "replication",
        ROLE,
        "/replication/role",
        {"Action": "sts:AssumeRole", "Principal": {"AWS": STRANGER}},
        "replication-role-taken-by-s3",
    ),
    "a stranger takes the role that scans": (
        "malware-scan",
        ROLE,
        "/malware-scan/role",
        {"Action": "sts:AssumeRole", "Principal": {"AWS": STRANGER}},
        "scan-role-taken-by-guardduty",
    ),
    "a holder uses buckets of others": (
        "prod",
        MANAGED,
        "access-policy",
        {
            "Action": "s3:*",
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:ResourceAccount": "111122223333"}},
        },
        "managed-policies-exactly",
    ),
    "somebody changes the topic's policy": (
        "audit",
        TOPIC,
        "alarm-topic/policy",
        {"Action": "sns:AddPermission", "Principal": {"AWS": "arn:aws:iam::111122223333:role/etl"}},
        "policies-change-by-iam-only",
    ),
}


def with_statement(stacks: Stacks, kind: str, path: str, added: dict[str, Any]) -> Stacks:
    stacks = json.loads(json.dumps(stacks))
    (found,) = (
        one
        for stack in stacks.values()
        for one in stack.get("resource", {}).get(kind, {}).values()
        if path in one["//"]["metadata"]["path"] and "-state" not in one["//"]["metadata"]["path"]
    )
    attribute = ATTRIBUTE.get(kind, "policy")
    document = json.loads(found[attribute])
    principal = {} if kind == MANAGED else {"Principal": CLOUDFRONT}
    resource = {} if kind == ROLE else {"Resource": document["Statement"][0].get("Resource", "*")}
    document["Statement"].append({"Sid": "Added", "Effect": "Allow", **principal, **resource, **added})
    found[attribute] = json.dumps(document)
    return dict(stacks)


@pytest.mark.parametrize(("name", "kind", "path", "added", "promise"), ADDED.values(), ids=ADDED)
def test_a_promise_notices(
    stack_folders: dict[str, Path], name: str, kind: str, path: str, added: dict[str, Any], promise: str
) -> None:
    stacks = stacks_of(name, stack_folders[f"secure-storage-{name}"].parent)
    assert promise in broken(name, with_statement(stacks, kind, path, added), PROVEN)


def test_nothing_is_broken_without_it(stack_folders: dict[str, Path]) -> None:
    for name in sorted({name for name, *_ in ADDED.values()}):
        stacks = stacks_of(name, stack_folders[f"secure-storage-{name}"].parent)
        assert broken(name, stacks, PROVEN) == {}


Change = Callable[[dict[str, Any]], None]


def of_role(path: str, **attributes: object) -> Change:
    def change(resources: dict[str, Any]) -> None:
        (role,) = (one for one in resources[ROLE].values() if path in one["//"]["metadata"]["path"])
        role.update(attributes)

    return change


def without_boundary(resources: dict[str, Any]) -> None:
    for role in resources[ROLE].values():
        role.pop("permissions_boundary", None)


def new(kind: str, **attributes: object) -> Change:
    return lambda resources: resources.setdefault(kind, {}).update(x=attributes)


def attach_administrator(resources: dict[str, Any]) -> None:
    (one,) = resources["aws_iam_role_policy_attachment"].values()
    one["policy_arn"] = "arn:aws:iam::aws:policy/AdministratorAccess"


UNREAD: dict[str, tuple[Change, str]] = {
    "a grant": (new("aws_kms_grant", grantee_principal=STRANGER), "aws_kms_grant.x of .+ may grant access"),
    "a policy within the role": (new("aws_iam_role_policy", policy="{}"), "aws_iam_role_policy.x of "),
    "an attribute with a policy": (
        of_role("replication", inline_policy=[]),
        "no promise reads its inline_policy",
    ),
    "an attribute with policies": (
        of_role("replication", managed_policy_arns=[]),
        "no promise reads its managed_policy_arns",
    ),
    "a policy of AWS": (attach_administrator, "AdministratorAccess is no policy of stack"),
    "no boundary": (without_boundary, "its permissions boundary is no policy of these stacks"),
}


@pytest.mark.parametrize(("change", "problem"), UNREAD.values(), ids=UNREAD)
def test_what_no_promise_reads_is_refused(
    stack_folders: dict[str, Path], change: Change, problem: str
) -> None:
    stacks = stacks_of("replication", stack_folders["secure-storage-replication"].parent)
    change(stacks["secure-storage-replication"]["resource"])
    with pytest.raises(UnreadError, match=problem):
        broken("replication", stacks, PROVEN)
