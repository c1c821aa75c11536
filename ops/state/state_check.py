"""Whether a deploy may start on the current state, and what to do after a failed deploy."""

import contextlib
import os

from ops.shared.errors import OpsError
from ops.shared.output_folder import stack_folder
from ops.shared.provider_mirror import PROVIDER, missing_provider
from ops.state.emergency_copy import emergency_copies
from ops.state.remote_state import DamagedStateError, RemoteState
from settings.model import Settings


def refuse_lost_state(settings: Settings, stack: str) -> None:
    """Raise if Terraform would start from a state that is not the last deployed state.

    Terraform takes an emptied or deleted state for an environment in which nothing was deployed yet, and
    would create everything a second time. It reports other problems with the backend itself.

    Raises:
        OpsError: the state is damaged or was deleted, or an emergency copy has a later state.
    """
    if copies := emergency_copies(stack):
        raise OpsError(
            f"the last deploy of {stack} could not save its state, which is only in {copies[-1].name}",
            f"make recover ENV={settings.environment} first",
        )
    try:
        RemoteState(settings, stack).read()
    except DamagedStateError:
        raise
    except OpsError:
        return


def advice_after_failure(settings: Settings, stack: str, command: str, status: int) -> str:
    """Return what to do after `command` failed on `stack`, in one line."""
    recover = f"make recover ENV={settings.environment}"
    if copies := emergency_copies(stack):
        return (
            f"`{command}` could not save the state of {stack}; the emergency copy is {copies[-1]}; "
            f"{recover} writes it to the state bucket"
        )
    state = RemoteState(settings, stack)
    with contextlib.suppress(OpsError):
        if (lock := state.lock()) is not None:
            return str(state.held(lock))
    failed = f"`{command}` of {stack}"
    if command != "cdktf diff":
        failed += f" can be run again, after {recover} where something exists already; it"
    version = settings.terraform.provider_version
    installed = stack_folder(stack) / ".terraform" / "providers" / PROVIDER / version
    if not installed.exists() and (problem := missing_provider(os.environ, version)) is not None:
        return f"{failed} ended with exit status {status}: {problem}"
    return f"{failed} ended with exit status {status}; what it says above is why"
