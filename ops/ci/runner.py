"""What a job writes for GitHub's runner, and reads from a repository's variables.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
https://docs.github.com/en/actions/reference/workflows-and-actions/variables
"""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

from ops.shared.errors import OpsError
from settings import resource_names

_ROLE = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+", re.ASCII)

_RUN = ("SERVER_URL", "REPOSITORY", "RUN_ID")
_SERVER = re.compile(r"https://[a-z0-9.-]{1,100}(?::[0-9]{1,5})?")
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_NUMBER = re.compile("[0-9]{1,20}")


def write_summary(text: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Add Markdown to the job's summary, which the approver sees; return whether there is one."""
    return _append("GITHUB_STEP_SUMMARY", f"{text.rstrip()}\n\n", environ)


def write_output(name: str, value: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Set an output of the step, of one line; return whether there is a runner that takes it."""
    return _append("GITHUB_OUTPUT", f"{name}={value}\n", environ)


def run_address(environ: Mapping[str, str] = os.environ) -> str:
    """Return the address of the run that this job is of; empty where GitHub does not run it."""
    server, repository, run = (environ.get(f"GITHUB_{name}", "") for name in _RUN)
    known = _SERVER.fullmatch(server) and _REPOSITORY.fullmatch(repository) and _NUMBER.fullmatch(run)
    return f"{server}/{repository}/actions/runs/{run}" if known else ""


def _append(variable: str, text: str, environ: Mapping[str, str]) -> bool:
    name = environ.get(variable)
    if not name:
        return False
    try:
        with Path(name).open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise OpsError(f"cannot write to the file of {variable}, {name}: {error.strerror}") from error
    return True


def role_of(environment: str, variable: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return the role that a variable names for an environment.

    Args:
        environment: its name.
        variable: the variable's name; its value is a role's ARN, or a JSON object of ARNs by environment.
        environ: where it is set.

    Raises:
        OpsError: it is not set, or names no role.
    """
    value = environ.get(variable, "").strip()
    if not value:
        raise OpsError(
            f"the variable {variable} is not set on GitHub",
            f"it names the role of {environment}, which `make ci-roles ENV={environment}` makes; "
            "docs/ci.md says how",
        )
    role = value
    if not value.startswith("arn:"):
        role = _of_each(value, variable).get(environment, "")
        if not role:
            raise OpsError(
                f"the variable {variable} on GitHub names no role of {environment}",
                f"add what `make ci-roles ENV={environment}` prints to its JSON object",
            )
    if not _ROLE.fullmatch(role):
        raise OpsError(
            f"the variable {variable} on GitHub must name a role's ARN for {environment}, such as "
            f"arn:aws:iam::111122223333:role/{resource_names.ci_roles(environment).plan}"
        )
    return role


def _of_each(value: str, variable: str) -> dict[str, str]:
    try:
        document = json.loads(value)
    except ValueError:
        document = None
    if not isinstance(document, dict) or not all(isinstance(role, str) for role in document.values()):
        raise OpsError(
            f"the variable {variable} on GitHub must be a JSON object of roles' ARNs by environment, "
            f'such as {{"dev": "arn:aws:iam::111122223333:role/{resource_names.ci_roles("dev").plan}"}}'
        )
    return document
