"""Which other environments keep their state in an environment's state bucket."""

from ops.shared import aws
from ops.shared.checkout import load_all_settings
from ops.shared.errors import OpsError
from ops.state.bucket_objects import BucketObjects
from ops.state.remote_state import RemoteState
from ops.state.snapshot import Snapshot
from settings import resource_names
from settings.model import Settings


def guests_of(settings: Settings, *, certain: bool = False) -> list[str]:
    """Return the environments whose state is in the state bucket of another one.

    A file may be gone, and an ephemeral environment has none. A state without resources is of an environment
    that was destroyed. One that moved to another bucket leaves its states here, sealed.

    Args:
        settings: the environment with the bucket.
        certain: raise, too, where the caller may not list the bucket; else the files decide.

    Raises:
        OpsError: the files are wrong, or S3 does not answer.
    """
    # No file names an environment that is not shared: its settings would be refused.
    files = load_all_settings() if settings.state.shared else ()
    named = {one.environment for one in files if one.state.of == settings.environment}
    return sorted(named | _with_states(settings, certain=certain))


def _with_states(settings: Settings, *, certain: bool) -> set[str]:
    environment = settings.environment
    own = {
        resource_names.state_key(stack(environment))
        for stack in (resource_names.storage_stack, resource_names.state_stack, resource_names.ci_stack)
    }
    objects, found = BucketObjects(settings), set()
    try:
        listed = list(objects.keys(resource_names.STACK_PREFIX))
    except OpsError as error:
        if certain or not aws.refused(error):
            raise
        # A role that deploys sees its own state only, and cannot take down a state bucket either.
        return set()
    for key in listed:
        if key.endswith("/terraform.tfstate") and key not in own and _has_resources(objects.get(key)):
            stack = key.partition("/")[0].removeprefix(resource_names.STACK_PREFIX)
            found.add(stack.removesuffix("-state").removesuffix("-ci"))
    return {one for one in found if not _moved(settings, one)}


def _moved(settings: Settings, guest: str) -> bool:
    """Return whether all that a guest has in the bucket is in another one, too.

    A move seals the state of the state stack last; it seals each other state before it copies that.
    """
    lock = RemoteState(settings, resource_names.state_stack(guest)).lock()
    return lock is not None and lock.moved_to != ""


def _has_resources(body: bytes | None) -> bool:
    try:
        return body is not None and bool(Snapshot.parse(body).resources)
    except ValueError:
        return True  # nobody knows


def refuse_with_guests(settings: Settings, refused: str, *, certain: bool = False) -> None:
    """Raise while others keep their state in the state bucket of an environment.

    Args:
        settings: the environment; one that has no state bucket of its own has no guests.
        refused: what they stand in the way of, as `prod cannot be destroyed`.
        certain: as of `guests_of`.

    Raises:
        OpsError: they do, or it cannot be found out.
    """
    if settings.state.of is None and (guests := guests_of(settings, certain=certain)):
        names = ", ".join(guests)
        raise OpsError(
            f"{refused}: the state of {names} is in the state bucket {settings.state.bucket}",
            "make teardown of each first, or move its state to another shared bucket",
        )
