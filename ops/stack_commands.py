"""cdktf's commands for one environment, with the right tools and the settings checked first."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from ops.errors import OpsError
from ops.toolchain import ROOT, tool_environment
from stacks.settings import SettingsError, load_environments


def synth(arguments: Sequence[str]) -> NoReturn:
    """Run `cdktf synth`, for every environment."""
    _become_cdktf("synth", *arguments, environment=None)


def bootstrap(environment: str, arguments: Sequence[str]) -> NoReturn:
    """Run `cdktf deploy` on the environment's state backend stack."""
    _become_cdktf("deploy", f"secure-storage-{environment}-state", *arguments, environment=environment)


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


def _become_cdktf(*arguments: str, environment: str | None) -> NoReturn:
    """Replace this process by cdktf, so that questions, colours and Ctrl-C are cdktf's own."""
    env = tool_environment()
    if environment is not None:
        if not environment:
            known = ", ".join(sorted(path.stem for path in (ROOT / "environments").glob("*.toml")))
            raise OpsError(
                f"no environment was given; say ENV=… with one of {known}, or a new ephemeral name"
            )
        env["ENVIRONMENT_SUFFIX"] = environment
    os.chdir(ROOT)
    try:
        load_environments(Path("environments"), env)
    except SettingsError as error:
        raise OpsError("\nError: ".join(error.problems)) from error
    os.execvpe("cdktf", ["cdktf", *arguments], env)
