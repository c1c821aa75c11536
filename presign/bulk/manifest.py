"""Reads manifests: lists of keys as text, CSV or JSON lines, each perhaps compressed with gzip.

Rows are read in batches, so that any number of them fits into memory, and so does a file
without line breaks: a line that is too long is a bad row. Bytes that
are not UTF-8 become lone surrogates, which no key may have: the row that has them
is then reported like every other bad row, and no other row suffers.
"""

import codecs
import gzip
import io
import json
import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePath
from typing import BinaryIO, Protocol

from presign.bulk.lines import TOO_LONG, blocks, csv_rows
from presign.errors import ManifestError, ObjectKeyError
from presign.signer import encode_keys

BATCH = 4000  # rows of CSV

_BY_SUFFIX = {"": "text", ".txt": "text", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows as they were read, or what is wrong with them, and the number of each row's (last) line.

    Of CSV, a row is the key alone. Lines stay together as bytes, which pass to another process faster.
    ``file`` is the name of the file where the rows are from several.
    """

    numbers: Sequence[int]
    rows: Sequence[str | ManifestError] | bytes
    file: str = ""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that no link can be made for; ``number`` is its (last) line, or its row in the file ``file``."""

    number: int
    problem: str
    file: str = ""


class Source(Protocol):
    """Where keys come from. ``size`` and ``position`` are in bytes, and 0 where the size is unknown."""

    @property
    def size(self) -> int:
        """Return how long it is."""

    def position(self) -> int:
        """Return how far it has been read."""

    def batches(self) -> Iterator[Batch]:
        """Yield all rows. Raises ManifestError where they cannot be read on."""


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
        rows = csv_rows(stream)
        _, header = next(rows, (0, []))
        if isinstance(header, ManifestError):
            raise ManifestError(f"cannot read the manifest's header: {header}")
        header = [name.removeprefix("\ufeff") for name in header]
        if header.count(self.field) != 1:
            count = "several columns" if self.field in header else "no column"
            given = ", ".join(map(repr, header[:20])) or "none"
            raise ManifestError(
                f"the manifest has {count} {self.field!r}: name one with --column; its header has: {given}"
            )
        keys = _of_column(rows, header.index(self.field))
        while batch := list(islice(keys, BATCH)):
            yield Batch([number for number, _ in batch], [key for _, key in batch])

    def good_keys(self, batch: Batch) -> tuple[list[str], list[BadRow]]:
        """Return a batch's keys that S3 can have, in order, and the rows that hold none."""
        rows = batch.rows
        found = self._keys(_split(rows)) if isinstance(rows, bytes) else rows
        keys = [key for key in found if isinstance(key, str)]
        if len(keys) == len(found):
            try:
                encode_keys(keys)
            except ObjectKeyError:
                pass  # one is bad: each is looked at below
            else:
                return keys, []
        good, bad = [], []
        for number, key in zip(batch.numbers, found, strict=True):
            problem = _problem(key)
            if problem:
                bad.append(BadRow(number, problem, batch.file))
            elif isinstance(key, str):
                good.append(key)
        return good, bad

    def _keys(self, rows: list[str]) -> Sequence[str | ManifestError]:
        if self.format == "jsonl":
            return [self._json_key(row) for row in rows]
        return [row.removesuffix("\r") for row in rows]

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
    if PurePath(path).name == "manifest.json":  # as S3 Inventory calls its own
        return "inventory"
    return _BY_SUFFIX.get(PurePath(path.removesuffix(".gz")).suffix.lower())


def unpacked(stream: io.BufferedReader) -> BinaryIO:
    """Return the stream itself, or what it holds if that is compressed with gzip, whatever its name."""
    # gzip's reader is a BinaryIO in all but its declared type.
    return gzip.open(stream) if stream.peek(2)[:2] == _GZIP else stream  # type: ignore[return-value]


class ManifestFile:
    """A Source: an open manifest and its layout."""

    def __init__(self, file: io.BufferedReader, layout: Layout) -> None:
        self._file = file
        self._layout = layout
        try:
            self.size = os.fstat(file.fileno()).st_size
        except OSError:
            self.size = 0

    def position(self) -> int:
        """Return how many bytes have been read, compressed where the manifest is."""
        raw = getattr(self._file, "raw", None)
        return raw.tell() if self.size and raw else 0

    def batches(self) -> Iterator[Batch]:
        """Yield all rows. Raises ManifestError where they cannot be read on."""
        return self._layout.batches(unpacked(self._file))


def dotted(keys: Sequence[str]) -> int:
    """Count the keys with a ``.`` or ``..`` segment, which most HTTP clients rewrite before sending."""
    # One search over all keys is faster than one for each, and hardly any key has a segment that ends so.
    if "./" not in "/".join([*keys, ""]):
        return 0
    paths = [f"/{key}/" for key in keys]
    return sum("/./" in path or "/../" in path for path in paths)


def _of_column(
    rows: Iterator[tuple[int, list[str] | ManifestError]], column: int
) -> Iterator[tuple[int, str | ManifestError]]:
    missing = ManifestError("the row is too short: it has no such column")
    for number, row in rows:
        if isinstance(row, ManifestError):
            yield number, row
        else:
            yield number, row[column] if column < len(row) else missing


def _lines(stream: BinaryIO) -> Iterator[Batch]:
    first = 1
    for block in blocks(stream):
        if block is None:
            yield Batch([first], [ManifestError(TOO_LONG)])
            first += 1
            continue
        rows = block.removeprefix(codecs.BOM_UTF8) if first == 1 else block
        count = rows.count(b"\n") + (not rows.endswith(b"\n"))
        yield Batch(range(first, first + count), rows)
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
