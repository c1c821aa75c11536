"""What a bulk run reports: bad rows, how far it is, and how it ended."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Self, TextIO

from presign.errors import BulkError
from presign.report import printable

import click

if TYPE_CHECKING:
    from presign.bulk.manifest import BadRow, Source


class BadRows:
    """The report of bad rows: a file, which is made only if there are any, or standard error.

    What exists is written through: a file of an earlier run is emptied, a device or a pipe gets the rows.
    """

    def __init__(self, path: str | None) -> None:
        self._path = path
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        if self._path and os.path.lexists(self._path):
            self._file = self._opened(self._path)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            with self._explained():
                self._file.close()

    def write(self, rows: "list[BadRow]") -> None:
        """Report ``rows``, if there are any."""
        if not self._path:
            for row in rows:
                say(_described(row))
        elif rows:
            self._file = self._file or self._opened(self._path)
            with self._explained():
                self._file.writelines(f"{_described(row)}\n" for row in rows)

    def _opened(self, path: str) -> TextIO:
        with self._explained():
            # /dev/stderr may be someone's log, which is not ours to empty.
            start = os.O_APPEND if path.startswith(("/dev/", "/proc/")) else os.O_TRUNC
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | start, 0o600)
            return os.fdopen(fd, "w", encoding="utf-8", newline="\n")

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise BulkError(f"cannot write the bad rows to {self._path}: {error.strerror}") from error


def _described(row: "BadRow") -> str:
    where = f"{row.file} row" if row.file else "line"
    return f"{where} {row.number}: {printable(row.problem)}"


class Progress:
    """A line on standard error that shows how far the run is, where that is a terminal."""

    def __init__(self, source: "Source") -> None:
        self._shown = sys.stderr is not None and sys.stderr.isatty()
        self._source = source
        self._start = self._last = time.monotonic()

    def show(self, rows: int) -> None:
        """Show the rate, and the time left where the size is known; at most five times a second."""
        now = time.monotonic()
        if not self._shown or now - self._last < 0.2:
            return
        self._last = now
        spent = now - self._start
        text = f"{rows:,} rows, {rows / spent:,.0f}/s"
        size, read = self._source.size, self._source.position()
        if size and read:
            text += f", {100 * read // size} %, {spent * (size - read) / read:.0f} s left"
        click.echo(f"\r{text}\x1b[K", err=True, nl=False)

    def end(self) -> None:
        """Take the line away."""
        if self._shown:
            click.echo("\r\x1b[K", err=True, nl=False)


def say(text: str) -> None:
    """Print a line on standard error."""
    click.echo(text, err=True)
