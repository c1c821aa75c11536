"""A partial file that was damaged is not resumed, and costs no time that grows with its square."""

import gzip
import time
from pathlib import Path

from presign.bulk import resume
from presign.errors import BulkError

import pytest

ROW = b"k,https://b.s3.eu-west-1.amazonaws.com/k?X-Amz-Signature=1\n"
HEADER = b"key,url\n"


@pytest.mark.parametrize(
    "damage",
    [
        b'"a quote that nothing closes,' + 200_000 * ROW,  # 12 MB
        b'"' + 6_000_000 * b"\n",
        b"x" * 12_000_000,
    ],
    ids=["quote", "empty lines", "no line breaks"],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_row_without_an_end_is_soon_given_up(tmp_path: Path, damage: bytes, packed: bool) -> None:
    partial = tmp_path / "out.csv.partial"
    content = HEADER + ROW + damage
    partial.write_bytes(gzip.compress(content, 1) if packed else content)
    began = time.process_time()
    with pytest.raises(BulkError, match="cannot resume: the partial file is damaged: run again without"):
        resume.remains(partial, "csv")
    assert time.process_time() - began < 5


def test_quotes_that_are_closed_are_one_row(tmp_path: Path) -> None:
    partial = tmp_path / "out.csv.partial"
    long = b'"' + 100_000 * b'a\n""' + b'",https://x\n'
    partial.write_bytes(HEADER + ROW + long + ROW + b'"cut\n')
    assert resume.remains(partial, "csv") == resume.Remains(3, len(HEADER + ROW + long + ROW), ROW)
