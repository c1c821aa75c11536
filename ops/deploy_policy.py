"""The IAM policy of a role that deploys one environment, generated from what its stack contains."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ops.deploy_actions import NEEDS, Target
from ops.errors import OpsError
from ops.terraform import synthesized
from stacks.aws_names import partition_of

Document = dict[str, Any]
Statement = dict[str, Any]

PLACEHOLDER = "ACCOUNT_ID"
"""Stands in the ARNs for the account where nobody said which one it is; IAM refuses it."""

LIMIT = 6_144
"""Characters of a managed policy without white space, as IAM counts them:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


def print_deploy_policy(environment: str, *, account: str | None, read_only: bool) -> None:
    """Print the policy of the role that deploys, or only plans, an environment.

    Args:
        environment: its name.
        account: the account's id; what the settings say, else a placeholder, where None.
        read_only: whether the role only plans.

    Raises:
        OpsError: the settings are wrong, the account is another than theirs, or the policy is too large.
    """
    document = policy_of_environment(environment, account=account, read_only=read_only)
    print(json.dumps(document, indent=2))


def policy_of_environment(environment: str, *, account: str | None, read_only: bool) -> Document:
    """Return what `print_deploy_policy` prints."""
    with synthesized(environment) as (settings, stacks):
        if None not in (account, settings.account_id) and account != settings.account_id:
            raise OpsError(
                f"--account is {account}, but account_id in the settings of {environment} is "
                f"{settings.account_id}; leave out --account"
            )
        folder = stacks[f"secure-storage-{environment}"].folder
        return deploy_policy(
            json.loads((folder / "cdk.tf.json").read_bytes()),
            account=settings.account_id or account or PLACEHOLDER,
            state_key_alias=settings.state.key_alias,
            read_only=read_only,
        )


def deploy_policy(
    stack: Mapping[str, Any], *, account: str, state_key_alias: str, read_only: bool = False
) -> Document:
    """Return the policy with which a role can deploy a stack, and nothing else.

    sts:GetCallerIdentity is not in it, as AWS asks for no permission there:
    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html

    Args:
        stack: the stack's synthesized JSON.
        account: the id of the account that it is deployed to.
        state_key_alias: the alias of the key that encrypts its state.
        read_only: leave out all that changes anything. Such a role plans with `-lock=false`: who may take
            the lock may also keep deploys out, and who may release it may let two of them in at once.

    Raises:
        OpsError: a resource of the stack is of a type whose actions are not known, or the policy is larger
            than IAM allows.
    """
    found: dict[Target, set[str]] = {}
    for kind, resources in stack["resource"].items():
        if kind not in NEEDS:
            raise OpsError(f"it is not known what {kind} needs; add it to ops/deploy_actions.py")
        for need in NEEDS[kind]:
            if need.when in _occasions(resources.values(), read_only=read_only):
                found.setdefault(need.target, set()).update(need.actions)
    targets = _targets(stack, account)
    document: Document = {
        "Version": "2012-10-17",
        "Statement": [
            *(
                {"Sid": sid, "Effect": "Allow", "Action": sorted(found[target]), **where}
                for target, (sid, where) in targets.items()
                if target in found
            ),
            *_state(stack, account, state_key_alias, read_only=read_only),
        ],
    }
    size = len("".join(json.dumps(document).split()))
    if size > LIMIT:
        raise OpsError(
            f"the policy would have {size} characters, and a managed policy takes {LIMIT}: "
            "attach to fewer roles (access.attach_to_roles)"
        )
    return document


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


def _targets(stack: Mapping[str, Any], account: str) -> dict[Target, tuple[str, dict[str, Any]]]:
    """Return each target's Sid, and its Resource and Condition."""
    (provider,) = stack["provider"]["aws"]
    region = provider["region"]
    partition = partition_of(region)
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
        raise OpsError(f"it is not known which policy {reference} is; see ops/deploy_policy.py")
    return match[1]


def _one_or_many(values: Iterable[str]) -> str | list[str]:
    found = sorted(set(values))
    return found[0] if len(found) == 1 else found


def _state(stack: Mapping[str, Any], account: str, key_alias: str, *, read_only: bool) -> Sequence[Statement]:
    """Return what the state backend needs, as in the managed policy of the state stack."""
    # Only here, as it takes a second to load the bindings that come with the package.
    from constructs_lib.policies import state_policy

    backend = stack["terraform"]["backend"]["s3"]
    partition, region = partition_of(backend["region"]), backend["region"]
    bucket_arn, state_key = f"arn:{partition}:s3:::{backend['bucket']}", backend["key"]
    keys = f"arn:{partition}:kms:{region}:{account}:key/*"
    objects = [
        state_policy.allow_list_workspaces(bucket_arn=bucket_arn),
        state_policy.allow_read_and_write_state(bucket_arn=bucket_arn, state_key=state_key),
    ]
    key = state_policy.allow_state_key(key_arn=keys, partition=partition, region=region)
    # The key's id is not known here; its alias is.
    key["Condition"]["ForAnyValue:StringEquals"] = {"kms:ResourceAliases": key_alias}
    if read_only:
        objects[1] |= {"Sid": "AllowReadState", "Action": ["s3:GetObject"]}
        return [*objects, key | {"Action": ["kms:Decrypt"]}]
    return [*objects, state_policy.allow_lock(bucket_arn=bucket_arn, state_key=state_key), key]


class Check(NamedTuple):
    """A question for `iam:SimulatePrincipalPolicy`.

    Attributes:
        action: such as `s3:CreateBucket`.
        resource: the ARN, which may end in `*`, or `*` alone.
        context: condition keys with the values that a deploy sends.
    """

    action: str
    resource: str
    context: Mapping[str, list[str]]


def statements_to_check(document: Document) -> list[Check]:
    """Return every action of a policy with each of its resources, and what its conditions ask for."""
    checks = []
    for statement in document["Statement"]:
        context = {
            key: _as_list(values)
            for operator, block in statement.get("Condition", {}).items()
            if operator != "Null"
            for key, values in block.items()
        }
        checks += [
            Check(action, resource, context)
            for action in statement["Action"]
            for resource in _as_list(statement["Resource"])
        ]
    return checks


def _as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
