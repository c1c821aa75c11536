"""Keeps a second run out of an output folder, in which Terraform may hold the only copy of a state.

A synthesis deletes the folders of other environments, in which Terraform may be running. The lock is one of
the kernel on an open file: it ends with the processes that have the file open, however they end.
https://man7.org/linux/man-pages/man2/flock.2.html
"""

import contextlib
import fcntl
import os
import sys
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import IO

from ops.shared.errors import OpsError

LOCK = ".lock"
"""The file in an output folder that is locked. cdktf removes nothing there but the folders of stacks."""

_held: dict[Path, IO[str]] = {}


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold an output folder for the block; a run that holds it already simply goes on.

    Raises:
        OpsError: another run holds it; the line names that run.
    """
    path = folder.resolve() / LOCK
    if path in _held:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not unlocked by name: a child that still works there keeps the lock until it has ended.
    with path.open("a+", encoding="utf-8") as file:
        _take(file, folder)
        _held[path] = file
        try:
            yield
        finally:
            del _held[path]


def held_locks() -> tuple[int, ...]:
    """Return the descriptors for `pass_fds` of a child that works in what we hold.

    It may outlive us: after `kill -9`, Terraform goes on, and still needs the folder.
    """
    return tuple(file.fileno() for file in _held.values())


def _take(file: IO[str], folder: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.seek(0)
        raise OpsError(
            f"{os.path.relpath(folder)} is in use by {file.read() or 'another run'}",
            "wait until that run and all that it started have ended, or work in another checkout",
        ) from error
    file.truncate(0)
    # Without its options: a value for Terraform may be a secret.
    words = takewhile(lambda word: not word.startswith("-"), sys.argv[1:])
    file.write(f"`{' '.join(['ops', *words])}` (process {os.getpid()})")
    file.flush()


def refuse_in_use(folder: Path) -> None:
    """Raise an OpsError if a run works in an output folder, or in one of those for several environments."""
    for lock in (*folder.glob(LOCK), *folder.glob(f"*/*/{LOCK}")):
        with alone_in(lock.parent):
            pass


if __name__ == "__main__":  # for `make clean`, which works where nothing is installed
    try:
        refuse_in_use(Path(sys.argv[1]))
    except OpsError as error:
        sys.exit(f"Error: {error}")
