"""``presign bulk`` with an S3 Inventory: whose rows become links."""

import contextlib
import csv
import gzip
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.presign.inventory_support import (
    BUCKET,
    FILE,
    KEYS,
    MANIFEST,
    PREFIX,
    WRITERS,
    Listed,
    csv_data,
    inventory,
    listed,
    save,
)
from tests.presign.presign_support import OutputsFile, Presign

import boto3
import pytest

pytestmark = pytest.mark.usefixtures("keys")

forms = pytest.mark.parametrize("form", WRITERS)


def keys_of(path: str) -> list[str]:
    with Path(path).open(newline="") as file:
        return [row["key"] for row in csv.DictReader(file)]


@forms
def test_every_listed_object_has_its_link_in_order(
    presign: Presign, outputs_file: OutputsFile, form: str
) -> None:
    many = [f"folder/{number} ü" for number in range(12_000)]
    parts = [KEYS, many[:9_000], [], many[9_000:]]
    data = {f"{i}.{form.lower()}": WRITERS[form](listed(part)) for i, part in enumerate(parts)}
    path = save(inventory(form, data), Path())
    result = presign("bulk", "get", "--outputs", outputs_file(), path, "-o", "out.csv")
    assert (result.code, result.err.partition(",")[0]) == (0, "12"), result.err
    assert keys_of("out.csv") == [*KEYS, *many]
    single = presign("get", "--outputs", outputs_file(), "--format", "url", KEYS[2]).out
    assert single.partition("?")[0] in Path("out.csv").read_text()


@forms
def test_delete_markers_and_older_versions_are_left_out_and_counted(
    presign: Presign, outputs_file: OutputsFile, form: str
) -> None:
    rows = [
        Listed("a"),
        Listed("a", latest=False),
        Listed("gone", marker=True),
        Listed("gone", latest=False),
        Listed("b"),
    ]
    path = save(inventory(form, {"x": WRITERS[form](rows)}), Path())
    result = presign("bulk", "put", "--outputs", outputs_file(), path, "-o", "out.csv")
    assert result.code == 0, result.err
    assert keys_of("out.csv") == ["a", "b"]
    assert "Left out: 3 delete markers and versions that are not the latest\n" in result.err


def test_an_inventory_of_current_versions_has_no_version_columns(
    presign: Presign, outputs_file: OutputsFile
) -> None:
    data = gzip.compress(f'"{BUCKET}","a+b"\n\n"{BUCKET}","c"\n\n'.encode())
    path = save(inventory("CSV", {"x.csv.gz": data}, fileSchema="Bucket, Key"), Path())
    result = presign("bulk", "get", "--outputs", outputs_file(), path, "-o", "out.csv")
    assert (result.code, "Left out" in result.err) == (0, False)
    assert keys_of("out.csv") == ["a b", "c"]


@pytest.mark.parametrize(
    "moved",
    [
        lambda key: key.removeprefix(PREFIX).lstrip("/"),  # the synced folder of the inventory
        lambda key: key if "data" in key else "manifest.json",  # the whole key, below the manifest
        lambda key: f"data/{Path(key).name}" if "data" in key else "manifest.json",  # side by side
        lambda key: key if "data" in key else "deep/er/manifest.json",
    ],
)
def test_data_files_are_found_where_they_usually_are(
    presign: Presign, outputs_file: OutputsFile, moved: Callable[[str], str]
) -> None:
    files = inventory("CSV", {"x.csv.gz": csv_data(listed(KEYS))})
    save({moved(key): content for key, content in files.items()}, Path("here"))
    path = str(next(Path("here").rglob("manifest.json")))
    result = presign("bulk", "get", "--outputs", outputs_file(), path, "-o", "out.csv")
    assert result.code == 0, result.err
    assert keys_of("out.csv") == KEYS


def test_bad_rows_are_reported_with_their_file_and_row(presign: Presign, outputs_file: OutputsFile) -> None:
    bad = "\n".join(
        [
            f'"{BUCKET}","good","v","true","false","1"',
            f'"{BUCKET}","%FF","v","true","false","1"',
            f'"{BUCKET}","100%","v","true","false","1"',
            f'"{BUCKET}","short"',
            f'"{BUCKET}","{"x" * 1025}","v","true","false","1"',
            f'"{BUCKET}","{"x" * 2_000_000}","v","true","false","1"',
            f'"{BUCKET}","","v","true","false","1"',
            f'"{BUCKET}","last","v","true","false","1"',
        ]
    )
    data = {"good.csv.gz": csv_data(listed(["first"])), "bad.csv.gz": gzip.compress(bad.encode())}
    path = save(inventory("CSV", data), Path())
    result = presign("bulk", "get", "--outputs", outputs_file(), path, "-o", "out.csv")
    assert result.code == 3
    assert keys_of("out.csv") == ["first", "good", "last"]
    reports = Path("out.csv.errors").read_text().splitlines()
    assert [report.partition(": ")[0] for report in reports] == [f"bad.csv.gz row {n}" for n in range(2, 8)]
    for report, problem in zip(
        reports, ["UTF-8", "URL-encoded", "2 columns", "1025 bytes", "longer than", "empty"], strict=True
    ):
        assert problem in report


