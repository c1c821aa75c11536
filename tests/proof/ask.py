"""Shorthands for questions about single statements."""

from collections.abc import Mapping
from typing import Any

from proof import (
    Action,
    Claim,
    Decision,
    Fails,
    Holds,
    Operation,
    Resource,
    Undecided,
    When,
    denied,
    policy,
    prove,
)

Statement = dict[str, Any]
ACCOUNT = "111122223333"
OTHER = "999988887777"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/etl"
USER = f"arn:aws:iam::{ACCOUNT}:user/ada"
BUCKET = "arn:aws:s3:::data"
OBJECTS = f"{BUCKET}/*"


def statement(**elements: Any) -> Statement:
    """A statement about everybody reading objects, but for `elements`."""
    given = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": OBJECTS} | elements
    return {name: value for name, value in given.items() if value is not None}


def document(*statements: Statement, version: str | None = "2012-10-17") -> dict[str, Any]:
    return ({"Version": version} if version else {}) | {"Statement": list(statements)}


def decision(*statements: Statement, version: str | None = "2012-10-17") -> Decision:
    return Decision(policy(document(*statements, version=version), "bucket"), ACCOUNT)


RESOURCES = {"s3:ListBucket": BUCKET}


def meets(condition: Mapping[str, Any], given: Mapping[str, Any], action: str = "s3:GetObject") -> str:
    """Whether a condition holds for every request that another describes: `yes`, `no` or `unknown`.

    `no` means that it does not hold for one of them.
    """
    resource = RESOURCES.get(action, OBJECTS)
    deny = statement(Effect="Deny", Action=action, Resource=resource, Condition=condition)
    asked = When(given) & Action(action) & Resource(resource)
    return answer(decision(deny), denied(asked))


def answer(policies: Decision | Operation, claim: Claim) -> str:
    """Whether a claim holds: `yes`, `no` or `unknown`."""
    verdict = prove(policies, {"it": claim})["it"]
    return {Holds: "yes", Fails: "no", Undecided: "unknown"}[type(verdict)]
