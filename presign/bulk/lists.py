"""Batches of the manifests that are lists by other tools: the AWS CLI's JSON, S3 Batch's CSV, and Parquet."""

import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import BinaryIO

from presign.bulk import aws_json
from presign.bulk.inventory import decoded
from presign.bulk.lines import csv_rows
from presign.bulk.manifest import BATCH, Batch
from presign.bulk.rows import Left, Own, of_version
from presign.bulk.said import said
from presign.errors import ManifestError

_Row = tuple[int, str | ManifestError, Own | None]


def of_aws_json(stream: BinaryIO, bucket: str, left: Left) -> Iterator[Batch]:
    """Yield what ``aws s3api list-objects-v2`` or ``list-object-versions`` lists. Raises ManifestError."""
    for batch in _batched(_json_rows(stream, bucket, left)):
        yield Batch(
            [number for number, _, _ in batch],
            [key for _, key, _ in batch],
            "object",
            [own for _, _, own in batch] if left.all_versions else (),
        )


def of_s3_batch(stream: BinaryIO, bucket: str) -> Iterator[Batch]:
    """Yield the rows of a manifest of S3 Batch Operations: bucket, URL-encoded key, perhaps a version.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-create-job.html#specify-batchjob-manifest
    """
    for batch in _batched(_s3_batch_rows(stream, bucket)):
        own = [asked for _, _, asked in batch]
        keys: Sequence[str | ManifestError] = decoded([key for _, key, _ in batch])
        yield Batch([number for number, _, _ in batch], keys, "", own if any(own) else ())


def of_parquet(file: io.BufferedReader, column: str) -> Iterator[Batch]:
    """Yield the keys of a column of a Parquet file. Raises ManifestError."""
    try:
        from pyarrow import ArrowException, binary, types
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise ManifestError(
            "the manifest is in Parquet, which takes pyarrow to read: 'pip install pyarrow', or install "
            "presign with its extra 'parquet'"
        ) from error
    try:
        table = ParquetFile(file, pre_buffer=False)
        names = table.schema_arrow.names
        if names.count(column) != 1:
            given = ", ".join(map(repr, names[:20]))
            raise ManifestError(
                f"the manifest has no column {column!r}: name one with --column; its columns are: {given}"
            )
        first = 1
        for batch in table.iter_batches(BATCH, columns=[column], use_threads=False):
            values = batch.column(column)
            if types.is_dictionary(values.type):  # as pandas writes categories
                values = values.dictionary_decode()
            texts = (types.is_string, types.is_large_string, types.is_binary, types.is_large_binary)
            if not any(is_one(values.type) for is_one in texts):
                raise ManifestError(f"the manifest's column {column!r} is {values.type}, not text")
            # As bytes, since one key that is not UTF-8 must not spoil the others.
            yield Batch(
                range(first, first + len(values)),
                [_key(value) for value in values.cast(binary()).to_pylist()],
                "Parquet",
            )
            first += len(values)
    except ArrowException as error:
        raise ManifestError(f"cannot read the manifest: not Parquet: {error}") from error


def _key(value: bytes | None) -> str | ManifestError:
    return ManifestError("the row has no key") if value is None else value.decode("utf-8", "surrogateescape")


def _batched(rows: Iterable[_Row]) -> Iterator[list[_Row]]:
    rest = iter(rows)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _json_rows(stream: BinaryIO, bucket: str, left: Left) -> Iterator[_Row]:
    for number, (entry, marker) in enumerate(aws_json.entries(stream, bucket), 1):
        if not isinstance(entry, dict) or not isinstance(entry.get("Key"), str):
            yield number, ManifestError("it has no 'Key'"), None
            continue
        version = entry.get("VersionId")
        restored = entry.get("RestoreStatus")
        stored = (
            ()
            if isinstance(restored, dict) and "RestoreExpiryDate" in restored
            else (entry.get("StorageClass"),)
        )
        if left.all_versions and not marker and not isinstance(version, str):
            yield (
                number,
                ManifestError("it has no 'VersionId': --all-versions takes list-object-versions"),
                None,
            )
        elif not left.out(
            entry["Key"], latest=entry.get("IsLatest") is not False, marker=marker, storage=stored
        ):
            yield number, entry["Key"], of_version(version) if left.all_versions else None


def _s3_batch_rows(stream: BinaryIO, bucket: str) -> Iterator[_Row]:
    for number, row in csv_rows(stream):
        if isinstance(row, ManifestError):
            yield number, row, None
        elif len(row) not in (2, 3):
            if row:  # an empty line is none
                wrong = f"the row has {len(row)} columns, not a bucket, a key and perhaps a version"
                yield number, ManifestError(wrong), None
        elif row[0] != bucket:
            wrong = f"the bucket is {row[0][:63]!r}, not that of these outputs, {bucket}"
            yield number, ManifestError(wrong), None
        else:
            asked = said(row[1], {"version_id": row[2] if len(row) == 3 else ""})
            if isinstance(asked, ManifestError):
                yield number, asked, None
            else:
                yield number, row[1], asked.own
