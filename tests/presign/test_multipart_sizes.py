"""Which parts a file is cut into, and what of presign is loaded when none are."""

import subprocess
import sys
from pathlib import Path

from presign.multipart.sizes import MAX_PART, MAX_PARTS, MAX_SIZE, MIB, MIN_PART, cut
from presign.multipart.upload import digests_of
from tests.conftest import ROOT

import pytest


@pytest.mark.parametrize(
    ("size", "asked", "part_size", "count"),
    [
        (0, None, 64, 1),
        (1, None, 64, 1),
        (64 * MIB, None, 64, 1),
        (64 * MIB + 1, None, 64, 2),
        (64 * MIB * MAX_PARTS, None, 64, MAX_PARTS),
        (64 * MIB * MAX_PARTS + 1, None, 65, 9847),
        (MAX_SIZE, None, 5120, MAX_PARTS),
        (MAX_SIZE, MAX_PART, 5120, MAX_PARTS),
        (11 * MIB, MIN_PART, 5, 3),
    ],
)
def test_a_file_is_cut_within_s3s_limits(size: int, asked: int | None, part_size: int, count: int) -> None:
    parts = cut(size, asked)
    assert (parts.part_size, parts.count) == (part_size * MIB, count)
    bounds = [parts.bounds(number) for number in range(1, count + 1)]
    assert [offset for offset, _ in bounds] == [number * parts.part_size for number in range(count)]
    assert sum(length for _, length in bounds) == size


def test_the_digests_are_those_of_the_parts(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"a" * 5 * MIB + b"b")
    assert digests_of(str(path), cut(5 * MIB + 1, 5 * MIB)) == [
        "ebKBBg0ze5srhMzzkK3PdA==",
        "kutf/uauL+w61xx3dTFXjw==",
    ]


def test_a_start_of_presign_loads_neither_boto3_nor_what_only_parts_need() -> None:
    found = "(name for name in sys.modules if name.startswith(('presign.multipart', 'boto')))"
    command = [sys.executable, "-c", f"import presign.cli, sys; print(*{found})"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert sorted(done.stdout.split()) == ["presign.multipart", "presign.multipart.command"]
