"""`presign bulk` reads the inventory that our own settings configure, in both formats."""

import csv
import gzip
import hashlib
import io
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from presign.bulk.inventory import Inventory
from presign.bulk.inventory_files import LocalFiles
from presign.bulk.rows import Left

import pyarrow
import pytest
from pyarrow import parquet

KEYS = ["data/a b", "data/ü+日本", "data/deleted", "data/overwritten"]

# Bucket and key come first, and where all versions are listed, these come next:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html#storage-inventory-contents
VERSION_FIELDS = ["VersionId", "IsLatest", "IsDeleteMarker"]


def snake_case(field: str) -> str:
    """A field's name in Parquet: ETag is e_tag, IsMultipartUploaded is is_multipart_uploaded."""
    return re.sub(r"(?<=.)(?=[A-Z])", "_", field).lower()


def inventory_of(stack: dict[str, Any]) -> dict[str, Any]:
    (resource,) = stack["resource"]["aws_s3_bucket_inventory"].values()
    assert isinstance(resource, dict)
    return resource


def rows(resource: dict[str, Any], bucket: str) -> list[dict[str, object]]:
    """What S3 lists, with a value for each field that is configured."""
    found: list[dict[str, object]] = []
    for key in KEYS:
        row: dict[str, object] = {"Bucket": bucket, "Key": key}
        if resource["included_object_versions"] == "All":
            row |= {"VersionId": "v", "IsLatest": key != KEYS[3], "IsDeleteMarker": key == KEYS[2]}
        found.append(row | dict.fromkeys(resource["optional_fields"], "1"))
    return found


def data_file(form: str, listed: list[dict[str, object]]) -> bytes:
    file = io.BytesIO()
    if form == "Parquet":
        columns = {snake_case(name): [row[name] for row in listed] for name in listed[0]}
        parquet.write_table(pyarrow.table(columns), file)
        return file.getvalue()
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(
        [quote_plus(str(value)) if name == "Key" else str(value).lower() for name, value in row.items()]
        for row in listed
    )
    return gzip.compress(text.getvalue().encode())


@pytest.mark.parametrize(
    ("variant", "form", "keys"), [("inventory", "Parquet", KEYS[:2]), ("inventory-csv", "CSV", KEYS)]
)
def test_the_list_that_our_settings_ask_for_is_a_manifest(
    variant: str, form: str, keys: list[str], stacks: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    resource = inventory_of(stacks[f"secure-storage-{variant}"])
    bucket = f"secure-{variant}-data-bucket"
    destination = resource["destination"]["bucket"]
    assert destination["format"] == form
    listed = rows(resource, bucket)
    content = data_file(form, listed)
    folder = f"{destination['prefix']}/{bucket}/{resource['name']}"
    manifest = {
        "sourceBucket": bucket,
        "destinationBucket": destination["bucket_arn"],
        "fileFormat": form,
        "fileSchema": ", ".join(listed[0]),
        "files": [
            {
                "key": f"{folder}/data/x",
                "size": len(content),
                "MD5checksum": hashlib.md5(content, usedforsecurity=False).hexdigest(),
            }
        ],
    }
    (tmp_path / folder / "data").mkdir(parents=True)
    (tmp_path / folder / "data" / "x").write_bytes(content)
    path = tmp_path / folder / "2026-01-31T00-00Z" / "manifest.json"
    path.parent.mkdir()
    path.write_text(json.dumps(manifest))
    inventory = Inventory(LocalFiles(str(path)), bucket, Left())
    assert [key for batch in inventory.batches() for key in batch.rows] == keys
    assert sum(inventory.left.counts.values()) == len(KEYS) - len(keys)


def test_the_list_says_how_large_each_object_is_and_how_it_is_encrypted(
    stacks: dict[str, dict[str, Any]],
) -> None:
    for variant in ("inventory", "inventory-csv"):
        fields = inventory_of(stacks[f"secure-storage-{variant}"])["optional_fields"]
        assert {"Size", "EncryptionStatus", "BucketKeyStatus"} <= set(fields)
        assert not {"Bucket", "Key", *VERSION_FIELDS} & set(fields), "S3 gives these without being asked"
