"""Reads lines and CSV records of a file that may have no line breaks at all."""

import csv
from collections.abc import Iterator
from io import StringIO
from itertools import chain
from typing import BinaryIO

from presign.errors import ManifestError

MAX_LINE = 1 << 20  # bytes; a key has at most 1,024, even with every byte escaped and other fields next to it
TOO_LONG = f"the line is longer than {MAX_LINE:,} bytes, which no line with a key of 1,024 bytes needs"
_BLOCK = 1 << 16  # bytes


def blocks(stream: BinaryIO) -> Iterator[bytes | None]:
    """Yield many whole lines at a time, and None in place of a line of more than MAX_LINE bytes."""
    while block := stream.read(_BLOCK):
        block += stream.readline(MAX_LINE + 1)
        last = block.rfind(b"\n", 0, -1) + 1  # where the last line begins
        if len(block) - last <= MAX_LINE:
            yield block
            continue
        if last:
            yield block[:last]
        while block and not block.endswith(b"\n"):
            block = stream.readline(MAX_LINE)
        yield None


def csv_rows(stream: BinaryIO, delimiter: str = ",") -> Iterator[tuple[int, list[str] | ManifestError]]:
    """Yield every CSV record, or what is wrong with it, and the number of its (last) line."""
    csv.field_size_limit(MAX_LINE)  # of the whole process, which is the command line's own
    # Strict, or a quote that is never closed would make one key of all that follows.
    reader = csv.reader(chain.from_iterable(map(_decoded, blocks(stream))), strict=True, delimiter=delimiter)
    dropped = 0  # lines that the reader never saw
    end = 0  # the last line of the record before
    while True:
        try:
            for row in reader:
                end = reader.line_num + dropped
                yield end, row
        except csv.Error as error:  # one record; the reader resumes at the next line
            dropped += isinstance(error, _TooLongError)
            first, end = end + 1, reader.line_num + dropped
            since = "" if first == end else f"; it begins in line {first}"
            yield end, ManifestError(f"not CSV: {error}{since}")
        else:
            return


class _TooLongError(csv.Error):
    """A line is too long."""


def _decoded(block: bytes | None) -> Iterator[str]:
    return _fail() if block is None else StringIO(block.decode(errors="surrogateescape"))


def _fail() -> Iterator[str]:
    yield from ()
    raise _TooLongError(TOO_LONG)
