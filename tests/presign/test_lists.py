"""Manifests that other tools write: TSV, Parquet, the AWS CLI's JSON, and the CSV of S3 Batch Operations."""

import contextlib
import csv
import gzip
import io
import json
import sys
from pathlib import Path
from typing import Any

from presign.bulk import aws_json
from presign.errors import ManifestError
from tests.presign.presign_support import OUTPUTS, OutputsFile, Presign, Result

import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

pytestmark = pytest.mark.usefixtures("keys")

BUCKET = OUTPUTS["S3BucketName"]
KEYS = ["a b", "a+b", "50%25", "ü/é 日本", "comma,", "line\nbreak", 'quo"te']


@pytest.fixture
def bulk(presign: Presign, outputs_file: OutputsFile) -> Presign:
    """Runs `presign bulk get` on a manifest's content, which is the second argument."""

    def run(name: str, content: bytes, *args: str) -> Result:
        Path(name).write_bytes(content)
        return presign("bulk", "get", "--outputs", outputs_file(), name, "-o", "out.csv", *args)

    return run


def rows() -> list[tuple[str, str]]:
    with Path("out.csv").open(newline="") as file:
        return [(row["key"], row["url"]) for row in csv.DictReader(file)]


def found() -> list[str]:
    return [key for key, _ in rows()]


def bad_rows() -> list[str]:
    return Path("out.csv.errors").read_text().splitlines()


def table(**columns: Any) -> bytes:
    file = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), file, row_group_size=3)
    return file.getvalue()


def document(**lists: Any) -> bytes:
    return json.dumps({"RequestCharged": None, **lists, "Prefix": "p/"}, indent=4).encode()


@pytest.mark.parametrize("packed", [False, True])
def test_tsv_is_read(bulk: Presign, packed: bool) -> None:
    content = "id\tkey\n1\ta,b\n2\tü/é\n3\n".encode()
    result = bulk("m.tsv", gzip.compress(content) if packed else content)
    assert (result.code, found()) == (3, ["a,b", "ü/é"])
    assert bad_rows() == ["line 4: the row is too short: it has no such column"]


@pytest.mark.parametrize("kind", [pyarrow.string(), pyarrow.large_string(), pyarrow.binary()])
def test_a_column_of_parquet_is_read(bulk: Presign, kind: pyarrow.DataType) -> None:
    keys = [key.encode() if kind == pyarrow.binary() else key for key in KEYS]
    content = table(id=range(len(KEYS)), path=pyarrow.array(keys, kind))
    assert bulk("m.parquet", content, "--column", "path").code == 0
    assert found() == KEYS


def test_categories_and_uris_in_parquet_are_read(bulk: Presign) -> None:
    keys = pyarrow.array(["a", f"s3://{BUCKET}/b", "a", "s3://other/c", None]).dictionary_encode()
    assert bulk("m.parquet", table(key=keys)).code == 3
    assert found() == ["a", "b", "a"]
    other, empty = bad_rows()
    assert other.startswith("Parquet row 4: 's3://other/c' is not in the bucket of these outputs")
    assert empty == "Parquet row 5: the row has no key"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (table(other=["a"]), "no column 'key': name one with --column; its columns are: 'other'"),
        (table(key=[1]), "column 'key' is int64, not text"),
        (b"key\na\n", "not Parquet"),
    ],
)
def test_parquet_without_keys_is_one_line(bulk: Presign, content: bytes, message: str) -> None:
    result = bulk("m.parquet", content)
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert message in result.err


