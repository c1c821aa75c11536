"""The state that Terraform wrote to a file because it could not write it to the bucket.

It is called `errored.tfstate` and lies where Terraform ran, for us in the
stack's folder in cdktf.out. The next synthesis of another environment deletes
that folder, so the file is moved next to main.py as soon as a command sees it,
under a name that git ignores and `make clean` leaves alone. A state of the
sandbox is moved to the sandbox's own folder.
"""

import contextlib
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from ops.shared.output_folder import kept_states, kept_states_folder, output_folder, unsaved_states
from ops.shared.output_lock import alone_in


@contextlib.contextmanager
def alone_in_output_folder() -> Iterator[None]:
    """Hold the output folder for the block, in which the states are safe that an earlier run left there.

    Raises:
        OpsError: another run holds it.
    """
    with alone_in(output_folder()):
        rescue_all()
        yield


def rescue_all(stack: str = "*") -> None:
    """Move the emergency copies of a stack, or of all, out of cdktf's folder, which may be on another disk.

    Raises:
        OpsError: there is one where another run still works, which may be writing it.
    """
    for copy in unsaved_states(stack):
        with alone_in(copy.parents[2]):
            if copy.exists():  # that run may have moved it itself
                _move(copy)


def emergency_copies(stack: str) -> list[Path]:
    """Return the emergency copies of a stack's state, the oldest first.

    Raises:
        OpsError: as `rescue_all`.
    """
    rescue_all(stack)
    return kept_states(stack)


def _move(copy: Path) -> None:
    written = datetime.fromtimestamp(copy.stat().st_mtime, UTC)
    name = f"terraform.{copy.parent.name}.errored-{written:%Y%m%dT%H%M%SZ}.tfstate"
    shutil.move(copy, kept_states_folder() / name)
