"""The IAM policy of a role that deploys one stack, or only plans it, made of what the stack contains."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from constructs_lib.policies import Document, Statement, document, state_policy
from constructs_lib.policies.deploy_actions import NEEDS, Target

LIMIT = 6_144
"""Characters of a managed policy without white space, as IAM counts them:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


class DeployPolicyError(Exception):
    """No policy can be made for a stack; the message says why in one line."""


def deploy_policy(
    stack: Mapping[str, Any],
    *,
    partition: str,
    account: str,
    state_key_alias: str,
    read_only: bool = False,
) -> Document:
    """Return the policy with which a role can deploy a stack, and nothing else.

    sts:GetCallerIdentity is not in it, as AWS asks for no permission there:
    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html

    Args:
        stack: the stack's synthesized JSON.
        partition: `aws`, `aws-cn` or `aws-us-gov`.
        account: the id of the account that it is deployed to, or a reference to it.
        state_key_alias: the alias of the key that encrypts its state.
        read_only: leave out all that changes anything. Such a role plans with `-lock=false`: who may take
            the lock may also keep deploys out, and who may release it may let two of them in at once.

    Raises:
        DeployPolicyError: a resource of the stack is of a type whose actions are not known, or the policy is
            larger than IAM allows.
    """
    found: dict[Target, set[str]] = {}
    for kind, resources in stack["resource"].items():
        if kind not in NEEDS:
            raise DeployPolicyError(f"it is not known what {kind} needs; add it to deploy_actions.py")
        for need in NEEDS[kind]:
            if need.when in _occasions(resources.values(), read_only=read_only):
                found.setdefault(need.target, set()).update(need.actions)
    targets = _targets(stack, partition, account)
    policy = document(
        *(
            {"Sid": sid, "Effect": "Allow", "Action": sorted(found[target]), **where}
            for target, (sid, where) in targets.items()
            if target in found
        ),
        *_state(stack, partition, account, state_key_alias, read_only=read_only),
    )
    # A reference to the account's id becomes twelve digits.
    size = len("".join(json.dumps(policy).replace(account, "0" * 12).split()))
    if size > LIMIT:
        raise DeployPolicyError(
            f"the policy would have {size} characters, and a managed policy takes {LIMIT}: "
            "attach to fewer roles (access.attach_to_roles)"
        )
    return policy


def _occasions(resources: Iterable[Mapping[str, Any]], *, read_only: bool) -> Iterator[str]:
    yield "read"
    if read_only:
        return
    yield "write"
    for resource in resources:
        if not resource.get("lifecycle", {}).get("prevent_destroy", False):
            yield "destroy"
            if resource.get("force_destroy", False):
                yield "empty"


