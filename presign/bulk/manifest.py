"""Reads manifests: lists of keys as text, CSV or JSON lines, each perhaps compressed with gzip.

Rows are read in batches, so that any number of them fits into memory, and so does a file
without line breaks: a line that is too long is a bad row. Bytes that
are not UTF-8 become lone surrogates, which no key may have: the row that has them
is then reported like every other bad row, and no other row suffers.
"""

import gzip
import io
import json
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from itertools import islice, repeat
from pathlib import PurePath
from typing import BinaryIO, Protocol

from presign import keys as object_keys
from presign import reserved
from presign.bulk.lines import TOO_LONG, blocks, csv_rows
from presign.bulk.rows import Left, Own, Wanted
from presign.bulk.said import DOWNLOAD, UPLOAD, SaidKey, said
from presign.bulk.utf8 import as_utf8
from presign.errors import ManifestError, ObjectKeyError
from presign.revoked import NOTHING, Revoked
from presign.signer import encode_keys

BATCH = 4000  # rows of CSV

_BY_SUFFIX = {
    "": "text",
    ".txt": "text",
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
}
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows as they were read, or what is wrong with them, and the number of each row's (last) line.

    Of CSV, a row is the key alone. Lines stay together as bytes, which pass to another process faster.
    ``file`` is the name of the file where the rows are from several. ``own`` has what each row alone asks
    for; it is empty where no row asks for anything.
    """

    numbers: Sequence[int]
    rows: Sequence[str | ManifestError] | bytes
    file: str = ""
    own: Sequence[Own | None] = ()


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that no link can be made for; ``number`` is its (last) line, or its row in the file ``file``."""

    number: int
    problem: str
    file: str = ""


