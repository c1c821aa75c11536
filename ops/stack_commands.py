"""cdktf's commands for one environment, with the right tools and the settings checked first."""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from ops.errors import OpsError
from ops.toolchain import ROOT, tool_environment
from stacks.settings import Settings, SettingsError, load_environments


def synth(arguments: Sequence[str]) -> NoReturn:
    """Run `cdktf synth`, for every environment."""
    _become_cdktf("synth", *arguments, environment=None)


def plan(environment: str, arguments: Sequence[str]) -> NoReturn:
    """Run `cdktf diff` on the environment's storage stack."""
    _become_cdktf("diff", f"secure-storage-{environment}", *arguments, environment=environment)


def deploy(environment: str, arguments: Sequence[str]) -> NoReturn:
    """Run `cdktf deploy` on the environment's storage stack; its outputs go to a file in the checkout."""
    outputs = f"outputs.{environment}.json"
    _become_cdktf(
        "deploy",
        f"secure-storage-{environment}",
        "--outputs-file",
        outputs,
        *arguments,
        environment=environment,
    )


def destroy(environment: str, arguments: Sequence[str]) -> NoReturn:
    """Run `cdktf destroy` on the environment's storage stack."""
    _become_cdktf("destroy", f"secure-storage-{environment}", *arguments, environment=environment)


def checked_settings(environ: Mapping[str, str]) -> tuple[Settings, ...]:
    """Change to the checkout and return what `environ` picks of its environments.

    Raises:
        OpsError: the settings are wrong; the message has a line for each problem.
    """
    os.chdir(ROOT)
    try:
        return load_environments(Path("environments"), environ)
    except SettingsError as error:
        raise OpsError("\nError: ".join(error.problems)) from error


def _become_cdktf(*arguments: str, environment: str | None) -> NoReturn:
    """Replace this process by cdktf, so that questions, colours and Ctrl-C are cdktf's own."""
    env = tool_environment()
    if environment is not None:
        env["ENVIRONMENT_SUFFIX"] = environment
    checked_settings(env)
    if shutil.which("cdktf", path=env["PATH"]) is None:
        raise OpsError("cdktf is missing; `make setup` installs the tools")
    os.execvpe("cdktf", ["cdktf", *arguments], env)