def test_parquet_without_pyarrow_is_one_line(bulk: Presign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    result = bulk("m.parquet", b"")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert (
        "takes pyarrow to read: 'pip install pyarrow', or install presign with its extra 'parquet'"
        in result.err
    )


@pytest.mark.parametrize("packed", [False, True])
def test_what_the_aws_cli_lists_is_read(bulk: Presign, packed: bool) -> None:
    many = [{"Key": key, "Size": 1, "StorageClass": "STANDARD"} for key in [*KEYS, *map(str, range(9_000))]]
    content = document(Contents=many)
    assert bulk("m.json", gzip.compress(content) if packed else content).code == 0
    assert found() == [*KEYS, *map(str, range(9_000))]
    assert bulk("m.json", json.dumps(many).encode()).code == 0  # --query Contents
    assert len(rows()) == 9_000 + len(KEYS)


@pytest.mark.parametrize("content", [b"", b"null", b"{}", b"[]", b'{"RequestCharged": null}'])
def test_a_listing_may_be_empty(bulk: Presign, content: bytes) -> None:
    assert (bulk("m.json", content).code, found()) == (0, [])


VERSIONS = document(
    Versions=[
        {"Key": "a", "VersionId": "v2", "IsLatest": True, "StorageClass": "STANDARD"},
        {"Key": "a", "VersionId": "v1", "IsLatest": False, "StorageClass": "STANDARD"},
        {"Key": "b", "VersionId": "null", "IsLatest": True, "StorageClass": "GLACIER"},
        {"Key": "c", "VersionId": "v3", "IsLatest": True, "StorageClass": "GLACIER",
         "RestoreStatus": {"IsRestoreInProgress": False, "RestoreExpiryDate": "2026-12-01T00:00:00Z"}},
    ],
    DeleteMarkers=[{"Key": "d", "VersionId": "v4", "IsLatest": True}],
)  # fmt: skip


def test_of_versions_the_latest_are_taken_that_are_not_archived(bulk: Presign) -> None:
    result = bulk("m.json", VERSIONS)
    assert (result.code, found()) == (0, ["a", "c"])
    assert "Left out: 2 delete markers and versions that are not the latest\n" in result.err
    assert "Left out: 1 archived objects" in result.err


def test_all_versions_get_links_of_their_own(bulk: Presign) -> None:
    assert bulk("m.json", VERSIONS, "--all-versions", "--archived").code == 0
    versions = [(key, url.partition("versionId=")[2].partition("&")[0]) for key, url in rows()]
    assert versions == [("a", "v2"), ("a", "v1"), ("b", "null"), ("c", "v3")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "writes as JSON"),
        (b'"Contents"', "writes as JSON"),
        (b'{"Contents": [{"Key": "a"}', "writes as JSON"),
        (b'{"Contents": []} x', "something follows its end"),
        (document(Contents=[{"Key": "a"}], Name="other"), "lists the bucket other, not that of the outputs"),
        (document(Contents=[{"Key": "a"}], EncodingType="url"), "keys are encoded: list again without"),
        (b"[" + b"[" * 200_000, "writes as JSON"),
    ],
)
def test_another_document_is_one_line(bulk: Presign, content: bytes, message: str) -> None:
    result = bulk("m.json", content)
    assert (result.code, result.err.count("\n")) == (1, 1), result.err
    assert message in result.err
    assert not Path("out.csv").exists()


def test_objects_without_keys_are_bad_rows(bulk: Presign) -> None:
    assert bulk("m.json", b'[{"Key": "a"}, {}, 1, {"Key": 1}, {"Key": "b"}]').code == 3
    assert found() == ["a", "b"]
    assert bad_rows() == [f"object row {number}: it has no 'Key'" for number in (2, 3, 4)]


class Trickle(io.BytesIO):
    """Gives a few bytes at a time, so that every value is cut somewhere."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(3)


@given(
    st.lists(
        st.one_of(st.integers(), st.text(max_size=9), st.dictionaries(st.text(max_size=4), st.floats(0, 9)))
    )
)
def test_a_document_is_read_however_it_is_cut(items: list[object]) -> None:
    for text in (json.dumps(items), json.dumps({"A": 12, "Contents": items, "B": [1]}, indent=1)):
        assert [item for item, _ in aws_json.entries(Trickle(text.encode()), "b")] == items


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ManifestError):  # and no other error
        list(aws_json.entries(io.BytesIO(text.encode()), "b"))


def test_the_csv_of_s3_batch_is_read(bulk: Presign) -> None:
    lines = [
        f"{BUCKET},a%20b",
        f"{BUCKET},a+b,v1",
        "other,c",
        f"{BUCKET}",
        "",
        f'"{BUCKET}","%C3%BC/100%25",""',
        f"{BUCKET},100%",
        f"{BUCKET},d,v 1",
    ]
    assert bulk("m.csv", "\n".join(lines).encode(), "--manifest-format", "s3-batch").code == 3
    versions = [(key, url.partition("versionId=")[2].partition("&")[0]) for key, url in rows()]
    assert versions == [("a b", ""), ("a b", "v1"), ("ü/100%", "")]
    other, short, encoded, version = bad_rows()
    assert other == f"line 3: the bucket is 'other', not that of these outputs, {BUCKET}"
    assert short.startswith("line 4: the row has 1 columns, not a bucket, a key and perhaps a version")
    assert version.startswith("line 8: 'v 1' is not a version id")
    assert encoded.startswith("line 7: the key '100%' is not URL-encoded")


def test_csv_that_starts_with_the_bucket_is_recognized(bulk: Presign) -> None:
    result = bulk("m.csv", f"{BUCKET},key\n".encode())
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert "give --manifest-format s3-batch" in result.err


def test_lists_that_cannot_be_read_so_are_refused(presign: Presign, outputs_file: OutputsFile) -> None:
    place = ("--outputs", outputs_file(), "-o", "out.csv", "--manifest-format")
    result = presign("bulk", "put", "m.csv", *place, "s3-batch")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "m.csv names versions that are there already" in result.err
    result = presign("bulk", "get", "-", *place, "parquet")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "standard input cannot hold Parquet" in result.err
