"""The tools: terraform, its AWS provider, and cdktf."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from ops.preflight.verdict import Verdict, bad, good, unknown
from ops.shared.errors import OpsError
from ops.shared.provider_mirror import find_mirror, is_installed, not_in_registry, user_cli_config
from settings.names.provider import TESTED

OLDEST_TERRAFORM = (1, 11)
"""The first whose S3 backend locks with a file: https://developer.hashicorp.com/terraform/language/backend/s3."""

INSTALL = "install Terraform 1.11 or newer: https://developer.hashicorp.com/terraform/install"


def check(
    environ: Mapping[str, str], user_environ: Mapping[str, str], *, provider_version: str, folder: Path
) -> list[Verdict]:
    """Check the tools.

    Args:
        environ: the variables that they are started with.
        user_environ: the user's own, before we named a Terraform CLI configuration in them.
        provider_version: the version of the AWS provider that the settings ask for.
        folder: where Terraform runs, and may have installed the provider before.
    """
    return [_terraform(environ), _provider(user_environ, provider_version, folder), _cdktf(environ)]


def _terraform(environ: Mapping[str, str]) -> Verdict:
    program = shutil.which("terraform", path=environ["PATH"])
    if program is None:
        return bad("terraform", "is not on PATH", INSTALL)
    done = subprocess.run(
        [program, "version", "-json"], env=dict(environ), capture_output=True, text=True, check=False
    )
    try:
        version = str(json.loads(done.stdout)["terraform_version"])
        numbers = tuple(int(part) for part in version.partition("-")[0].split("."))
    except (ValueError, KeyError):
        return bad("terraform", f"{program} does not report its version", INSTALL)
    if numbers < OLDEST_TERRAFORM:
        return bad("terraform", f"{version} cannot lock the state with a file in S3", INSTALL)
    return good("terraform", version)


def _provider(environ: Mapping[str, str], version: str, folder: Path) -> Verdict:
    subject = "AWS provider"
    name = version if version == TESTED else f"{version} (nobody has deployed with it yet)"
    config = user_cli_config(environ)
    if config is not None:
        return good(subject, f"{name}, from where your {config} says")
    try:
        mirror = find_mirror(environ, version)
    except OpsError as error:
        return bad(subject, error.problem, "correct the variable, or unset it")
    if mirror is not None:
        return good(subject, f"{name}, from the mirror {mirror}")
    if is_installed(folder, version):
        return good(subject, f"{name}, installed by an earlier run")
    missing = not_in_registry(version)
    if missing is not None and not missing.certain:
        return unknown(subject, missing.problem)
    if missing is not None:
        remedy = "set terraform.provider_version to another, or put it into a mirror"
        return bad(subject, missing.problem, remedy)
    return good(subject, f"{name}, from the public Terraform registry, as no mirror is on this machine")


def _cdktf(environ: Mapping[str, str]) -> Verdict:
    program = shutil.which("cdktf", path=environ["PATH"])
    if program is None:
        return bad("cdktf", "is missing", "make setup")
    for folder in Path(program).resolve().parents:
        if (folder / "package.json").is_file():
            return good("cdktf", str(json.loads((folder / "package.json").read_text())["version"]))
    return good("cdktf", program)
