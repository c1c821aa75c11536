"""Applies a plan that was made before: what CI's deploy and the deploy of several environments share."""

import contextlib
import json
import shutil
from collections.abc import Iterator, Mapping

from ops.ci.manifest import CONFIGURATION, LOCK, PLAN
from ops.shared.errors import OpsError
from ops.shared.output_folder import stack_folder
from ops.shared.terraform import Stack
from ops.shared.toolchain import tool_environment
from ops.state.emergency_copy import emergency_copies
from ops.state.remote_state import RemoteState
from ops.state.state_check import advice_after_failure
from settings import resource_names
from settings.model import Settings


def storage_stack(settings: Settings) -> Stack:
    """Return the storage stack of an environment in the folder of `ops deploy`.

    There, recover finds an emergency copy of the state.
    """
    name = resource_names.storage_stack(settings.environment)
    tools = tool_environment(provider_version=settings.terraform.provider_version)
    return Stack(name, stack_folder(name), {**tools, "ENVIRONMENT_SUFFIX": settings.environment})


@contextlib.contextmanager
def laid_out(stack: Stack, files: Mapping[str, bytes]) -> Iterator[None]:
    """Put a plan and its files into the stack's empty folder; remove the plan with the block.

    What an earlier run left there is lost: the caller is alone in the output folder.
    """
    shutil.rmtree(stack.folder, ignore_errors=True)
    stack.folder.mkdir(parents=True)
    stack.folder.chmod(0o700)
    try:
        for file in (PLAN, CONFIGURATION, LOCK):
            (stack.folder / file).write_bytes(files[file])
        yield
    finally:
        (stack.folder / PLAN).unlink(missing_ok=True)  # it contains the state


def advice(settings: Settings, stack: str) -> str:
    """Return what to do after a plan could not be applied, in one line."""
    try:
        locked = RemoteState(settings, stack).lock() is not None
    except OpsError:
        locked = False
    if locked or emergency_copies(stack):
        return advice_after_failure(settings, stack, "terraform apply", 1)
    return "the plan is used up: fix the error, then plan again"


def outputs_of(stack: Stack) -> bytes:
    """Return the outputs of a deployed stack, as `cdktf deploy --outputs-file` writes them."""
    found = json.loads(stack.terraform("output", "-json").stdout)
    values = {stack.name: {name: output["value"] for name, output in found.items()}}
    return json.dumps(values, indent=2).encode() + b"\n"
