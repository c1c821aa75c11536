"""Reads S3 Inventory: the list of a bucket's objects that S3 itself writes, every day or week.

An inventory is a ``manifest.json`` that names data files. In CSV, their keys are URL-encoded; in Parquet
they are plain; ORC is not read. Where the list has all versions, a link is for the latest, or all. Each
data file is compared with its MD5 checksum before any of its rows is used, and read in batches.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html#storage-inventory-contents
https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
"""

import hashlib
import re
import zlib
from collections.abc import Iterator, Sequence
from functools import partial
from io import BufferedReader
from itertools import islice, repeat
from urllib.parse import unquote_plus, unquote_to_bytes

from presign.bulk.inventory_files import Files
from presign.bulk.inventory_manifest import DataFile, InventoryManifest
from presign.bulk.lines import csv_rows
from presign.bulk.manifest import BATCH, Batch, unpacked
from presign.bulk.rows import Left, of_version
from presign.errors import ManifestError
from presign.reserved import FOLDER

_BUCKET_ARN = re.compile(r"arn:aws(-[a-z]+)*:s3:::")
_NO_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_JOINT = "\udcff"  # the byte FF, as a lone surrogate
_PARQUET_BUFFER = 1 << 20  # bytes of each column that are read at once

_PARQUET_COLUMNS = (
    "is_latest",
    "is_delete_marker",
    "version_id",
    "storage_class",
    "intelligent_tiering_access_tier",
)

# Its number, its key, which is None for one that is left out, and the id of its version.
Row = tuple[int, str | ManifestError | None, str | None]


class Inventory:
    """A Source: the objects that an inventory lists, but those that are ``left`` out."""

    def __init__(self, files: Files, bucket: str, left: Left) -> None:
        """Read the manifest, which must be of the inventory of ``bucket``. Raises ManifestError."""
        manifest = InventoryManifest(files)
        listed = manifest.text("sourceBucket")
        if listed != bucket:
            raise ManifestError(
                f"{files.manifest_name} lists the objects of the bucket {listed}, and links are made for "
                f"the bucket of the outputs, {bucket}: give an inventory of that one"
            )
        self._format = manifest.format()
        self._columns = manifest.columns() if self._format == "CSV" else []
        self._bucket = _BUCKET_ARN.sub("", manifest.text("destinationBucket"))
        self._data = manifest.files()
        self._files = files
        self._position = 0
        self.size = sum(file.size for file in self._data)
        self.left = left

    def position(self) -> int:
        """Return how many bytes of the data files have been read."""
        return self._position

    def batches(self) -> Iterator[Batch]:
        """Yield all rows, in the order of the manifest's files. Raises ManifestError."""
        before = 0
        for file in self._data:
            try:
                with self._files.open(self._bucket, file.key) as stream:
                    _check(stream, file)
                    rows = self._csv(stream) if self._format == "CSV" else self._parquet(stream)
                    while batch := list(islice(rows, BATCH)):
                        found = [row for row in batch if row[1] is not None]
                        numbers = [number for number, _, _ in found]
                        keys: Sequence[str | ManifestError] = [key for _, key, _ in found if key is not None]
                        own = [of_version(id) for _, _, id in found] if self.left.all_versions else ()
                        self._position = before + stream.tell()
                        keys = decoded(keys) if self._format == "CSV" else keys
                        yield Batch(numbers, keys, file.name, own)
            except (OSError, EOFError, zlib.error) as error:
                reason = getattr(error, "strerror", None) or error
                raise ManifestError(f"cannot read the inventory's data file {file.key}: {reason}") from error
            before += file.size

    def _csv(self, stream: BufferedReader) -> Iterator[Row]:
        columns = {name: number for number, name in enumerate(self._columns)}
        key, latest, marker, version = (
            columns.get(name, -1) for name in ("Key", "IsLatest", "IsDeleteMarker", "VersionId")
        )
        storage = [
            columns[name] for name in ("StorageClass", "IntelligentTieringAccessTier") if name in columns
        ]
        self._need_versions(version >= 0)
        count = len(columns)
        for number, row in csv_rows(unpacked(stream)):
            if isinstance(row, ManifestError):
                yield number, row, None
            elif len(row) != count:
                if row:  # an empty line is none
                    yield number, ManifestError(f"the row has {len(row)} columns, not {count}"), None
            elif (
                # Most rows need no call, which would cost more than all else here.
                storage
                or row[key].startswith(FOLDER)
                or (latest >= 0 and row[latest] == "false")
                or (marker >= 0 and row[marker] == "true")
            ) and self.left.out(
                row[key],
                latest=latest < 0 or row[latest] != "false",
                marker=marker >= 0 and row[marker] == "true",
                storage=[row[column] for column in storage],
            ):
                yield number, None, None
            else:
                yield number, row[key], row[version] if version >= 0 else None

    def _parquet(self, stream: BufferedReader) -> Iterator[Row]:
        from pyarrow import ArrowException, binary
        from pyarrow.parquet import ParquetFile

        try:
            file = ParquetFile(stream, buffer_size=_PARQUET_BUFFER, pre_buffer=False)
            there = [name for name in _PARQUET_COLUMNS if name in file.schema_arrow.names]
            if "key" not in file.schema_arrow.names:
                raise ManifestError("the inventory's data files have no column 'key'")
            self._need_versions("version_id" in there)
            number = 0
            for batch in file.iter_batches(BATCH, columns=["key", *there], use_threads=False):
                # As bytes, since one key that is not UTF-8 must not spoil the others.
                keys = batch.column("key").cast(binary()).to_pylist()
                others = (
                    batch.column(name).to_pylist() if name in there else repeat(None, len(keys))
                    for name in _PARQUET_COLUMNS
                )
                for raw, latest, marker, version, *storage in zip(keys, *others, strict=True):
                    number += 1
                    key = str(raw or b"", "utf-8", "surrogateescape")
                    if self.left.out(
                        key,
                        latest=latest is not False,
                        marker=marker is True,
                        storage=storage,
                    ):
                        yield number, None, None
                    elif raw is None:
                        yield number, ManifestError("the row has no key"), None
                    else:
                        yield number, key, version
        except ArrowException as error:
            raise OSError(f"not Parquet: {error}") from error

    def _need_versions(self, there: bool) -> None:
        if self.left.all_versions and not there:
            raise ManifestError(
                "the inventory lists current versions only: leave --all-versions out, or configure one of all"
            )


