"""The file of links. It is ``OUT.partial`` until all is written: a killed run leaves no half output."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from presign.errors import BulkError

_PRIVATE = 0o600  # anyone who can read a link can use it
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)  # Windows has no such flag


class Output:
    """The file of links while it is being written."""

    def __init__(self, path: Path) -> None:
        """``path`` is the finished file's; its folder must exist. Raises BulkError for no ordinary file."""
        with _explained(path):
            if path.exists() and not path.is_file():
                raise BulkError(
                    f"cannot write {path}: it is no ordinary file; -o - writes to standard output"
                )
            self.path = _followed(path)
            self.partial = self.path.with_name(f"{self.path.name}.partial")
            if os.path.lexists(self.partial) and (self.partial.is_symlink() or not self.partial.is_file()):
                raise BulkError(f"cannot write {self.partial}: it is no ordinary file: remove it")

    @contextlib.contextmanager
    def open(self, start: int) -> Iterator[BinaryIO]:
        """Open the partial file to resume at byte ``start``, and rename it when the block ends well.

        The finished file has the owner and the mode of the one that it replaces; a new one is its owner's.
        """
        with _explained(self.partial):
            fd = os.open(self.partial, os.O_RDWR | os.O_CREAT | _NO_LINK, _PRIVATE)
            with os.fdopen(fd, "r+b") as file:
                _lock(file, self.partial)
                _make_private(self.partial)
                file.truncate(start)
                file.seek(start)
                yield file
                file.flush()
                os.fsync(file.fileno())
                self._take_mode()
                self.partial.replace(self.path)

    def _take_mode(self) -> None:
        if self.path.exists():
            before = self.path.stat()
            with contextlib.suppress(PermissionError, AttributeError):  # not root; Windows
                os.chown(self.partial, before.st_uid, before.st_gid)
            with contextlib.suppress(PermissionError):  # a file system without modes
                shutil.copymode(self.path, self.partial)


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BulkError(f"cannot write {path}: {error.strerror or error}") from error


def _followed(path: Path) -> Path:
    """Return where links lead, so that they stay; OSError where they lead to themselves."""
    try:
        return Path(os.path.realpath(path, strict=True))
    except FileNotFoundError:  # it is new
        return Path(os.path.realpath(path))


def _make_private(path: Path) -> None:
    """Take others' access to a file that was there before; raises OSError where it is another's own."""
    try:
        path.chmod(_PRIVATE)
    except PermissionError:
        if path.stat().st_uid != os.geteuid():
            raise  # else the file system has no modes


def _lock(file: BinaryIO, path: Path) -> None:
    try:
        import fcntl
    except ImportError:  # Windows does not let two write one file anyway
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise BulkError(f"another run is writing {path}") from error