def test_bad_rows_of_parquet_are_reported_with_their_file_and_row(
    presign: Presign, outputs_file: OutputsFile
) -> None:
    import pyarrow
    from pyarrow import parquet

    table = pyarrow.table({"key": pyarrow.array([b"a", b"\xff", None, b"b"], pyarrow.binary())})
    parquet.write_table(table, "x.parquet")
    path = save(inventory("Parquet", {"x.parquet": Path("x.parquet").read_bytes()}), Path())
    result = presign("bulk", "get", "--outputs", outputs_file(), path, "-o", "out.csv")
    assert result.code == 3
    assert keys_of("out.csv") == ["a", "b"]
    reports = Path("out.csv.errors").read_text()
    assert "x.parquet row 2: the key 'a" not in reports
    assert [line.partition(": ")[0] for line in reports.splitlines()] == [
        "x.parquet row 2",
        "x.parquet row 3",
    ]


@forms
def test_a_killed_run_is_resumed(presign: Presign, outputs_file: OutputsFile, form: str) -> None:
    keys = [f"key {number}" for number in range(10_000)]
    data = {
        "1": WRITERS[form]([*listed(keys[:6_000]), Listed("x", marker=True)]),
        "2": WRITERS[form](listed(keys[6_000:])),
    }
    path = save(inventory(form, data), Path())
    command = ("bulk", "get", "--outputs", outputs_file(), path, "-o", "out.csv")
    assert presign(*command).code == 0
    whole = Path("out.csv").read_bytes()
    Path("out.csv.partial").write_bytes(whole[: len(whole) * 2 // 3])
    Path("out.csv").unlink()
    result = presign(*command, "--resume")
    assert result.code == 0, result.err
    assert Path("out.csv").read_bytes() == whole
    assert "Left out: 1 delete markers" in result.err


@pytest.fixture
def in_s3(s3_endpoint: str) -> Callable[[dict[str, bytes]], str]:
    """Puts an inventory in S3, and returns its manifest's URL."""

    def put(files: dict[str, bytes]) -> str:
        client: Any = boto3.client("s3", endpoint_url=s3_endpoint, region_name="eu-west-1")
        with contextlib.suppress(client.exceptions.BucketAlreadyOwnedByYou):
            client.create_bucket(
                Bucket="lists-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
            )
        for key, content in files.items():
            client.put_object(Bucket="lists-bucket", Key=key, Body=content)
        return f"s3://lists-bucket/{MANIFEST}"

    return put


@forms
def test_an_inventory_is_read_from_s3(
    presign: Presign,
    outputs_file: OutputsFile,
    s3_endpoint: str,
    in_s3: Callable[[dict[str, bytes]], str],
    form: str,
) -> None:
    # What does not compress, so that it takes several requests.
    chance = random.Random(1)  # noqa: S311
    big = [chance.randbytes(500).hex() for _ in range(20_000)]
    data = {f"{form}-1": WRITERS[form](listed(KEYS)), f"{form}-2": WRITERS[form](listed(big))}
    url = in_s3(inventory(form, data))
    place = ("--outputs", outputs_file(), "--endpoint-url", s3_endpoint)
    result = presign("bulk", "get", *place, url, "-o", "out.csv")
    assert result.code == 0, result.err
    assert keys_of("out.csv") == [*KEYS, *big]


def test_what_is_not_in_s3_is_one_line(
    presign: Presign, outputs_file: OutputsFile, s3_endpoint: str, in_s3: Callable[[dict[str, bytes]], str]
) -> None:
    url = in_s3(inventory("CSV", {}, files=[FILE]))
    place = ("--outputs", outputs_file(), "--endpoint-url", s3_endpoint)
    result = presign("bulk", "get", *place, url, "-o", "out.csv")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert "Error: cannot read s3://lists-bucket/p/data/x.csv.gz: " in result.err
    result = presign("bulk", "get", *place, "s3://nowhere/manifest.json", "-o", "out.csv")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert "Error: cannot read s3://nowhere/manifest.json: " in result.err