def decoded(keys: Sequence[str | ManifestError]) -> Sequence[str | ManifestError]:
    """Decode the keys of a CSV inventory, in which a space is ``+``, and ``+`` is ``%2B``."""
    try:
        # All together is four times as fast as each alone. UTF-8 never has the byte FF, which joins them.
        joined = _JOINT.join(keys).replace("+", " ").encode(errors="surrogateescape")  # type: ignore[arg-type]
        if not _NO_ESCAPE.search(joined):
            decoded = unquote_to_bytes(joined).decode(errors="surrogateescape").split(_JOINT)
            if len(decoded) == len(keys):
                return decoded
    except (TypeError, UnicodeEncodeError):
        pass  # one is no key: each is looked at below
    return [key if isinstance(key, ManifestError) else _decoded_alone(key) for key in keys]


def _decoded_alone(key: str) -> str | ManifestError:
    if _NO_ESCAPE.search(key.encode(errors="surrogateescape")):
        return ManifestError(f"the key {key[:60]!r} is not URL-encoded, as keys in CSV inventories are")
    # What is not UTF-8 becomes lone surrogates, as everywhere in manifests.
    return unquote_plus(key, errors="surrogateescape")


def _check(stream: BufferedReader, file: DataFile) -> None:
    """Raise ManifestError unless the data file is the one that was listed; go back to its start."""
    found = hashlib.file_digest(stream, partial(hashlib.md5, usedforsecurity=False)).hexdigest()
    if found != file.md5.lower():
        raise ManifestError(
            f"the inventory's data file {file.key} is not the one that the manifest lists: its MD5 checksum "
            f"is {found}, not {file.md5}: download it again, or take a newer inventory"
        )
    stream.seek(0)
