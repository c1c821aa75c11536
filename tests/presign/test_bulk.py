"""``presign bulk``: what it reads, what it writes, and what a killed run leaves."""

import csv
import fcntl
import gzip
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.presign.presign_support import KEY_ARN, OutputsFile, Presign

import pytest

ROOT = Path(__file__).parents[2]
KEYS = ["a.csv", "with space", "ü/é", "a//b", 'comma,quote"', "100%+", "/lead", "a/../b"]

pytestmark = pytest.mark.usefixtures("keys")


def csv_of(keys: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([["id", "key"], *([str(i), key] for i, key in enumerate(keys))])
    return text.getvalue().encode()


WRITERS: dict[str, Callable[[list[str]], bytes]] = {
    "m.txt": lambda keys: "\n".join(keys).encode(),
    "m": lambda keys: b"\xef\xbb\xbf" + "".join(f"{key}\r\n" for key in keys).encode(),
    "m.csv": csv_of,
    "m.jsonl": lambda keys: "".join(json.dumps({"key": key}) + "\n" for key in keys).encode(),
    "m.txt.gz": lambda keys: gzip.compress("\n".join(keys).encode()),
    "unnamed-gzip.csv": lambda keys: gzip.compress(csv_of(keys)),
}


def path_of(url: str) -> str:
    return url.partition("?")[0]


@pytest.mark.parametrize("name", WRITERS)
def test_every_manifest_gives_its_links_in_order(
    presign: Presign, outputs_file: OutputsFile, name: str
) -> None:
    Path(name).write_bytes(WRITERS[name](KEYS))
    result = presign("bulk", "get", "--outputs", outputs_file(), name, "-o", "out.csv")
    assert result.code == 0, result.err
    with Path("out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["key"] for row in rows] == KEYS
    single = [presign("get", "--outputs", outputs_file(), "--format", "url", key).out for key in KEYS]
    assert [path_of(row["url"]) for row in rows] == [path_of(url) for url in single]
    assert result.err.startswith("8 links in out.csv, until 20")


def test_every_key_comes_back_out_of_csv(presign: Presign, outputs_file: OutputsFile) -> None:
    keys = ["line\nbreak", "carriage\rreturn", 'quo"te', "com,ma", '"', "\n", "plain"]
    Path("m.jsonl").write_bytes(WRITERS["m.jsonl"](keys))
    assert presign("bulk", "get", "--outputs", outputs_file(), "m.jsonl", "-o", "out.csv").code == 0
    with Path("out.csv").open(newline="") as file:
        assert [row["key"] for row in csv.DictReader(file)] == keys


def test_a_manifest_may_come_from_standard_input_and_links_go_to_standard_output(
    presign: Presign, outputs_file: OutputsFile
) -> None:
    result = presign(
        "bulk", "put", "--outputs", outputs_file(), "-", "-o", "-", "--format", "url", stdin=b"a\n\nb\n"
    )
    assert result.code == 3
    assert [path_of(url)[-2:] for url in result.out.splitlines()] == ["/a", "/b"]
    assert "line 2: the key is empty" in result.err
    assert f"Uploads must send x-amz-server-side-encryption-aws-kms-key-id: {KEY_ARN}" in result.err


@pytest.mark.parametrize(
    "name", ["out.csv", "out.csv.gz", "out.jsonl", "out.jsonl.gz", "out.txt", "out.txt.gz"]
)
def test_every_output_holds_all_rows_in_order(presign: Presign, outputs_file: OutputsFile, name: str) -> None:
    keys = [f"folder/{i}" for i in range(6_000)]  # more than one block that is read
    Path("m.jsonl").write_bytes(WRITERS["m.jsonl"](keys))
    result = presign("bulk", "put", "--outputs", outputs_file(), "m.jsonl", "-o", name)
    assert result.code == 0, result.err
    data = Path(name).read_bytes()
    lines = (gzip.decompress(data) if name.endswith(".gz") else data).decode().splitlines()
    if ".jsonl" in name:
        rows = [json.loads(line) for line in lines]
        assert [row["key"] for row in rows] == keys
        urls = [row["url"] for row in rows]
    elif ".csv" in name:
        assert lines.pop(0) == "key,url"
        urls = [line.partition(",")[2] for line in lines]
    else:
        urls = lines
    assert [path_of(url).partition(".com/")[2] for url in urls] == keys
    assert sorted(path.name for path in Path().iterdir()) == ["m.jsonl", name, "outputs.json"]


@pytest.mark.parametrize(
    ("name", "content", "bad"),
    [
        ("m.txt", b"a\n\n\xff\n" + b"x" * 1025 + b"\nb", {2: "empty", 3: "UTF-8", 4: "1025 bytes"}),
        ("m.csv", b'id,key\n1,a\n2\n3,""\n4,\xff\n5,b\n', {3: "no such column", 4: "empty", 5: "UTF-8"}),
        (
            "m.jsonl",
            b'{"key":"a"}\n{"key":\n[]\n{}\n{"key":1}\n{"key":"\\ud800"}\n{"key":"b"}',
            {2: "not JSON", 3: "not a JSON object", 4: "no field 'key'", 5: "not a string", 6: "UTF-8"},
        ),
    ],
)
def test_bad_rows_are_reported_with_their_line_and_the_rest_is_done(
    presign: Presign, outputs_file: OutputsFile, name: str, content: bytes, bad: dict[int, str]
) -> None:
    Path(name).write_bytes(content)
    result = presign("bulk", "get", "--outputs", outputs_file(), name, "-o", "out.csv")
    assert result.code == 3
    assert result.err.endswith(f"Error: {len(bad)} bad rows: see out.csv.errors\n")
    assert [line.partition(",")[0] for line in Path("out.csv").read_text().splitlines()] == ["key", "a", "b"]
    reports = Path("out.csv.errors").read_text().splitlines()
    assert len(reports) == len(bad)
    for report, (line, problem) in zip(reports, bad.items(), strict=True):
        assert report.startswith(f"line {line}: ")
        assert problem in report


def start(outputs: str, *args: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "presign", "bulk", "get", "--outputs", outputs, *args],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize("name", ["out.csv", "out.jsonl.gz"])
def test_a_killed_run_leaves_no_output_and_is_resumed(
    presign: Presign, outputs_file: OutputsFile, name: str
) -> None:
    keys = [f'line {i}\n"quoted", {i}' if i % 7 == 0 else f"k/{i}" for i in range(20_000)]
    lines = [json.dumps({"key": key}) for key in keys]
    lines[10] = "bad"
    manifest = "\n".join(lines)
    Path("m.jsonl").write_text(manifest)
    partial = Path(f"{name}.partial")
    # Its standard input has no end before the kill.
    with start(outputs_file(), "-", "--manifest-format", "jsonl", "-o", name, "--expires", "1h") as process:
        assert process.stdin is not None
        process.stdin.write(manifest.encode())
        process.stdin.flush()
        until = time.monotonic() + 30
        while time.monotonic() < until and not (partial.exists() and partial.stat().st_size > 100_000):
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    assert partial.exists()
    assert not Path(name).exists()
    with partial.open("r+b") as file:  # as if the kill had come amid a row
        # The lock is held until the killed one has ended.
        fcntl.flock(file, fcntl.LOCK_EX)
        file.truncate(partial.stat().st_size - 7)

    time.sleep(1 - time.time() % 1)  # links of another moment would differ
    command = ("m.jsonl", "-o", name, "--expires", "1h", "--resume")
    result = presign("bulk", "get", "--outputs", outputs_file(), *command)
    assert result.code == 3, result.err
    assert result.err.startswith("19,999 links in ")
    assert not partial.exists()
    assert Path(f"{name}.errors").read_text().startswith("line 11: not JSON")
    data = Path(name).read_bytes()
    text = gzip.decompress(data).decode() if name.endswith(".gz") else data.decode()
    if "json" in name:
        rows = [(row["key"], row["url"]) for row in map(json.loads, text.splitlines())]
    else:
        rows = [(key, url) for key, url in csv.reader(io.StringIO(text, newline=""))][1:]
    assert [key for key, _ in rows] == keys[:10] + keys[11:]
    assert len({url.partition("X-Amz-Date=")[2][:16] for _, url in rows}) == 1


def test_a_partial_file_of_other_links_is_not_resumed(presign: Presign, outputs_file: OutputsFile) -> None:
    Path("m.txt").write_text("a\nb\nc\n")
    presign("bulk", "get", "--outputs", outputs_file(), "m.txt", "-o", "out.txt")
    Path("out.txt").rename("out.txt.partial")
    Path("m.txt").write_text("a\nb\nother\n")
    result = presign("bulk", "get", "--outputs", outputs_file(), "m.txt", "-o", "out.txt", "--resume")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert result.err.startswith("Error: cannot resume: the partial file was made from another manifest")
    assert not Path("out.txt").exists()


def test_many_links_are_cut_to_the_life_of_their_credentials_and_resumed_so(
    presign: Presign, outputs_file: OutputsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=30)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "t")
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", soon.isoformat())
    Path("m.txt").write_text("a\nb\nc\n")
    command = ("bulk", "get", "--outputs", outputs_file(), "m.txt", "-o", "out.txt", "--expires", "1h")
    first = presign(*command)
    whole = Path("out.txt").read_text()
    assert first.err == (
        f"3 links in out.txt, until {soon:%Y-%m-%dT%H:%M:%SZ}\n"
        f"Warning: links expire earlier than asked, at {soon:%Y-%m-%dT%H:%M:%SZ}, "
        "because the credentials expire then\n"
    )
    Path("out.txt.partial").write_text(whole[: whole.index("\n") + 1])
    time.sleep(1 - time.time() % 1)  # links of another moment would differ
    assert presign(*command, "--resume").err == first.err
    assert Path("out.txt").read_text() == whole


def test_an_output_stays_as_it_was_when_a_run_fails(presign: Presign, outputs_file: OutputsFile) -> None:
    Path("out.txt").write_text("before")
    Path("m.txt").write_bytes(gzip.compress(b"a\n" * 100_000)[:-20])
    result = presign("bulk", "get", "--outputs", outputs_file(), "m.txt", "-o", "out.txt")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert result.err.startswith("Error: cannot read the manifest: Compressed file ended")
    assert Path("out.txt").read_text() == "before"


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["m.txt"], 2, "missing option '-o' / '--output'"),
        (["-o", "o.csv"], 2, "missing argument 'MANIFEST'"),
        (["m.orc", "-o", "o.csv"], 2, "cannot tell the format of m.orc by its name"),
        (["m.txt", "-o", "o.xml"], 2, "cannot tell the format of o.xml by its name: give --format"),
        (["m.txt", "-o", "m.txt"], 2, "m.txt is named twice: the manifest, the outputs, OUT,"),
        (["m.txt", "-o", "-", "--resume"], 2, "--resume needs a file"),
        (["m.txt", "-o", "o.csv", "--expires", "soon"], 2, "invalid value for '--expires': 'soon' is not"),
        (["-", "-o", "o.csv", "--outputs", "-"], 2, "standard input cannot hold both"),
        (["no.txt", "-o", "o.csv"], 1, "cannot read the manifest no.txt: No such file or directory"),
        ([".", "-o", "o.csv"], 1, "cannot read the manifest .: Is a directory"),
        (["m.txt", "-o", "no/o.csv"], 1, "no/o.csv.partial: No such file or directory"),
        (["m.txt", "-o", ".", "--format", "url"], 1, "cannot write .: it is no ordinary file"),
        (["m.csv", "-o", "o.csv", "--column", "name"], 1, "no column 'name': name one with --column"),
        (["m.txt", "-o", "o.csv", "--expires", "8d"], 1, "longer than S3 allows"),
        (["m.txt", "-o", "o.csv", "--errors", "no/e"], 1, "cannot write the bad rows to no/e"),
    ],
)
def test_misuse_is_one_line(
    presign: Presign, outputs_file: OutputsFile, args: list[str], code: int, message: str
) -> None:
    Path("m.txt").write_text("a\n\n")
    Path("m.csv").write_text("id,key\n1,a\n")
    result = presign("bulk", "get", "--outputs", outputs_file(), *args)
    assert (result.code, result.out, result.err.count("\n")) == (code, "", 1)
    assert result.err.startswith("Error: ")
    assert message in result.err


@pytest.mark.parametrize("command", [[], ["get"], ["put"]])
def test_help_shows_an_example(presign: Presign, command: list[str]) -> None:
    result = presign("bulk", *command, "--help")
    assert result.code == 0
    assert "presign bulk " in result.out.partition("Example:")[2]
