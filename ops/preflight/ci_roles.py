"""CI's roles: whether they are as `make ci-roles` would create them now.

An environment's needs change with its settings and with this project, and CI cannot change its own roles.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from constructs_lib.policies.trust_policy import ISSUER
from ops.deploy.caller import Caller
from ops.deploy.names_in_aws import Stack, look_up_role
from ops.preflight.verdict import Verdict, asked, bad, good, skipped
from ops.shared import aws
from review.policy_findings import document_findings
from settings import resource_names
from settings.model import Settings

SUBJECT = "CI roles"
SHOWN = 3
"""How many differences a line names."""


@dataclass(frozen=True)
class Role:
    """A role of CI.

    Attributes:
        trust: its trust policy, as JSON.
        policies: the managed policies that are attached to it, as JSON by their names.
    """

    trust: str
    policies: Mapping[str, str]


def check(settings: Settings, caller: Caller, stack: Stack) -> Verdict:
    """Compare the roles' policies with what they should be, where the caller may read them.

    Args:
        settings: the environment.
        caller: whose credentials they are.
        stack: the synthesized JSON of the environment's CI stack.
    """
    return asked(SUBJECT, lambda: _compared(settings, caller, stack))


def _compared(settings: Settings, caller: Caller, stack: Stack) -> Verdict:
    names = resource_names.ci_roles(settings.environment)
    made = {name: role for name in names if (role := _made(settings.region, name)) is not None}
    again = f"make ci-roles ENV={settings.environment}"
    if not made:
        return skipped(SUBJECT, f"there are none yet; {again} creates them")
    roles = wanted(stack, caller)
    found = [one for name in names for one in _differences(name, made.get(name), roles[name])]
    if not found:
        return good(SUBJECT, f"{', '.join(names)}: as {again} creates them")
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return bad(SUBJECT, f"{'; '.join(found[:SHOWN])}{more}", f"as an administrator, {again}")


def _made(region: str, name: str) -> Role | None:
    role = look_up_role(name, region)
    if role is None:
        return None
    iam = aws.client("iam", region)
    pages = iam.get_paginator("list_attached_role_policies").paginate(RoleName=name)
    attached = {one["PolicyName"]: one["PolicyArn"] for page in pages for one in page["AttachedPolicies"]}
    return Role(
        json.dumps(role["AssumeRolePolicyDocument"]),
        {policy: _document(iam, arn) for policy, arn in attached.items()},
    )


def _document(iam: aws.Client, arn: str) -> str:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return json.dumps(iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"])


def wanted(stack: Stack, caller: Caller) -> dict[str, Role]:
    """Return the roles of a CI stack by their names, as a deploy into the caller's account creates them."""
    resources = stack["resource"]
    policies = resources["aws_iam_policy"]
    attached: dict[str, dict[str, str]] = {}
    for one in resources["aws_iam_role_policy_attachment"].values():
        policy = policies[_address(one["policy_arn"])]
        documents = attached.setdefault(_address(one["role"]), {})
        documents[policy["name"]] = _resolved(policy["policy"], caller)
    return {
        role["name"]: Role(_resolved(role["assume_role_policy"], caller), attached[address])
        for address, role in resources["aws_iam_role"].items()
    }


def _address(reference: str) -> str:
    """Return the resource's name of a reference such as `${aws_iam_policy.name.arn}`."""
    return reference.split(".")[1]


def _resolved(text: str, caller: Caller) -> str:
    """Replace references to what Terraform reads and creates: the account and GitHub's provider."""
    provider = caller.iam(f"oidc-provider/{ISSUER}")
    text = re.sub(r"\$\{data\.aws_caller_identity\.[^.}]+\.account_id\}", caller.account, text)
    return re.sub(r"\$\{aws_iam_openid_connect_provider\.[^.}]+\.arn\}", provider, text)


def _differences(name: str, made: Role | None, role: Role) -> Iterator[str]:
    if made is None:
        yield f"{name} does not exist"
        return
    if document_findings(made.trust, role.trust):
        yield f"{name} trusts others than it should"
    for policy, document in role.policies.items():
        if policy not in made.policies:
            yield f"{name} lacks {policy}"
        elif document_findings(made.policies[policy], document):
            yield f"{policy} is not what {name} needs now"
    for policy in made.policies.keys() - role.policies.keys():
        yield f"{name} has {policy}, which its stack does not know: detach it"
