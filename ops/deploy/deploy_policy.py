"""The IAM policies of a role that deploys one environment, generated from what its stack contains."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from constructs_lib.policies import Document
from constructs_lib.policies.deploy_policy import DeployPolicyError, deploy_policies
from constructs_lib.policies.place import Place
from ops.deploy.bootstrapped import refuse_misspelt
from ops.deploy.names_in_aws import Stack
from ops.shared.errors import OpsError
from ops.shared.terraform import synthesized
from settings import resource_names
from settings.model import Settings
from settings.names.aws import partition_of
from stacks.state_use import contexts_of_ci

PLACEHOLDER = "ACCOUNT_ID"
"""Stands for the account in ARNs if the account is not given; IAM rejects it."""


def print_deploy_policy(
    environment: str, *, account: str | None, read_only: bool, directory: Path | None
) -> None:
    """Print the policy of the role that deploys, or only plans, an environment, or a list of several.

    Args:
        environment: its name.
        account: the account's id; what the settings say, else a placeholder, where None.
        read_only: whether the role only plans.
        directory: where to write each policy into a file of its own instead, named as the managed policy.

    Raises:
        OpsError: the settings are wrong, the name looks misspelt, the account is another than theirs, the
            policies are too large, or the directory exists.
    """
    refuse_misspelt(environment)
    documents = policies_of_environment(environment, account=account, read_only=read_only)
    if directory is None:
        print(json.dumps(documents[0] if len(documents) == 1 else documents, indent=2))
        return
    try:
        # An existing folder could still have policies that are no longer needed.
        directory.mkdir()
    except OSError as error:
        raise OpsError(f"cannot make directory {directory}: {error.strerror}") from error
    names = resource_names.ci_policies("plan" if read_only else "deploy", environment, len(documents))
    for name, document in zip(names, documents, strict=True):
        file = directory / f"{name}.json"
        file.write_text(json.dumps(document, indent=2) + "\n")
        print(file)


def policies_of_environment(environment: str, *, account: str | None, read_only: bool) -> list[Document]:
    """Return what `print_deploy_policy` prints."""
    with synthesized(environment, for_terraform=False) as (settings, stacks):
        if None not in (account, settings.account_id) and account != settings.account_id:
            raise OpsError(
                f"--account is {account}, but account_id in the settings of {environment} is "
                f"{settings.account_id}",
                "leave out --account",
            )
        stack = stacks[resource_names.storage_stack(environment)].described
        return policies_of(settings, stack, account=account, read_only=read_only)


def policies_of(settings: Settings, stack: Stack, *, account: str | None, read_only: bool) -> list[Document]:
    """Return the policies for a storage stack that is synthesized already."""
    account_id = settings.account_id or account or PLACEHOLDER
    place = Place(partition_of(settings.region), account_id, settings.region)
    try:
        return deploy_policies(
            stack,
            place=place,
            state_key_alias=settings.state.key_alias,
            state_contexts=contexts_of_ci(settings, place),
            read_only=read_only,
        )
    except DeployPolicyError as error:
        raise OpsError(str(error)) from error


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


def statements_to_check(documents: Sequence[Document]) -> list[Check]:
    """Return every action of policies with each of its resources, and the values of its conditions."""
    checks = []
    for statement in (statement for document in documents for statement in document["Statement"]):
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
