"""Resumes a killed run from the rows that it left in ``OUT.partial``.

The rows of the output are the good rows of the manifest, in order, and signing is repeatable: the last
row that was written is signed again, for the moment it names, and must come out the same. The finished
file is then the one that an unbroken run would have written.
"""

import csv
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import BufferedReader, StringIO
from pathlib import Path

from presign.bulk.job import Done, Job
from presign.bulk.lines import MAX_LINE
from presign.bulk.manifest import Batch
from presign.bulk.rows import Wanted
from presign.errors import BulkError

_HEADERS = (
    *(b"key,url\n", b"key,url,header\n"),
    *(b"key,url,content_type\n", b"key,url,header,content_type\n"),
)
ANOTHER = (
    "cannot resume: the partial file was made from another manifest or with other options or "
    "credentials: run again without --resume"
)
DAMAGED = "cannot resume: the partial file is damaged: run again without --resume"
_DATE = re.compile(rb"&X-Amz-Date=([0-9]{8}T[0-9]{6}Z)&")


@dataclass(frozen=True, slots=True)
class Remains:
    """What a killed run left: how many whole rows, where they end in the file, and the last one."""

    rows: int = 0
    end: int = 0
    last: bytes = b""

    @property
    def signed_at(self) -> datetime | None:
        """Return the moment that the links name."""
        found = _DATE.search(self.last)
        return datetime.strptime(found[1].decode(), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) if found else None


def last_key(job: Job, left: Remains) -> str:
    """Return the key of the last row that is ``left``, once it comes out the same. Raises BulkError."""
    row = left.last.decode(errors="replace")
    try:
        if job.format == "csv":
            key = next(csv.reader(StringIO(row, newline="")))[0]
        else:
            key = json.loads(row)["key"] if job.format == "jsonl" else job.plan.key_of(row.strip())
        _require_same(job, Wanted([key]), left)
    except (csv.Error, ValueError, LookupError, TypeError, AttributeError) as error:
        raise BulkError(ANOTHER) from error
    return str(key)


def skip(job: Job, batches: Iterator[Batch], left: Remains) -> Iterator[Done]:
    """Take from ``batches`` those that are already in the file, and sign the rest of the last one.

    Raises BulkError where the last row that is ``left`` does not come out the same.
    """
    rows = left.rows
    if not rows:
        return
    for batch in batches:
        wanted, bad = job.layout.good(batch)
        keys = wanted.keys
        if rows > len(keys):
            rows -= len(keys)
            yield Done(b"", len(keys), bad, job.doubts(keys))
            continue
        _require_same(job, wanted[rows - 1 : rows], left)
        yield Done(job.rows(wanted[rows:]), len(keys), bad, job.doubts(keys))
        return
    raise BulkError(ANOTHER)


def _require_same(job: Job, last: Wanted, left: Remains) -> None:
    if replace(job, compress=False).rows(last) != left.last:
        raise BulkError(ANOTHER)


def remains(path: Path, form: str) -> Remains:
    """Find the last whole row of a partial file; of a compressed one, of the last whole block.

    Raises BulkError for a row that is longer than any that was written.
    """
    try:
        with path.open("rb") as file:
            compressed = file.peek(2)[:2] == b"\x1f\x8b"
            return _remains(_members(file) if compressed else _rows_with_ends(file), form)
    except FileNotFoundError:
        return Remains()


def _remains(blocks: Iterator[tuple[bytes, int]], form: str) -> Remains:
    rows, end, last, row, quotes = 0, 0, b"", bytearray(), 0
    for data, block_end in blocks:
        for line in data.splitlines(keepends=True) if data.count(b"\n") > 1 else (data,):
            row += line
            if len(row) > MAX_LINE:
                raise BulkError(DAMAGED)
            # In CSV, a line break within quotes belongs to the key.
            quotes += line.count(b'"')
            if not line.endswith(b"\n") or (form == "csv" and quotes % 2):
                continue
            if form != "csv" or end or rows or row not in _HEADERS:
                rows, last = rows + 1, bytes(row)
            row, quotes = bytearray(), 0
        if not row:
            end = block_end
    return Remains(rows, end, last) if rows else Remains()


def _rows_with_ends(file: BufferedReader) -> Iterator[tuple[bytes, int]]:
    end = 0
    while line := file.readline(MAX_LINE + 1):
        end += len(line)
        yield line, end


def _members(file: BufferedReader) -> Iterator[tuple[bytes, int]]:
    end, data, unpacker = 0, b"", zlib.decompressobj(wbits=31)
    packed = b""
    while packed or (packed := file.read(1 << 16)):
        try:
            data += unpacker.decompress(packed)
        except zlib.error:
            return
        packed = unpacker.unused_data
        if unpacker.eof:
            end = file.tell() - len(packed)
            yield data, end
            data, unpacker = b"", zlib.decompressobj(wbits=31)
