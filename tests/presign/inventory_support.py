"""Writes S3 Inventories as S3 lays them out: …/CONFIG/DATE/manifest.json and …/CONFIG/data/NAME."""

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote_plus

from tests.presign.presign_support import OUTPUTS

BUCKET = OUTPUTS["S3BucketName"]
PREFIX = f"lists/{BUCKET}/every-day"  # in the destination bucket
MANIFEST = f"{PREFIX}/2026-11-22T01-00Z/manifest.json"
KEYS = ["a b", "a+b", "ü/é 日本", "100%", "50%25", "a//b", "/lead", 'comma,"quote"', "line\nbreak"]
FILE = {"key": "p/data/x.csv.gz", "size": 1, "MD5checksum": "0" * 32}  # there is none
CSV_SCHEMA = "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size"


@dataclass(frozen=True)
class Listed:
    """An object version as an inventory lists it."""

    key: str
    latest: bool = True
    marker: bool = False


def csv_data(rows: Sequence[Listed]) -> bytes:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(
        [BUCKET, quote_plus(row.key, safe="/"), "v", str(row.latest).lower(), str(row.marker).lower(), "1"]
        for row in rows
    )
    return gzip.compress(text.getvalue().encode())


def parquet_data(rows: Sequence[Listed]) -> bytes:
    import pyarrow
    from pyarrow import parquet

    table = pyarrow.table(
        {
            "bucket": [BUCKET] * len(rows),
            "key": [row.key for row in rows],
            "is_latest": [row.latest for row in rows],
            "is_delete_marker": [row.marker for row in rows],
            "size": [1] * len(rows),
        }
    )
    file = io.BytesIO()
    parquet.write_table(table, file, row_group_size=5_000)
    return file.getvalue()


WRITERS: dict[str, Callable[[Sequence[Listed]], bytes]] = {"CSV": csv_data, "Parquet": parquet_data}


def inventory(form: str, data: dict[str, bytes], **changes: object) -> dict[str, bytes]:
    """Return the files of an inventory by their keys; ``data`` has its data files by their names."""
    manifest = {
        "sourceBucket": BUCKET,
        "destinationBucket": "arn:aws:s3:::lists-bucket",
        "version": "2016-11-30",
        "creationTimestamp": "1795309200000",
        "fileFormat": form,
        "fileSchema": CSV_SCHEMA if form == "CSV" else "message s3.inventory { required binary key (UTF8); }",
        "files": [
            {
                "key": f"{PREFIX}/data/{name}",
                "size": len(content),
                "MD5checksum": hashlib.md5(content).hexdigest(),  # noqa: S324
            }
            for name, content in data.items()
        ],
        **changes,
    }
    return {
        MANIFEST: json.dumps(manifest).encode(),
        **{f"{PREFIX}/data/{name}": content for name, content in data.items()},
    }


def save(files: dict[str, bytes], folder: Path) -> str:
    """Write the files below a folder, as ``aws s3 sync`` does, and return the manifest's path."""
    for key, content in files.items():
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return str(folder / MANIFEST)


def listed(keys: Sequence[str]) -> list[Listed]:
    return [Listed(key) for key in keys]
