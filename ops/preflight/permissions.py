"""The permissions that a deploy needs, checked with IAM's simulator."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from ops.deploy.caller import Caller
from ops.deploy.deploy_policy import Check
from ops.preflight.verdict import Verdict, asked, bad, good, unknown
from ops.shared import aws

SUBJECT = "permissions"

SHOWN = 6
"""How many missing actions a line names."""

Result = tuple[str, Mapping[str, Any]]
"""A resource, and IAM's answer about an action on it."""


def check(region: str, caller: Caller, needed: Sequence[Check], remedy: str) -> Verdict:
    """Check that the caller's own policies allow what a deploy needs.

    Args:
        region: of the environment; it decides the partition of IAM.
        caller: whose credentials they are.
        needed: the actions, each with its resource and the condition keys that a deploy sends.
        remedy: how to get them.
    """
    return asked(SUBJECT, lambda: _simulated(region, caller, needed, remedy))


def _simulated(region: str, caller: Caller, needed: Sequence[Check], remedy: str) -> Verdict:
    """Ask https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html."""
    iam = aws.client("iam", region)
    principal = _principal(iam, caller)
    if principal is None:
        return unknown(SUBJECT, f"IAM simulates users and roles, and {caller.arn} is neither")
    try:
        return judge(principal, list(_results(iam, principal, needed)), remedy)
    except iam.exceptions.NoSuchEntityException:
        # The session's ARN lacks the role's path, and these credentials may not look it up.
        return unknown(SUBJECT, f"there is no {principal}, and these credentials may not see its path")


def _results(iam: aws.Client, principal: str, needed: Sequence[Check]) -> Iterator[Result]:
    # One call for all actions that differ in nothing else, because IAM limits the calls per second.
    for (resource, context), checks in groupby(sorted(needed, key=_without_action), _without_action):
        pages = iam.get_paginator("simulate_principal_policy").paginate(
            PolicySourceArn=principal,
            ActionNames=[check.action for check in checks],
            ResourceArns=[resource],
            ContextEntries=[
                {
                    "ContextKeyName": name,
                    "ContextKeyValues": list(values),
                    "ContextKeyType": "string" if len(values) == 1 else "stringList",
                }
                for name, values in context
            ],
        )
        yield from ((resource, result) for page in pages for result in page["EvaluationResults"])


def judge(principal: str, results: Sequence[Result], remedy: str) -> Verdict:
    """Judge what IAM answered about each action on its resource."""
    refused: list[str] = []
    undecided: set[str] = set()
    for resource, result in results:
        if result["EvalDecision"] == "allowed":
            continue
        # IAM cannot decide what depends on the request, such as its tags.
        undecided.update(result.get("MissingContextValues") or [])
        if not result.get("MissingContextValues"):
            refused.append(f"{result['EvalActionName']} on {resource}")
    if refused:
        more = f" and {len(refused) - SHOWN} more" if len(refused) > SHOWN else ""
        return bad(SUBJECT, f"{principal} may not {', '.join(refused[:SHOWN])}{more}", remedy)
    if undecided:
        return unknown(SUBJECT, f"whether {principal} may depends on {', '.join(sorted(undecided))}")
    return good(
        SUBJECT, f"{principal} may do all {len(results)} things that a deploy does, as IAM simulates it"
    )


def _without_action(check: Check) -> tuple[str, tuple[tuple[str, tuple[str, ...]], ...]]:
    return check.resource, tuple(sorted((name, tuple(values)) for name, values in check.context.items()))


def _principal(iam: aws.Client, caller: Caller) -> str | None:
    kind, _, rest = caller.arn.rpartition(":")[2].partition("/")
    if kind == "user":
        return caller.arn
    if kind != "assumed-role":
        return None
    role = rest.partition("/")[0]
    # The session's ARN leaves out the role's path, which SSO's roles have.
    try:
        return str(iam.get_role(RoleName=role)["Role"]["Arn"])
    except iam.exceptions.ClientError as error:
        if not aws.refused(error) and aws.error_code(error) != "NoSuchEntity":
            raise
        return caller.iam(f"role/{role}")
