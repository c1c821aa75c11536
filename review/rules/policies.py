"""What a change of a policy allows: of every type that has one, and of permissions that become one."""

import json
from collections.abc import Iterator
from dataclasses import replace

from review.attributes import Attributes, Json, blocks, by_name, first
from review.facts.kinds import POLICIES
from review.model import CAREFUL, DANGEROUS, Finding, careful, dangerous
from review.policy_findings import changed_policy, policy_findings
from review.rules.registry import Subject, rule


def _policy(it: Subject) -> Iterator[Finding]:
    return policy_findings(it.kind, it.was, it.now, it.around)


for _kind, _paths in POLICIES.items():
    rule(_kind, *_paths)(_policy)


@rule("aws_iam_role", "inline_policy")
def inline_policies(it: Subject) -> Iterator[Finding]:
    """Judge the policies that a role has itself, each by its name."""
    old, new = (by_name(blocks(side.get("inline_policy")), "name") for side in (it.was, it.now))
    for name in sorted(old.keys() | new.keys()):
        sides = old.get(name, {}), new.get(name, {})
        yield from policy_findings("aws_iam_role_policy", *sides, it.around)


@rule("aws_s3control_multi_region_access_point_policy", "details")
def multi_region(it: Subject) -> Iterator[Finding]:
    """Judge the policy of an access point that leads to buckets of several regions."""
    before, after = (first(one, "details", "policy") for one in (it.was, it.now))
    yield from changed_policy(it.kind, "policy", before, after, it.around)


# https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
EVERYTHING = (
    '{"Version": "2012-10-17", '
    '"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}'
)


@rule(("aws_vpc_endpoint", "aws_vpc_endpoint_policy"), "policy")
def endpoint(it: Subject) -> Iterator[Finding]:
    """Judge what an endpoint lets through; it gives no permission, and without a policy it denies nothing."""
    before, after = (one.get("policy") or EVERYTHING for one in (it.was, it.now))
    for one in changed_policy(it.kind, "policy", before, after, it.around):
        if one.severity == DANGEROUS:
            one = replace(one, severity=CAREFUL, words=f"through the endpoint, {one.words}")
        yield one


PERMISSION = (
    *("action", "event_source_token", "function_name", "function_url_auth_type", "principal"),
    *("principal_org_id", "qualifier", "source_account", "source_arn"),
)


@rule("aws_lambda_permission", *PERMISSION)
def call(it: Subject) -> Iterator[Finding]:
    """Judge who may call a function."""
    before, after = (_permission(one) if one.get("principal") else "" for one in (it.was, it.now))
    yield from changed_policy(it.kind, "permission", before, after, it.around)


CONDITIONS = (
    ("source_arn", "ArnLike", "aws:SourceArn"),
    ("source_account", "StringEquals", "aws:SourceAccount"),
    ("principal_org_id", "StringEquals", "aws:PrincipalOrgID"),
    ("function_url_auth_type", "StringEquals", "lambda:FunctionUrlAuthType"),
    ("event_source_token", "StringEquals", "lambda:EventSourceToken"),
)


def _permission(one: Attributes) -> str:
    """Return the policy that AWS makes of a permission.

    https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
    """
    who = str(one.get("principal"))
    conditions: dict[str, dict[str, Json]] = {}
    for name, operator, key in CONDITIONS:
        if one.get(name):
            conditions.setdefault(operator, {})[key] = one[name]
    statement = {
        "Sid": str(one.get("statement_id") or ""),
        "Effect": "Allow",
        "Principal": {"Service": who} if ".amazonaws.com" in who else "*" if who == "*" else {"AWS": who},
        "Action": one.get("action"),
        "Resource": ":".join(str(one[part]) for part in ("function_name", "qualifier") if one.get(part)),
        "Condition": conditions,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@rule("aws_lambda_function_url", "authorization_type")
def function_url(it: Subject) -> Iterator[Finding]:
    """Judge whether a function's address asks who calls."""
    if it.now.get("authorization_type") == "NONE":
        yield dangerous("anybody may call the function {} by its URL", it.now.get("function_name"))
    elif it.new:
        yield careful("the function {} gets a URL for callers of AWS", it.now.get("function_name"))
