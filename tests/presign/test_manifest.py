"""Manifests that would not fit into memory, or whose keys HTTP clients rewrite."""

import gzip
import os
import resource
import subprocess
import sys
from pathlib import Path

from presign.bulk.lines import MAX_LINE
from presign.keys import Doubts
from tests.presign.presign_support import OutputsFile, Presign

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.usefixtures("keys")


@pytest.mark.parametrize("extra", [0, 1, 5_000_000])
@pytest.mark.parametrize("start", [0, 300_000])  # bytes before it, in its block and in one before
@pytest.mark.parametrize("name", ["m.txt", "m.csv", "m.jsonl", "m.txt.gz"])
def test_only_a_line_that_is_too_long_is_a_bad_row(
    presign: Presign, outputs_file: OutputsFile, name: str, start: int, extra: int
) -> None:
    head, row = ("key,other\n", "{},\n") if "csv" in name else ("", "{}\n")
    if "json" in name:
        row = '{{"key": "{}"}}\n'
    before = "".join(row.format("x" * 90) for _ in range(start // 100))
    # A line of MAX_LINE bytes with its end is the longest; it cannot hold a key either way.
    long = "z" * (MAX_LINE - 1 + extra) + "\n"
    data = (head + before + long + row.format("a") + row.format("b")).encode()
    Path(name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    result = presign("bulk", "get", "--outputs", outputs_file(), name, "-o", "out.csv")
    assert result.code == 3
    assert [line.partition(",")[0] for line in Path("out.csv").read_text().splitlines()[-2:]] == ["a", "b"]
    [report] = Path("out.csv.errors").read_text().splitlines()
    number = data.count(b"\n") - 2
    assert report.startswith(f"line {number}: ")
    assert ("longer than 1,048,576 bytes" in report) == (extra > 0)


def test_a_line_without_an_end_does_not_fill_the_memory(outputs_file: OutputsFile) -> None:
    with Path("m.txt").open("wb") as file:
        file.write(b"a\n")
        file.truncate(1 << 28)  # 256 MiB that take no space, in one line
    limit = 250 << 20  # bytes of memory
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "presign",
            "bulk",
            "get",
            "--outputs",
            outputs_file(),
            "m.txt",
            "-o",
            "out.csv",
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PRESIGN_OUTPUTS": outputs_file()},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 3, done.stderr


segments = st.sampled_from([".", "..", "", "...", ".a", "b", "\0", "\n", "%2E"])


@given(st.lists(st.lists(segments, min_size=1).map("/".join)))
@example(["a/.", "b"])
@example(["a.", ".b"])
def test_dotted_keys_are_counted(keys: list[str]) -> None:
    dotted = [key for key in keys if not {".", ".."}.isdisjoint(key.split("/"))]
    said = Doubts("GET").look(keys, listed=True).words()
    assert len(said) == bool(dotted)
    if dotted:
        start = "1 key has" if len(dotted) == 1 else f"{len(dotted)} keys have"
        assert said[0].startswith(f"{start} a '.' or '..' part (such as {dotted[0][:60]!r})")


def test_dotted_keys_are_warned_of_once(presign: Presign, outputs_file: OutputsFile) -> None:
    Path("m.txt").write_text(f"a/../b\n./c\n{'d' * 100}\n" * 5_000)
    command = ("bulk", "get", "--outputs", outputs_file(), "m.txt", "-o", "out.csv")
    result = presign(*command)
    assert result.code == 0
    assert result.err.count("Warning") == 1
    assert "Warning: 10,000 keys have a '.' or '..' part (such as 'a/../b'): browsers" in result.err
    whole = Path("out.csv").read_bytes()
    Path("out.csv").rename("out.csv.partial")
    with Path("out.csv.partial").open("r+b") as file:
        file.truncate(len(whole) // 2)
    resumed = presign(*command, "--resume")
    assert resumed.err == result.err
    assert Path("out.csv").read_bytes() == whole


def test_keys_without_dots_are_not_warned_of(presign: Presign, outputs_file: OutputsFile) -> None:
    Path("m.txt").write_text("a.b\n...\n.c/d.\n")
    assert "Warning" not in presign("bulk", "get", "--outputs", outputs_file(), "m.txt", "-o", "out.csv").err
