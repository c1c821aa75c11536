"""cdktf's commands for one environment, with the right tools and the settings checked first."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ops.deploy.bootstrapped import refuse_misspelt, require_bootstrapped
from ops.deploy.caller import require_own_account
from ops.deploy.locked_objects import refuse_locked_in_state, refuse_locked_in_what_goes
from ops.deploy.object_lock import refuse_changed_object_lock
from ops.shared.checkout import environments_folder, file_of, load_settings, settings_of
from ops.shared.errors import OpsError
from ops.shared.output_folder import outputs_file, stack_folder
from ops.shared.output_lock import held_locks
from ops.shared.process import ENDING
from ops.shared.terraform import synthesized
from ops.shared.toolchain import ROOT, tool_environment
from ops.state.emergency_copy import alone_in_output_folder
from ops.state.guests import refuse_with_guests
from ops.state.remote_state import RemoteState
from ops.state.state_check import advice_after_failure, note_way_back, refuse_lost_state, refuse_unsaved_state
from settings import resource_names
from settings.doubtful import warnings_of
from settings.model import Settings

QUESTION = (
    "After the plan, cdktf asks with a menu: Approve, which Enter selects, applies exactly that plan; "
    "Dismiss and Stop change nothing."
)
"""Its question is better than one of ours, as with --auto-approve it would apply a plan that nobody saw."""


@alone_in_output_folder()
def synth(arguments: Sequence[str]) -> None:
    """Run `cdktf synth`, for every environment; exits with its status where it fails."""
    settings = load_settings(os.environ)
    _warn(settings)
    env = tool_environment(provider_version=settings[0].terraform.provider_version)
    _require_cdktf(env)
    if (status := _run_in_front(["cdktf", "synth", *arguments], env)) != 0:
        sys.exit(status)


def plan(environment: str, arguments: Sequence[str]) -> None:
    """Run `cdktf diff` on the environment's storage stack."""
    _run_on_stack("diff", resource_names.storage_stack(environment), settings_of(environment), arguments)


def deploy(environment: str, arguments: Sequence[str]) -> None:
    """Run `cdktf deploy` on the environment's storage stack; its outputs go to a file in the checkout."""
    options = ("--outputs-file", outputs_file(environment), *arguments)
    _run_on_stack("deploy", resource_names.storage_stack(environment), settings_of(environment), options)


def destroy(environment: str, arguments: Sequence[str]) -> None:
    """Run `cdktf destroy` on the environment's storage stack, and remove the file with its outputs.

    Raises:
        OpsError: the environment is protected, so that Terraform would refuse it; its state bucket has the
            states of others; or a version of an object is locked, or that cannot be found out.
    """
    refuse_misspelt(environment)
    settings = settings_of(environment)
    if settings.state.shared:
        refuse_with_guests(settings, f"environment {environment} cannot be destroyed")
    if settings.protect:
        file = file_of(environment)
        raise OpsError(
            f"environment {environment} is protected: its bucket and key cannot be destroyed",
            f"if that is meant, set protect = false in {file}, run make deploy ENV={environment}, "
            "then destroy",
        )
    stack = resource_names.storage_stack(environment)
    _run_on_stack("destroy", stack, settings, arguments)
    if _is_gone(settings, stack):
        (ROOT / outputs_file(environment)).unlink(missing_ok=True)


def deploy_ci_roles(environment: str, arguments: Sequence[str]) -> None:
    """Run `cdktf deploy` on the environment's CI stack; its outputs go to a file in the checkout.

    Raises:
        OpsError: the environment has no such stack.
    """
    refuse_misspelt(environment)
    settings = settings_of(environment)
    if settings.ci.repository is None:
        raise OpsError(
            f"environment {environment} has no roles for CI",
            f"say which repository may take them, with ci.repository in {file_of(environment)}",
        )
    options = ("--outputs-file", outputs_file(environment, ".ci"), *arguments)
    _run_on_stack("deploy", resource_names.ci_stack(environment), settings, options)


