"""What this server takes of our policies."""

import json
import re
from typing import Any

from constructs_lib.policies import Document, Statement
from tests.policy.deployment import name_of

REFUSED_OPERATORS = frozenset({"ArnNotEquals", "BoolIfExists"})
"""Condition operators that the server answers with 400 InvalidPolicyDocument."""

UNKNOWN_KEYS = frozenset({"aws:PrincipalOrgID"})
"""Condition keys that AWS puts on a member's requests, and the server on none: with a negated operator, which
is true when the key is absent, the statement would stop everybody."""

REFERENCE = re.compile(r"\$\{(?:data\.)?([a-z0-9_]+)\.[^.}]+\.([a-z_]+)}")


def resolved(stack: dict[str, Any], *, key_arn: str) -> dict[str, Any]:
    """Return a stack's JSON with the references in its policy and outputs resolved, as an apply would."""
    bucket = only(stack, "aws_s3_bucket")
    known: dict[tuple[str, str], str] = {
        ("aws_kms_key", "arn"): key_arn,
        ("aws_s3_bucket", "id"): bucket["bucket"],
        ("aws_s3_bucket", "bucket"): bucket["bucket"],
        ("aws_s3_bucket", "arn"): f"arn:aws:s3:::{bucket['bucket']}",
        ("aws_iam_policy", "arn"): "arn:aws:iam::000000000000:policy/secure-s3",
        ("aws_caller_identity", "account_id"): "000000000000",
    }

    def value(found: re.Match[str]) -> str:
        return known.get((found[1], found[2]), found[0])

    resolved: dict[str, Any] = json.loads(REFERENCE.sub(value, json.dumps(stack)))
    for part in (only(resolved, "aws_s3_bucket_policy"), resolved["output"]):
        assert "${" not in json.dumps(part), part
    return resolved


def only(stack: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return the arguments of a stack's resource of this kind that is about its own bucket."""
    every: list[dict[str, Any]] = list(stack["resource"][kind].values())
    (found,) = (one for one in every if name_of(one) == "this")
    return found


def takeable(policy: Document) -> tuple[Document, list[str]]:
    """Return what the server can take of `policy`, and the names of what is left out.

    A condition operator is left out alone. That widens a Deny, here to the principals that are exempt from it
    and to the calls of AWS services, neither of which come to this server. A statement is left out as a whole
    where it could not be distinguished from a Deny for everybody, or is about another partition than "aws".
    """
    statements, left_out = [], []
    for statement in policy["Statement"]:
        reason = _cannot_be_taken(statement)
        if reason:
            left_out.append(f"{statement['Sid']}: {reason}")
            continue
        conditions = statement.get("Condition", {})
        refused = [operator for operator in conditions if operator in REFUSED_OPERATORS]
        left_out += [f"{statement['Sid']}: {operator}" for operator in refused]
        kept = {operator: keys for operator, keys in conditions.items() if operator not in refused}
        statements.append({**statement, "Condition": kept} if kept else without_condition(statement))
    return {**policy, "Statement": statements}, left_out


def without(policy: Document, *sids: str) -> Document:
    """Return `policy` without these statements, all of which it must have."""
    assert set(sids) <= {statement["Sid"] for statement in policy["Statement"]}
    return {**policy, "Statement": [one for one in policy["Statement"] if one["Sid"] not in sids]}


def without_condition(statement: Statement) -> Statement:
    """Return `statement` for all requests."""
    return {name: value for name, value in statement.items() if name != "Condition"}


def _cannot_be_taken(statement: Statement) -> str | None:
    if "arn:aws-" in json.dumps(statement["Resource"]):
        return "partition"
    keys = {key for keys in statement.get("Condition", {}).values() for key in keys}
    return next(iter(sorted(keys & UNKNOWN_KEYS)), None)