class Source(Protocol):
    """Where keys come from. ``size`` and ``position`` are in bytes, and 0 where the size is unknown.

    ``left`` counts the objects that get no links.
    """

    left: Left

    @property
    def size(self) -> int:
        """Return how long it is."""

    def position(self) -> int:
        """Return how far it has been read."""

    def batches(self) -> Iterator[Batch]:
        """Yield all rows. Raises ManifestError where they cannot be read on."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a manifest is written. ``field`` names the CSV column or the JSON field with the key.

    A key may be written as ``s3://BUCKET/KEY`` of the bucket ``bucket``. Links for what is ``revoked`` are
    not made. ``columns`` names the columns or fields with what each download says, or each upload where it
    ``uploads``, by the names of ``said.DOWNLOAD`` or ``said.UPLOAD``. ``virtual`` is whether the bucket is in
    the host's name, on AWS.
    """

    format: str
    field: str
    bucket: str
    revoked: Revoked = NOTHING
    uploads: bool = False
    virtual: bool = False
    columns: Mapping[str, str] = dataclass_field(default_factory=dict)

    @property
    def listed(self) -> bool:
        """Whether S3 itself wrote the keys, so that each is literally what it looks like."""
        return self.format in ("inventory", "listing", "json", "s3-batch")

    def batches(self, file: io.BufferedReader, left: Left) -> Iterator[Batch]:
        """Yield the rows of an open manifest. Raises ManifestError where it cannot be read on."""
        from presign.bulk import lists  # which has batches of its own

        try:
            if self.format == "parquet":
                yield from lists.of_parquet(file, self.field)
                return
            stream = as_utf8(unpacked(file))
            if self.format == "json":
                yield from lists.of_aws_json(stream, self.bucket, left)
            elif self.format == "s3-batch":
                yield from lists.of_s3_batch(stream, self.bucket)
            else:
                yield from self._csv(stream) if self.format in ("csv", "tsv") else _lines(stream)
        except (OSError, EOFError, zlib.error) as error:
            reason = getattr(error, "strerror", None) or error
            raise ManifestError(f"cannot read the manifest: {reason}") from error

    def _csv(self, stream: BinaryIO) -> Iterator[Batch]:
        rows = csv_rows(stream, "\t" if self.format == "tsv" else ",")
        _, header = next(rows, (0, []))
        if isinstance(header, ManifestError):
            raise ManifestError(f"cannot read the manifest's header: {header}")
        if header[:1] == [self.bucket]:
            raise ManifestError(
                "the manifest has no header, but a bucket in its first line: give --manifest-format s3-batch"
            )
        key = _column(header, self.field, "--column")
        options = UPLOAD if self.uploads else DOWNLOAD
        columns = {name: _column(header, column, options[name]) for name, column in self.columns.items()}
        keys = self._of_columns(rows, key, columns)
        while batch := list(islice(keys, BATCH)):
            yield Batch([number for number, _ in batch], [key for _, key in batch])

    def _of_columns(
        self, rows: Iterator[tuple[int, list[str] | ManifestError]], key: int, columns: Mapping[str, int]
    ) -> Iterator[tuple[int, str | ManifestError]]:
        missing = ManifestError("the row is too short: it has no such column")
        last = max(key, *columns.values()) if columns else key
        for number, row in rows:
            if isinstance(row, ManifestError):
                yield number, row
            elif last >= len(row):
                yield number, missing
            elif columns:
                values = {name: row[column] for name, column in columns.items()}
                yield number, said(row[key], values, uploads=self.uploads)
            else:
                yield number, row[key]

    def good(self, batch: Batch) -> tuple[Wanted, list[BadRow]]:
        """Return a batch's keys that S3 can have, in order, and the rows that hold none."""
        rows = batch.rows
        found = self._keys(_split(rows)) if isinstance(rows, bytes) else rows
        keys = [key for key in found if isinstance(key, str)]
        if len(keys) == len(found) and not self._needs_a_look(keys):
            try:
                encode_keys(keys)
            except ObjectKeyError:
                pass  # one is bad: each is looked at below
            else:
                return Wanted(keys, batch.own or self._own(keys)), []
        good, own, bad = [], [], []
        for number, key, asked in zip(batch.numbers, found, batch.own or repeat(None), strict=False):
            try:
                good.append(self._good_key(key))
                own.append(asked)
            except (ManifestError, ObjectKeyError) as error:
                bad.append(BadRow(number, str(error), batch.file))
        return Wanted(good, own if batch.own else self._own(good)), bad

    def _own(self, keys: list[str]) -> Sequence[Own | None]:
        return [key.own if isinstance(key, SaidKey) else None for key in keys] if self.columns else ()

    def _needs_a_look(self, keys: list[str]) -> bool:
        text = "\n".join(keys)
        doubtful = "\0" in text or object_keys.S3 in text or object_keys.some_refused(text)
        return doubtful or reserved.within(text) or self.revoked.has_any_of(keys)

    def _good_key(self, key: str | ManifestError) -> str:
        """Return the key that S3 can have; raises ManifestError or ObjectKeyError."""
        if isinstance(key, ManifestError):
            raise key
        if not self.listed:
            if "\0" in key and self.format != "jsonl":  # where it was written as an escape
                raise ManifestError(
                    "the key has a null byte, as text in UTF-16 has: save the manifest as UTF-8"
                )
            plain = object_keys.in_bucket(key, self.bucket)
            key = key.renamed(plain) if isinstance(key, SaidKey) else plain
        object_keys.refuse(key, virtual=self.virtual)
        reserved.refuse(key)
        self.revoked.refuse(key)
        encode_keys([key])
        return key

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
        if not isinstance(key, str):
            return ManifestError(f"the field {self.field!r} is not a string")
        if self.columns:
            values = {name: document.get(column) for name, column in self.columns.items()}
            return said(key, values, uploads=self.uploads)
        return key


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

    def __init__(self, file: io.BufferedReader, layout: Layout, left: Left) -> None:
        self.left = left
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
        return self._layout.batches(self._file, self.left)


def _column(header: list[str], name: str, option: str) -> int:
    if header.count(name) != 1:
        count = "several columns" if name in header else "no column"
        given = ", ".join(map(repr, header[:20])) or "none"
        raise ManifestError(
            f"the manifest has {count} {name!r}: name one with {option}; its header has: {given}"
        )
    return header.index(name)


def _lines(stream: BinaryIO) -> Iterator[Batch]:
    first = 1
    for block in blocks(stream):
        if block is None:
            yield Batch([first], [ManifestError(TOO_LONG)])
            first += 1
            continue
        count = block.count(b"\n") + (not block.endswith(b"\n"))
        yield Batch(range(first, first + count), block)
        first += count


def _split(block: bytes) -> list[str]:
    text = block.decode("utf-8", "surrogateescape")
    return text.removesuffix("\n").split("\n")