def _is_gone(settings: Settings, stack: str) -> bool:
    """Return whether a state has nothing left: cdktf also succeeds where somebody answers no."""
    try:
        snapshot = RemoteState(settings, stack).read()
    except OpsError:
        return False
    return snapshot is None or not snapshot.resources


@alone_in_output_folder()
def _run_on_stack(command: str, stack: str, settings: Settings, arguments: Sequence[str]) -> None:
    """Run cdktf on a stack; where it fails, a last line says what to do.

    Raises:
        OpsError: another run works in the output folder, the environment is not bootstrapped, its state is
            lost, a version in a bucket that would go is locked, or cdktf failed.
    """
    env = tool_environment(provider_version=settings.terraform.provider_version)
    env["ENVIRONMENT_SUFFIX"] = settings.environment
    _require_cdktf(env)
    refuse_unsaved_state(settings, stack)
    require_bootstrapped(settings)
    _warn([settings])
    refuse_lost_state(settings, stack)
    if command == "destroy":
        _refuse_locked_objects(settings, stack)
    else:
        refuse_changed_object_lock(settings, stack)
    if command == "deploy" and stack == resource_names.storage_stack(settings.environment):
        refuse_locked_in_what_goes(settings, stack, lambda: _described(settings, stack, arguments))
        note_way_back(settings, stack)
    _announce_question(command, arguments)
    if (status := _run_in_front(["cdktf", command, stack, *arguments], env)) != 0:
        raise OpsError(advice_after_failure(settings, stack, f"cdktf {command}", status), status=status)


def _announce_question(command: str, arguments: Sequence[str]) -> None:
    """Say which answer does what, where cdktf will ask a person."""
    if command != "diff" and "--auto-approve" not in arguments and sys.stdin.isatty():
        print(QUESTION, flush=True)


def _refuse_locked_objects(settings: Settings, stack: str) -> None:
    """Raise an OpsError where a version is locked in a bucket that Terraform would destroy."""
    if (snapshot := RemoteState(settings, stack).read()) is not None:
        refuse_locked_in_state(snapshot, settings, require_own_account(settings).account)


def _described(settings: Settings, stack: str, arguments: Sequence[str]) -> Mapping[str, Any]:
    """Return the JSON that cdktf applies: what it synthesizes, or with --skip-synth what is there."""
    if "--skip-synth" in arguments and (file := stack_folder(stack) / "cdk.tf.json").is_file():
        return dict(json.loads(file.read_bytes()))
    with synthesized(settings.environment, for_terraform=False) as (_, stacks):
        return stacks[stack].described


def _warn(environments: Iterable[Settings]) -> None:
    # The CLI of cdktf does not show what main.py says on standard error.
    for line in warnings_of(environments, environments_folder()):
        print(f"Warning: {line}", file=sys.stderr)


def _require_cdktf(env: Mapping[str, str]) -> None:
    if shutil.which("cdktf", path=env["PATH"]) is None:
        raise OpsError("cdktf is missing", "`make setup` installs the tools")


def _run_in_front(command: Sequence[str], env: Mapping[str, str]) -> int:
    """Run `command` as if it were this process; return its exit status, as a shell gives it.

    It has our terminal and our process group: questions, colours and Ctrl-C are its own.
    """
    child: subprocess.Popen[bytes] | None = None

    def leave_to_child(signum: int, _frame: object) -> None:
        # The terminal sends Ctrl-C to the whole group; `kill` reaches only us.
        if signum == signal.SIGTERM and child is not None:
            child.send_signal(signum)

    # Functions, as SIG_IGN would be inherited by the child. What is ignored already, stays so.
    handled = [sign for sign in ENDING if signal.getsignal(sign) is not signal.SIG_IGN]
    before = {sign: signal.signal(sign, leave_to_child) for sign in handled}
    try:
        child = subprocess.Popen(command, env=dict(env), cwd=ROOT, pass_fds=held_locks())
        status = child.wait()
    finally:
        for sign in handled:
            signal.signal(sign, before[sign])
    return status if status >= 0 else 128 - status
