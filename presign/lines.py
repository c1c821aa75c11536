"""Reads lines and CSV records of a file that may have no line breaks at all."""

import csv
from collections.abc import Iterator
from typing import BinaryIO, Self

from presign.errors import ManifestError

MAX_LINE = 1 << 20  # bytes; a key has at most 1,024, even with every byte escaped and other fields beside it
TOO_LONG = f"the line is longer than {MAX_LINE:,} bytes, which no line with a key of 1,024 bytes needs"


def csv_rows(stream: BinaryIO) -> Iterator[tuple[int, list[str] | ManifestError]]:
    """Yield every CSV record, or what is wrong with it, and the number of its (last) line."""
    lines = _Lines(stream)
    reader = csv.reader(lines)
    while True:
        try:
            for row in reader:
                yield lines.number, row
        except csv.Error as error:  # one record; the reader goes on with the next line
            yield lines.number, ManifestError(f"not CSV: {error}")
        else:
            return


class _Lines:
    """The decoded lines of a file, for the csv module; one that is too long raises csv.Error."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.number = 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._stream.readline(MAX_LINE + 1)
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) > MAX_LINE:
            skip_line(self._stream, line)
            raise csv.Error(TOO_LONG)
        return line.decode("utf-8", "surrogateescape")


def skip_line(stream: BinaryIO, start: bytes) -> None:
    """Read to the end of a line that begins with, or in, ``start``."""
    part = start
    while part and not part.endswith(b"\n"):
        part = stream.readline(MAX_LINE)
