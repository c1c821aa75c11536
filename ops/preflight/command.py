"""`ops preflight`: says before a deploy what would stop it; it changes nothing."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from ops.deploy.caller import Caller
from ops.deploy.deploy_policy import policies_of, statements_to_check
from ops.preflight import (
    ci_roles,
    credentials,
    names,
    object_lock,
    permissions,
    principals,
    promises,
    revoked_links,
    state,
    tools,
)
from ops.preflight.verdict import Mark, Verdict, bad, good, skipped, unknown
from ops.shared.checkout import settings_of
from ops.shared.environment_argument import (
    did_you_mean,
    environment_names,
    like_another,
    without_a_file,
)
from ops.shared.errors import OpsError
from ops.shared.output_folder import stack_folder
from ops.shared.sandbox_variable import as_here
from ops.shared.toolchain import tool_environment
from settings import resource_names
from settings.model import Settings

import click

COLOURS = {Mark.GOOD: "green", Mark.BAD: "red", Mark.UNKNOWN: "yellow", Mark.SKIPPED: None}


def require(environment: str, *, read_only: bool = False) -> None:
    """Print a line for every check.

    Args:
        environment: its name.
        read_only: check what a role that only plans needs.

    Raises:
        OpsError: the settings are wrong, or a line has ✗.
    """
    lines = check(environment, read_only=read_only)
    for line in lines:
        click.secho(as_here(str(line)), fg=COLOURS[line.mark])
    unseen = sum(line.mark is Mark.UNKNOWN for line in lines)
    if unseen:
        click.echo(f"{unseen} of {len(lines)} checks could not be made: see the lines with {Mark.UNKNOWN}")
    failed = sum(line.mark is Mark.BAD for line in lines)
    if failed:
        raise OpsError(
            f"preflight of {environment}: {failed} of {len(lines)} checks failed; nothing was changed"
        )


def check(environment: str, *, read_only: bool = False) -> list[Verdict]:
    """Return the verdicts of all checks; a check that depends on a failed check is skipped.

    Args:
        environment: its name.
        read_only: check what a role that only plans needs.

    Raises:
        OpsError: the settings are wrong.
    """
    user_environ = dict(os.environ)
    settings = settings_of(environment)
    version = settings.terraform.provider_version
    env = {**tool_environment(provider_version=version), "ENVIRONMENT_SUFFIX": environment}
    with ThreadPoolExecutor() as pool:
        folder = stack_folder(resource_names.storage_stack(environment))
        tool_lines = pool.submit(tools.check, env, user_environ, provider_version=version, folder=folder)
        proven = pool.submit(promises.proven_stacks, settings)
        credential_lines, caller = credentials.check(settings)
        if caller is None:
            subjects = [*state.SUBJECTS, *names.SUBJECTS, object_lock.SUBJECT, permissions.SUBJECT]
            subjects += [] if settings.ci.repository is None else [ci_roles.SUBJECT]
            reason = "no credentials for the right account"
            bootstrapped: bool | None = False
            aws_lines = [skipped(subject, reason) for subject in subjects]
        else:
            state_lines, found = state.check(settings, caller)
            stacks = proven.result().stacks
            stack = stacks[resource_names.storage_stack(environment)]
            permission_line = pool.submit(_permissions, settings, caller, stack, read_only=read_only)
            role_lines = pool.submit(_ci_roles, settings, caller, stacks)
            name_lines = [*names.check(settings, caller, found, stack), *principals.check(settings, caller)]
            aws_lines = [*state_lines, *name_lines, object_lock.check(settings), permission_line.result()]
            aws_lines += role_lines.result()
            bootstrapped = found.bootstrapped
    return [
        environment_line(environment, bootstrapped=bootstrapped),
        promises.check(environment, proven.result().results),
        *revoked_links.check(settings, datetime.now(UTC)),
        *tool_lines.result(),
        *credential_lines,
        *aws_lines,
    ]


def _permissions(settings: Settings, caller: Caller, stack: dict[str, Any], *, read_only: bool) -> Verdict:
    if caller.is_root:
        return unknown(permissions.SUBJECT, "no policy limits the account's root")
    policies = policies_of(settings, stack, account=caller.account, read_only=read_only)
    option = " --read-only" if read_only else ""
    remedy = f"attach what `python -m ops deploy-policy {settings.environment}{option}` prints"
    return permissions.check(settings.region, caller, statements_to_check(policies), remedy)


def _ci_roles(settings: Settings, caller: Caller, stacks: Mapping[str, dict[str, Any]]) -> list[Verdict]:
    """Return the line of CI's roles, where the settings say who may take them."""
    if settings.ci.repository is None:
        return []
    return [ci_roles.check(settings, caller, stacks[resource_names.ci_stack(settings.environment)])]


def environment_line(name: str, *, bootstrapped: bool | None) -> Verdict:
    """Say where the settings come from; a name that looks misspelt is bad until its environment exists.

    Args:
        name: the environment's name.
        bootstrapped: whether it exists; None if that is not known.
    """
    subject = "environment"
    if name in environment_names():
        return good(subject, f"{name}, described by environments/{name}.toml")
    text, near = without_a_file(name), like_another(name)
    if near is not None and bootstrapped is None:
        return unknown(subject, f"{text}, or {near} is meant: its state bucket cannot be seen")
    if near is not None and not bootstrapped:
        return bad(subject, text, did_you_mean(name, near))
    return good(subject, text)
