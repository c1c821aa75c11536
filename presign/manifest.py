"""Reads manifests: lists of keys as text, CSV or JSON lines, each perhaps compressed with gzip.

Rows are read in batches, so that any number of them fits into memory. Bytes that
are not UTF-8 become lone surrogates, which no key may have: the row that has them
is then reported like every other bad row, and no other row suffers.
"""

import codecs
import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePath
from typing import TYPE_CHECKING, BinaryIO

from presign.errors import ManifestError, ObjectKeyError
from presign.signer import encode_keys

if TYPE_CHECKING:
    from _csv import Reader

FORMATS = ("text", "csv", "jsonl")
BATCH = 4000  # rows of CSV
_BLOCK = 1 << 18  # bytes of lines

_BY_SUFFIX = {"": "text", ".txt": "text", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows as they were read, or what is wrong with them, and the number of each one's (last) line.

    Of CSV, a row is the key alone. Lines stay together as bytes, which pass to another process faster.
    """

    lines: Sequence[int]
    rows: Sequence[str | ManifestError] | bytes


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that no link can be made for."""

    line: int
    problem: str


@dataclass(frozen=True, slots=True)
class Layout:
    """How a manifest is written. ``field`` names the CSV column or the JSON field with the key."""

    format: str
    field: str

    def batches(self, stream: BinaryIO) -> Iterator[Batch]:
        """Yield the rows of an open manifest. Raises ManifestError where it cannot be read on."""
        try:
            yield from self._csv(stream) if self.format == "csv" else _lines(stream)
        except (OSError, EOFError, zlib.error) as error:
            reason = getattr(error, "strerror", None) or error
            raise ManifestError(f"cannot read the manifest: {reason}") from error

    def _csv(self, stream: BinaryIO) -> Iterator[Batch]:
        reader = csv.reader(line.decode("utf-8", "surrogateescape") for line in stream)
        try:
            header = [name.removeprefix("\ufeff") for name in next(reader, [])]
        except csv.Error as error:
            raise ManifestError(f"cannot read the manifest's header: {error}") from error
        if header.count(self.field) != 1:
            count = "several columns" if self.field in header else "no column"
            given = ", ".join(map(repr, header[:20])) or "none"
            raise ManifestError(
                f"the manifest has {count} {self.field!r}: name one with --column; its header has: {given}"
            )
        column = header.index(self.field)
        while batch := list(islice(_records(reader, column), BATCH)):
            yield Batch([line for line, _ in batch], [key for _, key in batch])

    def good_keys(self, batch: Batch) -> tuple[list[str], list[BadRow]]:
        """Return a batch's keys that S3 can have, in order, and the rows that hold none."""
        rows = batch.rows
        found = _split(rows) if isinstance(rows, bytes) else rows
        if self.format == "text":
            found = [str(row).removesuffix("\r") for row in found]
        elif self.format == "jsonl":
            found = [self._json_key(str(row)) for row in found]
        keys = [key for key in found if isinstance(key, str)]
        if len(keys) == len(found):
            try:
                encode_keys(keys)
            except ObjectKeyError:
                pass  # one is bad: each is looked at below
            else:
                return keys, []
        good, bad = [], []
        for line, key in zip(batch.lines, found, strict=True):
            problem = _problem(key)
            if problem:
                bad.append(BadRow(line, problem))
            elif isinstance(key, str):
                good.append(key)
        return good, bad

    def _json_key(self, row: str) -> str | ManifestError:
        try:
            document = json.loads(row)
        except (ValueError, RecursionError) as error:
            return ManifestError(f"not JSON: {error}")
        if not isinstance(document, dict):
            return ManifestError("not a JSON object")
        if self.field not in document:
            return ManifestError(f"the object has no field {self.field!r}")
        key = document[self.field]
        return key if isinstance(key, str) else ManifestError(f"the field {self.field!r} is not a string")


def format_of(path: str) -> str | None:
    """Tell a manifest's format by its name, without .gz; None where the name does not tell. - is text."""
    return _BY_SUFFIX.get(PurePath(path.removesuffix(".gz")).suffix.lower())


def unpacked(stream: io.BufferedReader) -> BinaryIO:
    """Return the stream itself, or what it holds if that is compressed with gzip, whatever its name."""
    # gzip's reader is a BinaryIO in all but its declared type.
    return gzip.open(stream) if stream.peek(2)[:2] == _GZIP else stream  # type: ignore[return-value]


def _records(reader: "Reader", column: int) -> Iterator[tuple[int, str | ManifestError]]:
    missing = ManifestError("the row is too short: it has no such column")
    while True:
        try:
            for row in reader:
                yield reader.line_num, row[column] if column < len(row) else missing
        except csv.Error as error:  # one record; the reader goes on with the next line
            yield reader.line_num, ManifestError(f"not CSV: {error}")
        else:
            return


def _lines(stream: BinaryIO) -> Iterator[Batch]:
    first = 1
    while block := stream.read(_BLOCK):
        block += stream.readline()
        if first == 1:
            block = block.removeprefix(codecs.BOM_UTF8)
        count = block.count(b"\n") + (not block.endswith(b"\n"))
        yield Batch(range(first, first + count), block)
        first += count


def _split(block: bytes) -> list[str]:
    text = block.decode("utf-8", "surrogateescape")
    return text.removesuffix("\n").split("\n")


def _problem(key: str | ManifestError) -> str | None:
    if isinstance(key, ManifestError):
        return str(key)
    try:
        encode_keys([key])
    except ObjectKeyError as error:
        return str(error)
    return None
