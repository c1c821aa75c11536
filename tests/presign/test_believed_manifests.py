"""Cases of manifests that were believed, and should not be; and of a long column, which was refused."""

import csv
import gzip
import io
from pathlib import Path

from presign.bulk.utf8 import as_utf8
from tests.presign.presign_support import OutputsFile, Presign, Result

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

pytestmark = pytest.mark.usefixtures("keys")

BUCKET = "secure-dev-data-bucket"


@pytest.fixture
def bulk(presign: Presign, outputs_file: OutputsFile) -> Presign:
    """Runs `presign bulk get` on a manifest's content, which is the second argument."""

    def run(name: str, content: str | bytes, *args: str) -> Result:
        Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
        return presign("bulk", "get", "--outputs", outputs_file(), name, "-o", "out.csv", *args)

    return run


def keys() -> list[str]:
    with Path("out.csv").open(newline="") as file:
        return [row["key"] for row in csv.DictReader(file)]


def bad_rows() -> list[str]:
    return Path("out.csv.errors").read_text().splitlines()


def test_a_quote_that_is_never_closed_is_a_bad_row(bulk: Presign) -> None:
    assert bulk("m.csv", 'key\nbefore\n"abc\nd\ne\n').code == 3
    assert keys() == ["before"]
    [bad] = bad_rows()
    assert bad.startswith("line 5: not CSV: unexpected end of data; it begins in line 3")


def test_text_after_a_closed_quote_is_a_bad_row(bulk: Presign) -> None:
    assert bulk("m.csv", 'key\n"a"b\nc\n').code == 3
    assert keys() == ["c"]
    assert bad_rows()[0].startswith("line 2: not CSV: ',' expected after '\"'")


def test_a_quote_that_is_closed_too_late_is_a_bad_row_and_the_rest_is_read(bulk: Presign) -> None:
    lines = "".join(f"row/{number:0200}\n" for number in range(10_000))
    assert bulk("m.csv", f'key\n"abc\n{lines}').code == 3
    assert bad_rows()[0].endswith("; it begins in line 2")
    assert keys()[-1].endswith("00009999")


@pytest.mark.parametrize("header", ["key", '"key"'])
def test_a_header_after_a_byte_order_mark_is_read(bulk: Presign, header: str) -> None:
    assert bulk("m.csv", f"\ufeff{header}\na\n").code == 0
    assert keys() == ["a"]


@pytest.mark.parametrize("length", [131_073, 1_000_000])
def test_a_long_column_next_to_the_key_is_read(bulk: Presign, length: int) -> None:
    assert bulk("m.csv", f"text,key\n{'x' * length},a\n").code == 0
    assert keys() == ["a"]


WANTED = ["a.csv", "ü/é", "日本/x", "with space"]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("mark", ["\ufeff", ""])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-8"])
@pytest.mark.parametrize(
    ("name", "row"), [("m.txt", "{}\r\n"), ("m.csv", "{}\r\n"), ("m.jsonl", '{{"key": "{}"}}\r\n')]
)
def test_a_manifest_in_utf_16_is_read(
    bulk: Presign, name: str, row: str, encoding: str, mark: str, packed: bool
) -> None:
    rows = (["key\r\n"] if name == "m.csv" else []) + [row.format(key) for key in WANTED]
    content = f"{mark}{''.join(rows)}".encode(encoding)
    result = bulk(name, gzip.compress(content) if packed else content)
    assert (result.code, keys()) == (0, WANTED), result.err


def test_utf_16_that_cannot_be_recognized_is_refused(bulk: Presign) -> None:
    assert bulk("m.txt", "日本\n中国/北京\n".encode("utf-16-le")).code == 3
    assert keys() == []


def test_a_null_byte_in_utf_8_is_a_bad_row_and_makes_no_other_encoding(bulk: Presign) -> None:
    assert bulk("m.txt", b"abc\0\nd\n").code == 3
    assert keys() == ["d"]
    assert bad_rows() == [
        "line 1: the key has a null byte, as text in UTF-16 has: save the manifest as UTF-8"
    ]


def test_half_a_character_of_utf_16_is_one_line(bulk: Presign) -> None:
    result = bulk("m.txt", b"\xff\xfea\0b")
    assert (result.code, result.err) == (
        1,
        "Error: cannot read the manifest: it is not valid UTF-16-LE: truncated data\n",
    )


@given(st.text(), st.sampled_from(["utf-8", "utf-16-le", "utf-16-be", "utf-32-le"]), st.integers(1, 9000))
def test_any_marked_text_comes_out_as_utf_8(text: str, encoding: str, repeat: int) -> None:
    # In UTF-16, the mark and a null character are the bytes of UTF-32's mark.
    assume(encoding != "utf-16-le" or not text.startswith("\0"))
    text *= repeat
    stream = as_utf8(io.BytesIO(f"\ufeff{text}".encode(encoding)))
    assert stream.read() == text.encode()


@pytest.mark.parametrize(
    ("name", "row"), [("m.txt", "{}\n"), ("m.csv", "{},x\n"), ("m.jsonl", '{{"key": "{}"}}\n')]
)
def test_uris_of_this_bucket_are_stripped_and_others_are_bad_rows(bulk: Presign, name: str, row: str) -> None:
    uris = [f"s3://{BUCKET}/a.csv", "s3://other-bucket/a.csv", "plain", f"s3://{BUCKET}/", f"s3://{BUCKET}"]
    head = "key,other\n" if name == "m.csv" else ""
    assert bulk(name, head + "".join(row.format(uri) for uri in uris)).code == 3
    assert keys() == ["a.csv", "plain"]
    first = 1 + (name == "m.csv")
    other, empty, bare = bad_rows()
    assert other.startswith(
        f"line {first + 1}: 's3://other-bucket/a.csv' is not in the bucket of these outputs, {BUCKET}"
    )
    assert empty.startswith(f"line {first + 3}: the key is empty")
    assert bare.startswith(f"line {first + 4}: 's3://{BUCKET}' is not in the bucket")


def test_a_resumed_run_strips_uris_too(bulk: Presign) -> None:
    content = "".join(f"s3://{BUCKET}/{number}\n" for number in range(10))
    assert bulk("m.txt", content).code == 0
    whole = Path("out.csv").read_text()
    Path("out.csv.partial").write_text("".join(whole.splitlines(keepends=True)[:4]))
    assert bulk("m.txt", content, "--resume").code == 0
    assert Path("out.csv").read_text() == whole


def test_a_null_byte_that_json_escapes_is_meant(bulk: Presign) -> None:
    assert bulk("m.jsonl", '{"key": "a\\u0000b"}\n').code == 0
    assert "/a%00b?" in Path("out.csv").read_text()
