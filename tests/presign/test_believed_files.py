"""Cases of files that were believed, and should not be: what a bulk run leaves alone, or keeps private."""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

from presign.bulk.job import Done, Job
from presign.bulk.manifest import Batch
from tests.presign.presign_support import OutputsFile, Presign

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.usefixtures("keys")


def mode(path: str) -> int:
    return stat.S_IMODE(Path(path).stat().st_mode)


@pytest.fixture
def bulk(presign: Presign, outputs_file: OutputsFile) -> Presign:
    """Runs `presign bulk get` with the usual outputs."""
    return lambda *args, **more: presign("bulk", "get", "--outputs", outputs_file(), *args, **more)


def test_bad_rows_are_written_to_a_device_which_stays(bulk: Presign) -> None:
    Path("m.txt").write_text("a\n\n")
    before = Path("/dev/null").stat()
    result = bulk("m.txt", "-o", "out.csv", "--errors", "/dev/null")
    assert result.code == 3
    after = Path("/dev/null").stat()
    assert stat.S_ISCHR(after.st_mode)
    assert (after.st_ino, after.st_rdev) == (before.st_ino, before.st_rdev)


def test_bad_rows_are_appended_to_a_log_that_is_standard_error(
    outputs_file: OutputsFile, tmp_path: Path
) -> None:
    Path("m.txt").write_text("a\n\n")
    log = tmp_path / "log"
    log.write_text("before\n")
    command = [
        "bulk",
        "get",
        "--outputs",
        outputs_file(),
        "m.txt",
        "-o",
        "out.csv",
        "--errors",
        "/dev/stderr",
    ]
    with log.open("a") as file:
        subprocess.run(
            [sys.executable, "-m", "presign", *command],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stderr=file,
            check=False,
        )
    lines = log.read_text().splitlines()
    assert [line.split()[0] for line in lines] == ["before", "line", "1", "Error:"]


@pytest.mark.parametrize("rows", ["a\n\n", "a\n"])
def test_bad_rows_go_through_a_fifo_which_ends_also_without_any(bulk: Presign, rows: str) -> None:
    Path("m.txt").write_text(rows)
    os.mkfifo("fifo")
    read = []
    reader = threading.Thread(target=lambda: read.append(Path("fifo").read_text()))
    reader.start()
    bulk("m.txt", "-o", "out.csv", "--errors", "fifo")
    reader.join(timeout=20)
    assert len(read) == 1
    assert read[0].startswith("line 2: ") == (rows == "a\n\n")
    assert stat.S_ISFIFO(Path("fifo").stat().st_mode)


def test_bad_rows_are_written_through_a_link(bulk: Presign) -> None:
    Path("m.txt").write_text("a\n\n")
    Path("there").write_text("old")
    Path("link").symlink_to("there")
    bulk("m.txt", "-o", "out.csv", "--errors", "link")
    assert Path("link").is_symlink()
    assert Path("there").read_text().startswith("line 2: ")


def test_a_run_without_bad_rows_empties_an_earlier_report_and_makes_no_new_one(bulk: Presign) -> None:
    Path("m.txt").write_text("a\n")
    bulk("m.txt", "-o", "out.csv")
    assert not Path("out.csv.errors").exists()
    Path("out.csv.errors").write_text("line 1: of before\n")
    bulk("m.txt", "-o", "out.csv")
    assert Path("out.csv.errors").read_text() == ""


@pytest.mark.parametrize("kind", ["fifo", "folder", "link"])
@pytest.mark.parametrize("name", ["out.csv", "out.csv.partial"])
def test_an_output_that_is_no_ordinary_file_is_refused_and_stays(bulk: Presign, name: str, kind: str) -> None:
    Path("m.txt").write_text("a\n")
    if kind == "fifo":
        os.mkfifo(name)
    elif kind == "folder":
        Path(name).mkdir()
    else:
        Path(name).symlink_to(name)  # to itself
    result = bulk("m.txt", "-o", "out.csv")
    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
    assert result.err.startswith("Error: cannot write ")
    assert Path(name).is_symlink() == (kind == "link")
    assert kind != "fifo" or stat.S_ISFIFO(Path(name).stat().st_mode)


def test_a_partial_file_that_links_elsewhere_is_refused(bulk: Presign) -> None:
    Path("m.txt").write_text("a\n")
    Path("notes").write_text("mine")
    Path("out.csv.partial").symlink_to("notes")
    result = bulk("m.txt", "-o", "out.csv")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert "out.csv.partial: it is no ordinary file" in result.err
    assert Path("notes").read_text() == "mine"


@pytest.mark.parametrize(
    ("manifest", "more"),
    [
        ("out.csv.errors", []),
        ("out.csv.partial", []),
        ("out.csv.partial", ["--resume"]),
        ("linked", []),
        ("m.txt", ["--errors", "m.txt"]),
        ("m.txt", ["--errors", "out.csv"]),
        ("m.txt", ["--errors", "outputs.json"]),
    ],
)
def test_a_file_that_would_be_read_and_written_at_once_is_refused_before_it_is_opened(
    bulk: Presign, manifest: str, more: list[str]
) -> None:
    for name in ("m.txt", "out.csv.errors", "out.csv.partial"):
        Path(name).write_text("a\n")
    os.link("out.csv.partial", "linked")
    result = bulk(manifest, "-o", "out.csv", "--manifest-format", "text", *more)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert "must be different files" in result.err
    assert {Path(name).read_text() for name in ("m.txt", "out.csv.errors", "out.csv.partial")} == {"a\n"}


def test_new_links_are_their_owners_alone(bulk: Presign) -> None:
    Path("m.txt").write_text("a\n\n")
    before = os.umask(0)
    try:
        bulk("m.txt", "-o", "out.csv")
    finally:
        os.umask(before)
    assert (mode("out.csv"), mode("out.csv.errors")) == (0o600, 0o600)


@pytest.mark.parametrize("wanted", [0o600, 0o640, 0o664, 0o444])
def test_an_existing_output_keeps_its_mode(bulk: Presign, wanted: int) -> None:
    Path("m.txt").write_text("a\n")
    Path("out.csv").write_text("before")
    Path("out.csv").chmod(wanted)
    assert bulk("m.txt", "-o", "out.csv").code == 0
    assert mode("out.csv") == wanted
    assert Path("out.csv").read_text().startswith("key,url\n")


def test_a_partial_file_that_others_may_read_becomes_private_before_links_go_in(
    bulk: Presign, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    sign = Job.sign

    def watched(job: Job, batch: Batch) -> Done:
        seen.append(mode("out.csv.partial"))
        return sign(job, batch)

    monkeypatch.setattr(Job, "sign", watched)
    Path("m.txt").write_text("a\n")
    Path("out.csv.partial").write_text("")
    Path("out.csv.partial").chmod(0o666)
    assert bulk("m.txt", "-o", "out.csv").code == 0
    assert seen == [0o600]
