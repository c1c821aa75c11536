"""A bucket with Object Lock takes no upload without a checksum: links, forms and lists carry them."""

import base64
import csv
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import presign as library
from presign import errors
from presign.opened import Bucket
from tests.presign.presign_support import OutputsFile, Presign

import pytest
import requests

CONTENTS = {"a": b"first", "ü b,c": b"second", "d": b"third"}


def digest(key: str) -> str:
    return f"sha256:{hashlib.sha256(CONTENTS[key]).hexdigest()}"


SAYS = "the bucket has Object Lock, and takes no upload without a checksum: "

pytestmark = pytest.mark.usefixtures("keys")


@pytest.fixture
def locked(outputs_file: OutputsFile, monkeypatch: pytest.MonkeyPatch) -> str:
    path = outputs_file(ObjectLock=True)
    monkeypatch.setenv("PRESIGN_OUTPUTS", path)
    return path


@pytest.mark.parametrize(
    ("command", "remedy"),
    [
        (["put", "k"], "give --checksum sha256:DIGEST"),
        (["put", "--metadata", "a=b", "k"], "give --checksum sha256:DIGEST"),
        (["post", "in/"], "make a link for each file with 'presign put'"),
        (["bulk", "put", "m.txt", "-o", "-"], "name the manifest's column of checksums: --checksum-column"),
    ],
)
@pytest.mark.usefixtures("locked")
def test_uploads_without_a_checksum_are_refused(presign: Presign, command: list[str], remedy: str) -> None:
    Path("m.txt").write_text("k\n")
    result = presign(*command)
    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
    assert SAYS in result.err
    assert remedy in result.err


@pytest.mark.parametrize(
    "command",
    [
        ["put", "--checksum", digest("a"), "a"],
        ["put", "--checksum", "md5:" + "0" * 32, "a"],
        ["post", "--checksum", digest("a"), "in/"],
        ["get", "a"],
    ],
)
@pytest.mark.usefixtures("locked")
def test_those_with_one_are_made(presign: Presign, command: list[str]) -> None:
    assert presign(*command).code == 0


def test_from_python_it_is_the_same(locked: str) -> None:
    bucket = library.open(locked)
    refused: list[Callable[[Bucket], object]] = [
        lambda bucket: bucket.put("k"),
        lambda bucket: bucket.post("in/"),
        lambda bucket: bucket.urls(["k"], method="PUT"),
    ]
    for call in refused:
        with pytest.raises(errors.RequestError, match="Object Lock"):
            call(bucket)
    assert "x-amz-checksum-sha256" in bucket.put("a", checksum=digest("a")).headers
    assert list(bucket.urls(["k"]))


@pytest.mark.parametrize("value", [None, False, "false"])
def test_other_outputs_demand_none(presign: Presign, outputs_file: OutputsFile, value: object) -> None:
    assert presign("put", "--outputs", outputs_file(ObjectLock=value), "k").code == 0


@pytest.mark.parametrize("value", ["yes", 2, {"a": "b"}])
def test_an_output_that_is_neither_true_nor_false_is_refused(
    presign: Presign, outputs_file: OutputsFile, value: object
) -> None:
    result = presign("put", "--outputs", outputs_file(ObjectLock=value), "k")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert "the output ObjectLock" in result.err


def manifest(name: str) -> None:
    with Path(name).open("w", newline="", encoding="utf-8") as file:
        if name.endswith(".csv"):
            rows = [[f"s3://presign-test-bucket/{key}", digest(key)] for key in CONTENTS]
            csv.writer(file).writerows([["key", "sum"], *rows])
        else:
            file.writelines(json.dumps({"key": key, "sum": digest(key)}) + "\n" for key in CONTENTS)


@pytest.mark.parametrize("name", ["m.csv", "m.jsonl"])
def test_each_link_of_a_list_takes_only_the_content_of_its_checksum(
    presign: Presign, outputs: str, upload_headers: dict[str, str], name: str
) -> None:
    manifest(name)
    command = ("bulk", "put", "--outputs", outputs, "--checksum-column", "sum", name)
    assert presign(*command, "-o", "out.jsonl").code == 0
    assert presign(*command, "-o", "out.csv.gz").code == 0
    rows = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    assert [row["key"] for row in rows] == list(CONTENTS)
    for row in rows:
        content = CONTENTS[row["key"]]
        encoded = base64.b64encode(hashlib.sha256(content).digest()).decode()
        assert row["headers"] == {"x-amz-checksum-sha256": encoded}
        headers = {**upload_headers, **row["headers"]}
        assert requests.put(row["url"], data=b"other", headers=headers, timeout=30).status_code == 400
        assert requests.put(row["url"], data=content, headers=upload_headers, timeout=30).status_code == 403
        assert requests.put(row["url"], data=content, headers=headers, timeout=30).ok


def test_csv_has_the_header_and_a_run_is_resumed(presign: Presign, outputs: str) -> None:
    manifest("m.csv")
    command = ("bulk", "put", "--outputs", outputs, "--checksum-column", "sum", "m.csv", "-o", "out.csv")
    assert presign(*command).code == 0
    whole = Path("out.csv").read_bytes()
    with Path("out.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["key"] for row in rows] == list(CONTENTS)
    assert rows[0]["header"].startswith("x-amz-checksum-sha256: ")
    Path("out.csv.partial").write_bytes(b"".join(whole.splitlines(keepends=True)[:2]))
    Path("out.csv").unlink()
    assert presign(*command, "--resume").code == 0
    assert Path("out.csv").read_bytes() == whole


@pytest.mark.usefixtures("locked")
def test_a_bad_checksum_is_a_bad_row(presign: Presign) -> None:
    Path("m.csv").write_text(f"key,sum\na,{digest('a')}\nb,\nc,sha256:00\nd\n")
    result = presign("bulk", "put", "--checksum-column", "sum", "m.csv", "-o", "out.csv")
    assert result.code == 3
    assert [line[:1] for line in Path("out.csv").read_text().splitlines()] == ["k", "a"]
    assert [line.partition(": ")[0] for line in Path("out.csv.errors").read_text().splitlines()] == [
        "line 3",
        "line 4",
        "line 5",
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (
            ["m.txt", "-o", "out.csv"],
            2,
            "a manifest in CSV, TSV or JSON lines has columns or fields for --checksum-column",
        ),
        (["m.csv", "-o", "out.txt"], 2, "needs an output with headers"),
        (["m.csv", "-o", "out.csv"], 1, "no column 'sum': name one with --checksum-column"),
    ],
)
@pytest.mark.usefixtures("locked")
def test_a_column_that_cannot_be_used_is_refused(
    presign: Presign, arguments: list[str], code: int, words: str
) -> None:
    for name in ("m.txt", "m.csv"):
        Path(name).write_text("key\na\n")
    result = presign("bulk", "put", "--checksum-column", "sum", *arguments)
    assert (result.code, result.err.count("\n")) == (code, 1)
    assert words in result.err
