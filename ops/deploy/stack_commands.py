"""cdktf's commands for one environment, with the right tools and the settings checked first."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

from ops.deploy.object_lock import refuse_changed_object_lock
from ops.shared.checkout import file_of, load_settings, settings_of
from ops.shared.errors import OpsError
from ops.shared.process import ENDING
from ops.shared.toolchain import ROOT, tool_environment
from ops.state.emergency_copy import rescue_all
from ops.state.state_check import advice_after_failure, refuse_lost_state
from settings import resource_names


def synth(arguments: Sequence[str]) -> NoReturn:
    """Run `cdktf synth`, for every environment."""
    _become_cdktf("synth", *arguments, environment=None)


def plan(environment: str, arguments: Sequence[str]) -> NoReturn:
    """Run `cdktf diff` on the environment's storage stack."""
    _become_cdktf("diff", resource_names.storage_stack(environment), *arguments, environment=environment)


def deploy(environment: str, arguments: Sequence[str]) -> NoReturn:
    """Run `cdktf deploy` on the environment's storage stack; its outputs go to a file in the checkout."""
    options = ("--outputs-file", f"outputs.{environment}.json", *arguments)
    _become_cdktf("deploy", resource_names.storage_stack(environment), *options, environment=environment)


def destroy(environment: str, arguments: Sequence[str]) -> NoReturn:
    """Run `cdktf destroy` on the environment's storage stack.

    Raises:
        OpsError: the environment is protected, so that Terraform would refuse it.
    """
    settings = settings_of(environment)
    if settings.protect:
        file = file_of(environment)
        raise OpsError(
            f"environment {environment} is protected: its bucket and key cannot be destroyed",
            f"if that is meant, set protect = false in {file}, run make deploy ENV={environment}, "
            "then destroy",
        )
    _become_cdktf("destroy", resource_names.storage_stack(environment), *arguments, environment=environment)


def deploy_ci_roles(environment: str, arguments: Sequence[str]) -> NoReturn:
    """Run `cdktf deploy` on the environment's CI stack; its outputs go to a file in the checkout.

    Raises:
        OpsError: the environment has no such stack.
    """
    settings = settings_of(environment)
    if settings.ci.repository is None:
        raise OpsError(
            f"environment {environment} has no roles for CI",
            f"say which repository may take them, with ci.repository in {file_of(environment)}",
        )
    options = ("--outputs-file", f"outputs.{environment}.ci.json", *arguments)
    _become_cdktf("deploy", resource_names.ci_stack(environment), *options, environment=environment)


def _become_cdktf(*arguments: str, environment: str | None) -> NoReturn:
    """Run cdktf as if it were this process: questions, colours, Ctrl-C and the exit status are cdktf's own.

    Where it fails on a stack, a last line says what to do.
    """
    picked = {} if environment is None else {"ENVIRONMENT_SUFFIX": environment}
    settings = load_settings({**os.environ, **picked})
    version = settings[0].terraform.provider_version
    env = tool_environment(provider_version=version) | picked
    if shutil.which("cdktf", path=env["PATH"]) is None:
        raise OpsError("cdktf is missing", "`make setup` installs the tools")
    rescue_all()
    if environment is None:
        sys.exit(_run_in_front(["cdktf", *arguments], env))
    command, stack = arguments[:2]
    refuse_lost_state(settings[0], stack)
    if command != "destroy":
        refuse_changed_object_lock(settings[0], stack)
    status = _run_in_front(["cdktf", *arguments], env)
    if status != 0:
        raise OpsError(advice_after_failure(settings[0], stack, f"cdktf {command}", status), status=status)
    sys.exit(0)


def _run_in_front(command: Sequence[str], env: Mapping[str, str]) -> int:
    """Run `command` on our terminal and in our process group; return its exit status, as a shell gives it."""
    child: subprocess.Popen[bytes] | None = None

    def leave_to_child(signum: int, _frame: object) -> None:
        # The terminal sends Ctrl-C to the whole group; `kill` reaches only us.
        if signum == signal.SIGTERM and child is not None:
            child.send_signal(signum)

    # Functions, as SIG_IGN would be inherited by the child. What is ignored already, stays so.
    handled = [sign for sign in ENDING if signal.getsignal(sign) is not signal.SIG_IGN]
    before = {sign: signal.signal(sign, leave_to_child) for sign in handled}
    try:
        child = subprocess.Popen(command, env=dict(env), cwd=ROOT)
        status = child.wait()
    finally:
        for sign in handled:
            signal.signal(sign, before[sign])
    return status if status >= 0 else 128 - status
