"""Whether a deploy may start on the current state, and what to do after a failed deploy."""

import contextlib
import os
import sys

from ops.shared.errors import OpsError
from ops.shared.output_folder import stack_folder
from ops.shared.provider_mirror import missing_provider
from ops.shared.sandbox_variable import as_here
from ops.state.emergency_copy import emergency_copies
from ops.state.remote_state import DamagedStateError, RemoteState
from settings.model import Settings
from settings.names.provider import TESTED


def refuse_unsaved_state(settings: Settings, stack: str) -> None:
    """Raise an OpsError if the last deploy's state is only in a file here; asks nothing of AWS.

    It comes before any question to AWS: the credentials, or the state bucket, may be what was lost.
    """
    if copies := emergency_copies(stack):
        raise OpsError(
            f"the last deploy of {stack} could not save its state, which is only in {copies[-1].name}",
            f"make recover ENV={settings.environment} first",
        )


def refuse_lost_state(settings: Settings, stack: str) -> None:
    """Raise if Terraform would start from a state that is not the last deployed state.

    Terraform takes an emptied or deleted state for an environment in which nothing was deployed yet, and
    would create everything a second time. It reports other problems with the backend itself.

    Raises:
        OpsError: the state is damaged, was deleted or moved, or an emergency copy has a later state.
    """
    refuse_unsaved_state(settings, stack)
    try:
        state = RemoteState(settings, stack)
        state.read()
        state.refuse_moved()
    except DamagedStateError:
        raise
    except OpsError:
        return


def note_way_back(settings: Settings, stack: str) -> None:
    """Print which version of the state a deploy begins with, if the provider's version is untested.

    An older provider may not be able to read the state that a newer one writes. Nothing is printed before the
    first deploy, or if S3 does not say.
    """
    version = settings.terraform.provider_version
    if version == TESTED:
        return
    try:
        newest = RemoteState(settings, stack).newest_version()
    except OpsError:
        return
    if newest is None:
        return
    command = as_here(f"make state-restore ENV={settings.environment} ARGS='--version {newest}'")
    print(f"Nobody has deployed with AWS provider {version} yet. {command} returns to the state of now.")
    sys.stdout.flush()


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
    if (missing := missing_provider(os.environ, version, stack_folder(stack))) is not None:
        return f"{failed} ended with exit status {status}: {missing.problem}"
    return f"{failed} ended with exit status {status}; what it says above is why"
