"""Columns of a manifest with what each download says: a version, a name, a content type."""

import csv
import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from presign.bulk.said import DOWNLOAD
from tests.presign.presign_support import OutputsFile, Presign

import pytest

pytestmark = pytest.mark.usefixtures("keys")

COLUMNS = ("--version-column", "v", "--download-as-column", "name", "--content-type-column", "type")
ROWS = [
    {"key": "a", "v": "v1", "name": "Bericht ü.csv", "type": "text/csv"},
    {"key": "b", "v": "", "name": "", "type": ""},
    {"key": "s3://secure-dev-data-bucket/c", "v": "v 3", "name": "", "type": ""},
    {"key": "s3://secure-dev-data-bucket/d", "v": "v4", "name": "", "type": ""},
    {"key": "e", "v": "", "name": "no/path", "type": ""},
    {"key": "f", "v": "", "name": "", "type": "text"},
]


def write(name: str) -> None:
    with Path(name).open("w", newline="") as file:
        if name.endswith(".jsonl"):
            file.writelines(f"{json.dumps(row)}\n" for row in ROWS)
        else:
            writer = csv.DictWriter(file, ROWS[0], delimiter="\t" if name.endswith(".tsv") else ",")
            writer.writeheader()
            writer.writerows(ROWS)


@pytest.mark.parametrize("name", ["m.csv", "m.tsv", "m.jsonl"])
def test_each_link_says_what_its_row_says(presign: Presign, outputs_file: OutputsFile, name: str) -> None:
    write(name)
    command = ("bulk", "get", "--outputs", outputs_file(), name, "-o", "out.jsonl", *COLUMNS)
    assert presign(*command).code == 3
    rows = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    assert [(row["key"], row.get("version_id")) for row in rows] == [("a", "v1"), ("b", None), ("d", "v4")]
    asked = [parse_qs(urlsplit(row["url"]).query) for row in rows]
    single = ("--version-id", "v1", "--download-as", "Bericht ü.csv", "--content-type", "text/csv")
    url = presign("get", "--outputs", outputs_file(), "a", *single, "--format", "url").out.strip()
    own = ["versionId", "response-content-disposition", "response-content-type"]
    assert [asked[0][one] for one in own] == [parse_qs(urlsplit(url).query)[one] for one in own]
    assert not set(own) & set(asked[1])
    problems = Path("out.jsonl.errors").read_text().splitlines()
    for problem, words in zip(problems, ["not a version id", "name to save as", "content type"], strict=True):
        assert words in problem


def test_a_resumed_run_says_the_same(presign: Presign, outputs_file: OutputsFile) -> None:
    write("m.csv")
    command = ("bulk", "get", "--outputs", outputs_file(), "m.csv", "-o", "out.csv", *COLUMNS)
    assert presign(*command).code == 3
    whole = Path("out.csv").read_text()
    Path("out.csv.partial").write_text("".join(whole.splitlines(keepends=True)[:2]))
    assert presign(*command, "--resume").code == 3
    assert Path("out.csv").read_text() == whole


@pytest.mark.parametrize("option", DOWNLOAD.values())
def test_columns_that_are_not_there_are_refused(
    presign: Presign, outputs_file: OutputsFile, option: str
) -> None:
    write("m.csv")
    Path("m.txt").write_text("a\n")
    place = ("--outputs", outputs_file(), "-o", "out.csv", option, "other")
    result = presign("bulk", "get", "m.csv", *place)
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert f"no column 'other': name one with {option}" in result.err
    result = presign("bulk", "get", "m.txt", *place)
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert f"has columns or fields for {option}" in result.err


UPLOADS = {"a": "text/csv", "b": "", "c": 'text/plain; a="x,y"', "d": "text"}


def upload_manifest(name: str) -> None:
    digest = f"sha256:{'0' * 64}"
    with Path(name).open("w", newline="") as file:
        if name.endswith(".jsonl"):
            file.writelines(
                json.dumps({"key": key, "type": kind, "sum": digest}) + "\n" for key, kind in UPLOADS.items()
            )
        else:
            rows = [(key, kind, digest) for key, kind in UPLOADS.items()]
            csv.writer(file).writerows([("key", "type", "sum"), *rows])


@pytest.mark.parametrize("name", ["m.csv", "m.jsonl"])
def test_each_upload_has_the_content_type_of_its_row(
    presign: Presign, outputs_file: OutputsFile, name: str
) -> None:
    upload_manifest(name)
    command = ("bulk", "put", "--outputs", outputs_file(), name, "--content-type-column", "type")
    assert presign(*command, "-o", "out.jsonl").code == 3
    rows = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    assert [row.get("headers", {}).get("content-type") for row in rows] == ["text/csv", None, UPLOADS["c"]]
    for row in rows:
        [signed] = parse_qs(urlsplit(row["url"]).query)["X-Amz-SignedHeaders"]
        assert ("content-type" in signed.split(";")) is ("headers" in row)
    assert "'text' is not a content type" in Path("out.jsonl.errors").read_text()


def test_csv_has_what_an_upload_must_send_and_is_resumed(presign: Presign, outputs_file: OutputsFile) -> None:
    upload_manifest("m.csv")
    columns = ("--content-type-column", "type", "--checksum-column", "sum")
    command = ("bulk", "put", "--outputs", outputs_file(), "m.csv", "-o", "out.csv", *columns)
    assert presign(*command).code == 3
    whole = Path("out.csv").read_text()
    rows = list(csv.DictReader(whole.splitlines()))
    assert [row["content_type"] for row in rows] == ["text/csv", "", UPLOADS["c"]]
    assert {row["header"].partition(":")[0] for row in rows} == {"x-amz-checksum-sha256"}
    Path("out.csv.partial").write_text("".join(whole.splitlines(keepends=True)[:2]))
    Path("out.csv").unlink()
    assert presign(*command, "--resume").code == 3
    assert Path("out.csv").read_text() == whole


@pytest.mark.parametrize(
    ("manifest", "words"),
    [("m.txt", "a key a line"), ("manifest.json", "an inventory"), ("list.json", "the JSON of the AWS CLI")],
)
def test_a_column_of_what_has_none_is_refused(
    presign: Presign, outputs_file: OutputsFile, manifest: str, words: str
) -> None:
    Path(manifest).write_text("a\n")
    for column in ("5", "key"):
        result = presign(
            *("bulk", "get", "--outputs", outputs_file(), manifest, "-o", "out.csv", "--column", column)
        )
        assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
        assert f"CSV, TSV, JSON lines or Parquet, not {words}" in result.err
        assert not Path("out.csv").exists()
