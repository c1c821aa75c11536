"""`ops state`: the versions of a stack's state, and the way back to an earlier one."""

import json
from collections.abc import Callable

from ops.shared.checkout import settings_of
from ops.shared.errors import OpsError
from ops.shared.sandbox_variable import as_here
from ops.state.remote_state import RemoteState, Version
from ops.state.snapshot import Snapshot
from settings import resource_names

Agree = Callable[[str], bool]


def show_versions(environment: str, *, backend: bool) -> None:
    """Print every version of a state, the newest first.

    Args:
        environment: its name.
        backend: the state of the state stack itself, rather than of the storage stack.
    """
    state = _state(environment, backend=backend)
    print(f"{state.url}, the newest version first")
    print(f"{'version':<40}{'written (UTC)':<22}{'serial':>7}{'resources':>11}{'bytes':>9}")
    for version in state.versions():
        about = "" if version.problem == "" else f"  {version.problem}"
        serial, resources = (
            ("-", "-")
            if version.snapshot is None
            else (version.snapshot.serial, len(version.snapshot.resources))
        )
        print(f"{version.id:<40}{_time(version):<22}{serial:>7}{resources:>11}{version.size:>9}{about}")


def restore(environment: str, version_id: str | None, agree: Callable[[str], bool], *, backend: bool) -> None:
    """Make an earlier version of a state the newest.

    Args:
        environment: its name.
        version_id: which version; the last good one before what is there now where None.
        agree: asked once, after both versions' outputs were shown.
        backend: the state of the state stack itself, rather than of the storage stack.

    Raises:
        OpsError: there is no such version, somebody holds the lock, or it was not confirmed.
    """
    state = _state(environment, backend=backend)
    # Held for all of it: what is shown is what is replaced.
    if (lock := state.lock()) is not None:
        raise state.held(lock)
    with state.locked("restore"):
        versions = state.versions()
        now = next((version for version in versions if version.latest), None)
        earlier = _chosen(versions, version_id, state)
        assert earlier.snapshot is not None  # noqa: S101 - _chosen ensures it
        print(state.url)
        _show_both(now, earlier)
        # Terraform takes a state for newer by its serial.
        serial = 1 + max(one.snapshot.serial for one in versions if one.snapshot is not None)
        if not agree(f"make the earlier version the newest, with serial {serial}?"):
            raise OpsError("aborted: not confirmed")
        state.write(earlier.snapshot.with_serial(serial))
    print(f"✓ version {earlier.id} is the newest again, with serial {serial}, and reads back")
    plan, recover = as_here(f"make plan ENV={environment}"), as_here(f"make recover ENV={environment}")
    print(
        f"Next: {plan} shows where AWS differs from it; what was made since is unknown to it, and {recover} "
        "finds it."
    )


def _state(environment: str, *, backend: bool) -> RemoteState:
    settings = settings_of(environment)
    stack = resource_names.state_stack if backend else resource_names.storage_stack
    return RemoteState(settings, stack(environment))


def _chosen(versions: list[Version], version_id: str | None, state: RemoteState) -> Version:
    if version_id is None:
        for version in versions:
            if not version.latest and version.snapshot is not None:
                return version
        raise OpsError(f"{state.url} has no earlier version that is a Terraform state")
    for version in versions:
        if version.id == version_id:
            if version.snapshot is None:
                raise OpsError(f"version {version_id} of {state.url} {version.problem}")
            return version
    raise OpsError(f"{state.url} has no version {version_id}", "`ops state versions` lists them")


def _show_both(now: Version | None, earlier: Version) -> None:
    """Print what both versions say, side by side."""
    rows = [
        ("", "now", "earlier"),
        ("version", now.id if now else "deleted", earlier.id),
        ("written", _time(now) if now else "", _time(earlier)),
    ]
    left = _facts(now.snapshot) if now and now.snapshot else {"serial": now.problem if now else ""}
    right = _facts(earlier.snapshot) if earlier.snapshot else {}
    for name in dict.fromkeys([*right, *left]):
        rows.append((name, left.get(name, ""), right.get(name, "")))
    different = [row for row in rows if row[1] != row[2]]
    widths = max(len(row[0]) for row in rows), max(len(row[1]) for row in different)
    for name, one, other in rows:
        if one == other:
            print(f"  {name:<{widths[0]}}  {one}")
        else:
            print(f"{'≠' if name else ' '} {name:<{widths[0]}}  {one:<{widths[1]}}  {other}".rstrip())


def _time(version: Version) -> str:
    return f"{version.written:%Y-%m-%d %H:%M:%S}"


def _facts(snapshot: Snapshot) -> dict[str, str]:
    facts = {"serial": str(snapshot.serial), "resources": str(len(snapshot.resources))}
    for name, output in snapshot.outputs.items():
        value = output.get("value")
        if output.get("sensitive"):
            facts[name] = "(sensitive)"
        else:
            facts[name] = value if isinstance(value, str) else json.dumps(value)
    return facts
