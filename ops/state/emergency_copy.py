"""The state that Terraform wrote to a file because it could not write it to the bucket.

It is called `errored.tfstate` and lies where Terraform ran, for us in the
stack's folder in cdktf.out. The next synthesis of another environment deletes
that folder, so the file is moved next to main.py as soon as a command sees it,
under a name that git ignores and `make clean` leaves alone. A state of the
sandbox is moved to the sandbox's own folder.
"""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from ops.shared.output_folder import kept_states, kept_states_folder, unsaved_states


def rescue_all() -> None:
    """Move every emergency copy out of cdktf's folder, which may be on another disk."""
    for copy in unsaved_states():
        written = datetime.fromtimestamp(copy.stat().st_mtime, UTC)
        moved = (
            kept_states_folder() / f"terraform.{copy.parent.name}.errored-{written:%Y%m%dT%H%M%SZ}.tfstate"
        )
        shutil.move(copy, moved)


def emergency_copies(stack: str) -> list[Path]:
    """Return the emergency copies of a stack's state, the oldest first."""
    rescue_all()
    return kept_states(stack)
