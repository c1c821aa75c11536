"""Refuses an environment whose own policies would lock somebody out who must get in."""

from collections.abc import Mapping

from constructs_lib.policies import Document, Perimeter, to_json
from constructs_lib.policies.lockout import LockoutError, bucket_lockouts, key_lockouts
from stacks.aws_names import arn_account
from stacks.settings import Settings


def refuse_lockouts(
    settings: Settings,
    *,
    root_arn: str,
    key_policy: Document | None,
    bucket_policy: Document,
    bucket_arn: str,
    perimeter: Perimeter,
    headers: Mapping[str, str],
) -> None:
    """Raise a LockoutError that names environment and statement, where the policies lock somebody out.

    Args:
        settings: the environment.
        root_arn: the account's root, which may hold a Terraform reference.
        key_policy: the key policy; None without a key of our own.
        bucket_policy: the bucket policy.
        bucket_arn: the bucket's ARN.
        perimeter: where requests for objects may come from.
        headers: what an upload sends.
    """
    deploy_role = settings.access.deploy_role
    problems = list(
        bucket_lockouts(
            bucket_policy,
            bucket_arn=bucket_arn,
            deploy_role=deploy_role,
            perimeter=perimeter,
            upload_headers=headers,
        )
    )
    if key_policy is not None:
        # Which account it is, is only known at synth where the settings say so.
        known = deploy_role if settings.account_id is not None else None
        problems += key_lockouts(key_policy, key_arn="*", root_arn=root_arn, deploy_role=known)
    elif deploy_role is not None and settings.account_id not in (None, arn_account(deploy_role)):
        problems.append(f"access.deploy_role: {deploy_role} is not of account {settings.account_id}")
    problems += [
        f"the {kind} policy would have {size} bytes, and AWS takes {limit}: grant to fewer"
        for kind, policy, limit in (("bucket", bucket_policy, 20_480), ("key", key_policy, 32_768))
        if policy is not None and (size := len(to_json(policy))) > limit
    ]
    if problems:
        raise LockoutError([f"environment {settings.environment}: {problem}" for problem in problems])
