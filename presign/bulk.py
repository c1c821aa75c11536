"""Signs a manifest: from an open list of keys to a finished file of links.

The links are written to ``OUT.partial``, next to the output, which takes the output's
name when all is done: a run that is killed leaves no half output. What it leaves can be gone on
with, since the rows of the output are the good rows of the manifest, in order, and signing is
repeatable: the last row that was written is signed again, for the moment it names, and must come
out the same. The finished file is then the one that an unbroken run would have written.
"""

import contextlib
import gzip
import json
import os
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from presign.errors import BulkError
from presign.manifest import BadRow, Batch, Layout, dotted
from presign.signer import Plan
from presign.workers import sign_together

FORMATS = ("csv", "jsonl", "url")

_CSV_SPECIAL = re.compile('[",\r\n]')
_DATE = re.compile(rb"&X-Amz-Date=([0-9]{8}T[0-9]{6}Z)&")
_GZIP_LEVEL = 1  # signatures do not compress, and all else does at any level


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a batch: rows of output, how many, what could not be signed, and how many are dotted."""

    data: bytes
    count: int
    bad: list[BadRow]
    dotted: int


@dataclass(frozen=True, slots=True)
class Job:
    """How one row becomes one link. It can be pickled."""

    layout: Layout
    plan: Plan
    format: str
    compress: bool

    @property
    def header(self) -> bytes:
        """Return what comes before the first row."""
        return self._packed("key,url\n") if self.format == "csv" else b""

    def sign(self, batch: Batch) -> Done:
        """Sign the batch's good rows."""
        keys, bad = self.layout.good_keys(batch)
        return Done(self.rows(keys), len(keys), bad, dotted(keys))

    def rows(self, keys: list[str]) -> bytes:
        """Return rows of output. Compressed, they are a whole gzip file, of which many make one."""
        urls = self.plan.urls(keys)
        if self.format == "csv":
            text = "".join([f"{_csv_field(key)},{url}\n" for key, url in zip(keys, urls, strict=True)])
        elif self.format == "jsonl":
            text = "".join(
                [
                    f'{{"key": {json.dumps(key)}, "url": "{url}"}}\n'
                    for key, url in zip(keys, urls, strict=True)
                ]
            )
        else:
            text = "".join([f"{url}\n" for url in urls])
        return self._packed(text) if text else b""

    def _packed(self, text: str) -> bytes:
        data = text.encode()
        return gzip.compress(data, _GZIP_LEVEL, mtime=0) if self.compress else data


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


def results(job: Job, batches: Iterator[Batch], jobs: int, left: Remains, fd: int | None) -> Iterator[Done]:
    """Sign all batches in order, after the rows that are ``left`` from a killed run.

    With several ``jobs``, which are processes, rows may already be written to the open file ``fd``.
    """
    if left.rows:
        yield from _skip(job, batches, left)
    yield from map(job.sign, batches) if jobs == 1 else sign_together(job, batches, jobs, fd)


def _skip(job: Job, batches: Iterator[Batch], left: Remains) -> Iterator[Done]:
    rows = left.rows
    for batch in batches:
        keys, bad = job.layout.good_keys(batch)
        if rows > len(keys):
            rows -= len(keys)
            yield Done(b"", len(keys), bad, dotted(keys))
            continue
        plain = Job(job.layout, job.plan, job.format, compress=False)
        if plain.rows(keys[rows - 1 : rows]) != left.last:
            break
        yield Done(job.rows(keys[rows:]), len(keys), bad, dotted(keys))
        return
    raise BulkError(
        "cannot resume: the partial file was made from another manifest or with other options or "
        "credentials: run again without --resume"
    )


def remains(path: Path, form: str) -> Remains:
    """Find the last whole row of a partial file; of a compressed one, of the last whole block."""
    try:
        with path.open("rb") as file:
            compressed = file.peek(2)[:2] == b"\x1f\x8b"
            return _remains(_members(file) if compressed else _rows_with_ends(file), form)
    except FileNotFoundError:
        return Remains()


def _remains(blocks: Iterator[tuple[bytes, int]], form: str) -> Remains:
    rows, end, last, row = 0, 0, b"", b""
    for data, block_end in blocks:
        for line in data.splitlines(keepends=True) if data.count(b"\n") > 1 else (data,):
            row += line
            # In CSV, a line break within quotes belongs to the key.
            if not line.endswith(b"\n") or (form == "csv" and row.count(b'"') % 2):
                continue
            if form != "csv" or end or rows or row != b"key,url\n":
                rows, last = rows + 1, row
            row = b""
        if not row:
            end = block_end
    return Remains(rows, end, last) if rows else Remains()


def _rows_with_ends(file: BufferedReader) -> Iterator[tuple[bytes, int]]:
    end = 0
    for line in file:
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


def _csv_field(key: str) -> str:
    if not _CSV_SPECIAL.search(key):
        return key
    quoted = key.replace('"', '""')
    return f'"{quoted}"'