def _targets(
    stack: Mapping[str, Any], partition: str, account: str
) -> dict[Target, tuple[str, dict[str, Any]]]:
    """Return each target's Sid, and its Resource and Condition."""
    (provider,) = stack["provider"]["aws"]
    region = provider["region"]
    resources = stack["resource"]
    iam, kms = f"arn:{partition}:iam::{account}", f"arn:{partition}:kms:{region}:{account}"
    here = {"aws:RequestedRegion": region}
    labels = _labels(provider)
    request = {f"aws:RequestTag/{key}": value for key, value in labels.items()}
    resource = {f"aws:ResourceTag/{key}": value for key, value in labels.items()}

    buckets = [f"arn:{partition}:s3:::{one['bucket']}" for one in _all(resources, "aws_s3_bucket")]
    aliases = [one["name"] for one in _all(resources, "aws_kms_alias")]
    policies = {
        name: f"{iam}:policy/{one['name']}" for name, one in resources.get("aws_iam_policy", {}).items()
    }
    attachments = _all(resources, "aws_iam_role_policy_attachment")
    roles = [f"{iam}:role/{one['role']}" for one in attachments]
    attached = {policies[_resource_id(one["policy_arn"])] for one in attachments}
    # Other keys of the environment, such as that of its state, have the same tags but aliases of their own.
    # True as well for a key without an alias, which a new key is, and one whose alias was just deleted.
    only_ours = {"ForAllValues:StringEquals": {"kms:ResourceAliases": aliases}}
    return {
        "bucket": ("AllowBucket", {"Resource": _one_or_many(buckets)}),
        "objects": ("AllowEmptyBucket", {"Resource": _one_or_many([f"{arn}/*" for arn in buckets])}),
        # KMS has no resource for these two.
        "no key yet": (
            "AllowCreateKey",
            {"Resource": "*", "Condition": {"StringEquals": {**here, **request}}},
        ),
        "all aliases": ("AllowListAliases", {"Resource": "*", "Condition": {"StringEquals": here}}),
        "tags of a new key": (
            # Tags at creation need a permission that names no key. Null keeps them off the keys of others:
            # https://docs.aws.amazon.com/kms/latest/developerguide/tag-permissions.html
            "AllowTagNewKey",
            {
                "Resource": f"{kms}:key/*",
                "Condition": {
                    "StringEquals": request,
                    "Null": dict.fromkeys([*resource, "kms:ResourceAliases"], "true"),
                },
            },
        ),
        "unlabelled key": (
            # IfExists, as it can take five minutes until KMS counts the tags and the alias of a new key:
            # https://docs.aws.amazon.com/kms/latest/developerguide/abac.html
            "AllowKeyBeforeItsTagsCount",
            {"Resource": f"{kms}:key/*", "Condition": {"StringEqualsIfExists": resource, **only_ours}},
        ),
        "key": (
            "AllowKey",
            {"Resource": f"{kms}:key/*", "Condition": {"StringEquals": resource, **only_ours}},
        ),
        "alias": ("AllowAlias", {"Resource": _one_or_many([f"{kms}:{alias}" for alias in aliases])}),
        "policy": ("AllowPolicies", {"Resource": _one_or_many(policies.values())}),
        "role": ("AllowReadRoles", {"Resource": _one_or_many(roles)}),
        "attachment": (
            "AllowAttachToRoles",
            {
                "Resource": _one_or_many(roles),
                "Condition": {"ArnEquals": {"iam:PolicyARN": _one_or_many(attached)}},
            },
        ),
    }


def _labels(provider: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags that tell an environment's keys from others."""
    ((tags),) = (one["tags"] for one in provider["default_tags"])
    return {key: tags[key] for key in ("Environment", "Project")}


def _all(resources: Mapping[str, Any], kind: str) -> list[Any]:
    return list(resources.get(kind, {}).values())


def _resource_id(reference: str) -> str:
    """Return `id` of `${aws_iam_policy.id.arn}`."""
    match = re.fullmatch(r"\$\{aws_iam_policy\.([^.]+)\.arn\}", reference)
    if match is None:
        raise DeployPolicyError(f"it is not known which policy {reference} is; see deploy_policy.py")
    return match[1]


def _one_or_many(values: Iterable[str]) -> str | list[str]:
    found = sorted(set(values))
    return found[0] if len(found) == 1 else found


def _state(
    stack: Mapping[str, Any], partition: str, account: str, key_alias: str, *, read_only: bool
) -> list[Statement]:
    """Return what the state backend needs, as in the managed policy of the state stack."""
    backend = stack["terraform"]["backend"]["s3"]
    region = backend["region"]
    bucket_arn, state_key = f"arn:{partition}:s3:::{backend['bucket']}", backend["key"]
    objects = [
        state_policy.allow_list_workspaces(bucket_arn=bucket_arn),
        state_policy.allow_read_and_write_state(bucket_arn=bucket_arn, state_key=state_key),
    ]
    key = state_policy.allow_key_by_alias(
        alias=key_alias, partition=partition, region=region, account_id=account
    )
    if read_only:
        objects[1] |= {"Sid": "AllowReadState", "Action": ["s3:GetObject"]}
        return [*objects, key | {"Action": ["kms:Decrypt"]}]
    return [*objects, state_policy.allow_lock(bucket_arn=bucket_arn, state_key=state_key), key]
