"""The tools: terraform, its AWS provider, and cdktf."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from ops.preflight.verdict import Verdict, bad, good, unknown
from ops.shared.errors import OpsError
from ops.shared.provider_mirror import find_mirror, is_installed, not_in_registry, user_cli_config
from ops.shared.terraform import terraform_version
from settings.names.provider import TESTED


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
    try:
        return good("terraform", terraform_version(environ))
    except OpsError as error:
        return bad("terraform", error.problem.removeprefix("terraform "), error.remedy)


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
