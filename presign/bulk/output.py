"""The file of links. It is ``OUT.partial`` until all is written: a killed run leaves no half output."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from presign.errors import BulkError


class Output:
    """The file of links while it is being written."""

    def __init__(self, path: Path) -> None:
        """``path`` is the finished file's; its folder must exist."""
        self.path = path.resolve()  # through a link, so that the link stays
        self.partial = self.path.with_name(f"{self.path.name}.partial")
        if self.path.exists() and not self.path.is_file():
            raise BulkError(f"cannot write {path}: it is no ordinary file; -o - writes to standard output")

    @contextlib.contextmanager
    def open(self, start: int) -> Iterator[BinaryIO]:
        """Open the partial file to go on at byte ``start``, and rename it when the block ends well."""
        try:
            with os.fdopen(os.open(self.partial, os.O_RDWR | os.O_CREAT, 0o666), "r+b") as file:
                _lock(file, self.partial)
                file.truncate(start)
                file.seek(start)
                yield file
                file.flush()
                os.fsync(file.fileno())
                self.partial.replace(self.path)
        except OSError as error:
            raise BulkError(f"cannot write {self.partial}: {error.strerror or error}") from error


def _lock(file: BinaryIO, path: Path) -> None:
    try:
        import fcntl
    except ImportError:  # Windows does not let two write one file anyway
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise BulkError(f"another run is writing {path}") from error
