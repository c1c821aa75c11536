"""The IAM policies of a role that deploys one stack, or only plans it, made of what the stack contains."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from constructs_lib.policies import Document, Statement, state_policy
from constructs_lib.policies.deploy_actions import NEEDS, Target, needs_of
from constructs_lib.policies.deploy_buckets import BUCKET_SIDS, Bucket, bucket_of, bucket_statements
from constructs_lib.policies.deploy_targets import DeployPolicyError, targets
from constructs_lib.policies.packing import TooLargeError, packed
from constructs_lib.policies.place import Place
from constructs_lib.policies.scanned_objects import guarded_objects

__all__ = ["DeployPolicyError", "deploy_policies"]


def deploy_policies(
    stack: Mapping[str, Any],
    *,
    place: Place,
    state_key_alias: str,
    state_contexts: Sequence[str] = (),
    read_only: bool = False,
) -> list[Document]:
    """Return the policies with which a role can deploy a stack, and nothing else; as few as IAM takes.

    sts:GetCallerIdentity is not in them, as AWS asks for no permission there:
    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html

    Args:
        stack: the stack's synthesized JSON.
        place: where it is deployed to.
        state_key_alias: the alias of the key that encrypts its state.
        state_contexts: in a state bucket that others use too: the ARNs for which that key may be used.
        read_only: leave out all that changes anything. Such a role plans with `-lock=false`: a role
            that can take the lock can block deploys, and one that can release it can let two of them in.

    Raises:
        DeployPolicyError: a resource of the stack is of a type whose actions are not known, a role of the
            stack could become anything, or the policies are larger, or more, than IAM allows.
    """
    found: dict[Target, set[str]] = {}
    buckets: dict[Target, dict[Bucket, set[str]]] = {}
    version = stack["terraform"]["required_providers"]["aws"]["version"]
    for kind, resources in stack["resource"].items():
        if kind not in NEEDS:
            raise DeployPolicyError(f"no actions are listed for {kind}; add it to deploy_actions.py")
        for need in needs_of(kind, version):
            concerned = [
                one for one in resources.values() if need.when in _occasions(one, read_only=read_only)
            ]
            if concerned and need.target in BUCKET_SIDS:
                places = buckets.setdefault(need.target, {})
                for one in concerned:
                    places.setdefault(bucket_of(one, stack["resource"]), set()).update(need.actions)
            elif concerned:
                found.setdefault(need.target, set()).update(need.actions)
    statements = [
        statement
        for target, places in buckets.items()
        for statement in bucket_statements(target, places, place)
    ]
    statements += [
        {"Sid": sid, "Effect": "Allow", "Action": sorted(found[target]), **where}
        for target, places in targets(stack, place).items()
        if target in found
        for sid, where in places
    ]
    statements += _state(stack, place, state_key_alias, state_contexts, read_only=read_only)
    try:
        return packed(statements, account=place.account_id)
    except TooLargeError as error:
        raise DeployPolicyError(f"a policy that allows all it needs is too large: {error}") from error


def _occasions(resource: Mapping[str, Any], *, read_only: bool) -> Iterator[str]:
    yield "read"
    if guarded_objects(resource.get("policy", "")):
        yield "scan"
    if read_only:
        return
    yield "write"
    if not resource.get("lifecycle", {}).get("prevent_destroy", False):
        yield "destroy"
        if resource.get("force_destroy", False):
            yield "empty"
            if resource.get("object_lock_enabled", False):
                yield "empty locked"


def _state(
    stack: Mapping[str, Any], place: Place, key_alias: str, contexts: Sequence[str], *, read_only: bool
) -> list[Statement]:
    """Return what the state backend needs, as in the managed policy of the state stack."""
    backend = stack["terraform"]["backend"]["s3"]
    bucket_arn, state_key = place.bucket(backend["bucket"]), backend["key"]
    objects = [
        state_policy.allow_list_workspaces(bucket_arn=bucket_arn, shared=bool(contexts)),
        state_policy.allow_read_and_write_state(bucket_arn=bucket_arn, state_key=state_key),
        state_policy.allow_list_versions(bucket_arn=bucket_arn, state_key=state_key),
    ]
    of_state = replace(place, region=backend["region"])
    key = state_policy.allow_key_by_alias(alias=key_alias, place=of_state, contexts=contexts)
    if read_only:
        objects[1] |= {"Sid": "AllowReadState", "Action": ["s3:GetObject"]}
        read_lock = state_policy.allow_read_lock(bucket_arn=bucket_arn, state_key=state_key)
        return [*objects, read_lock, key | {"Action": ["kms:Decrypt"]}]
    return [*objects, state_policy.allow_lock(bucket_arn=bucket_arn, state_key=state_key), key]
