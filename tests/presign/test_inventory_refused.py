"""S3 Inventories that ``presign bulk`` refuses, each in one line and without an output."""

import gzip
import sys
from pathlib import Path
from typing import Any

from tests.presign.inventory_support import (
    FILE,
    KEYS,
    PREFIX,
    WRITERS,
    inventory,
    listed,
    save,
)
from tests.presign.presign_support import OutputsFile, Presign

import pytest

pytestmark = pytest.mark.usefixtures("keys")

forms = pytest.mark.parametrize("form", WRITERS)


@forms
def test_a_data_file_that_is_not_the_listed_one_is_refused(
    presign: Presign, outputs_file: OutputsFile, form: str
) -> None:
    files = inventory(form, {"x": WRITERS[form](listed(KEYS))})
    files[f"{PREFIX}/data/x"] = WRITERS[form](listed(["other"]))
    result = presign("bulk", "get", "--outputs", outputs_file(), save(files, Path()), "-o", "out.csv")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert f"the inventory's data file {PREFIX}/data/x is not the one that the manifest lists" in result.err
    assert not Path("out.csv").exists()


@pytest.mark.parametrize(
    ("form", "data"),
    [("CSV", gzip.compress(b'"b","k"\n' * 9_999)[:-30]), ("Parquet", b"PAR1 but no more")],
)
def test_a_broken_data_file_is_refused(
    presign: Presign, outputs_file: OutputsFile, form: str, data: bytes
) -> None:
    path = save(
        inventory(form, {"x": data}, **({"fileSchema": "Bucket, Key"} if form == "CSV" else {})), Path()
    )
    result = presign("bulk", "get", "--outputs", outputs_file(), path, "-o", "out.csv")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert f"Error: cannot read the inventory's data file {PREFIX}/data/x: " in result.err
    assert not Path("out.csv").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"sourceBucket": "another"},
            "objects of the bucket another, and links are made for the bucket",
        ),
        ({"sourceBucket": None}, "'sourceBucket' is None, not a text"),
        ({"fileFormat": "ORC"}, "in ORC, which is not read: configure one in CSV or Parquet"),
        ({"fileFormat": "XML"}, "'fileFormat' is 'XML', not CSV or Parquet"),
        ({"fileSchema": "Bucket, Size"}, "'fileSchema' names no column Key: Bucket, Size"),
        ({"files": {}}, "'files' is no list"),
        ({"files": [{"key": "x"}]}, "not a data file's key, size and MD5checksum"),
        ({"files": [{**FILE, "key": "../../etc/passwd"}]}, "not a data file's key, size and MD5checksum"),
        ({"files": [{**FILE, "key": "/etc/passwd"}]}, "not a data file's key, size and MD5checksum"),
        ({"files": [{**FILE, "MD5checksum": "none"}]}, "not a data file's key, size and MD5checksum"),
        (
            {"files": [FILE]},
            "the inventory's data file p/data/x.csv.gz was not found: looked for data/x.csv.gz in",
        ),
    ],
)
def test_a_manifest_that_is_not_as_it_should_be_is_refused(
    presign: Presign, outputs_file: OutputsFile, changes: dict[str, Any], message: str
) -> None:
    path = save(inventory("CSV", {}, **changes), Path())
    result = presign("bulk", "get", "--outputs", outputs_file(), path, "-o", "out.csv")
    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
    assert result.err.startswith("Error: ")
    assert message in result.err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "manifest.json is not JSON"),
        (b"\xff", "manifest.json is not JSON"),
        (b"[" * 100_000, "manifest.json is not JSON"),
        (b"[]", "manifest.json is not the manifest of an S3 Inventory: not a JSON object"),
        (None, "cannot read the manifest manifest.json: No such file"),
    ],
)
def test_what_is_no_manifest_is_refused(
    presign: Presign, outputs_file: OutputsFile, content: bytes | None, message: str
) -> None:
    if content is not None:
        Path("manifest.json").write_bytes(content)
    result = presign("bulk", "get", "--outputs", outputs_file(), "manifest.json", "-o", "out.csv")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert message in result.err


def test_without_pyarrow_parquet_is_refused_in_one_line(
    presign: Presign, outputs_file: OutputsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(inventory("Parquet", {}), Path())
    monkeypatch.setitem(sys.modules, "pyarrow", None)  # as if it were not installed
    result = presign("bulk", "get", "--outputs", outputs_file(), path, "-o", "out.csv")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert "which takes pyarrow to read: 'pip install pyarrow'" in result.err


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["s3://bucket/keys.csv"], "only the manifest.json of an S3 Inventory is read from S3"),
        (["-", "--manifest-format", "inventory"], "standard input cannot hold an inventory"),
    ],
)
def test_misuse_is_one_line(
    presign: Presign, outputs_file: OutputsFile, args: list[str], message: str
) -> None:
    result = presign("bulk", "get", "--outputs", outputs_file(), *args, "-o", "out.csv")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert message in result.err
