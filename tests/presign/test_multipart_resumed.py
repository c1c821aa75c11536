"""The script of an upload in parts goes on only with the file that it began with."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from tests.presign.multipart_support import MIB, PARTS, path_with, run, saved
from tests.presign.parts_server import Parts
from tests.presign.presign_support import Presign

import pytest

pytestmark = pytest.mark.usefixtures("keys")

COUNT, SENT, SIZE = 3, 2, 10 * MIB + 1
OLD = 1_600_000_000  # seconds; long before any upload
TOOLS = {
    "all tools": ("openssl", "stat"),
    "no digests": ("stat",),
    "no stat": ("openssl",),
}


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    os.utime(path, (OLD, OLD))
    return path


def stopped(server: Parts, presign: Presign, folder: Path, path: str, *options: str) -> Path:
    """Return a script that was stopped after two of its three parts."""
    written(folder / "k", b"A" * SIZE)
    script = saved(presign("put", *PARTS, *options, "--file", str(folder / "k"), "k"), folder)
    server.fault = lambda number, times: (403, "AccessDenied") if number > SENT else None
    assert run(script, PATH=path, JOBS="1").returncode == 1
    assert set(server.digests) == set(range(1, SENT + 1))
    server.fault = lambda number, times: None
    return script


def replaced(path: Path) -> None:
    written(path.with_name("other"), b"B" * SIZE).replace(path)


def overwritten(path: Path) -> None:
    shutil.copy2(written(path.with_name("other"), b"B" * SIZE), path)  # cp -p


def appended(path: Path) -> None:
    written(path, path.read_bytes() + b"x")


def cut(path: Path) -> None:
    written(path, path.read_bytes()[:-1])


@pytest.mark.parametrize("tools", TOOLS)
@pytest.mark.parametrize("change", [replaced, overwritten, appended, cut])
def test_parts_of_two_files_are_never_put_together(
    server: Parts, presign: Presign, tmp_path: Path, change: Callable[[Path], None], tools: str
) -> None:
    path = path_with(tmp_path, *TOOLS[tools])
    script = stopped(server, presign, tmp_path, path)
    change(tmp_path / "k")
    ran = run(script, PATH=path)
    assert ran.returncode == 1
    assert "k has changed since the upload began: to upload all of it again, remove " in ran.stderr
    assert server.order == []
    [state] = tmp_path.glob("presign-upload-*")
    shutil.rmtree(state)
    assert run(script, PATH=path).returncode == 0
    assert server.sent[1] == SENT


def touched(path: Path) -> None:
    later = time.time() + 1_000_000
    os.utime(path, (later, later))


def copied(path: Path) -> None:
    Path(shutil.copy(path, path.with_name("copy"))).replace(path)


def untouched(path: Path) -> None:
    assert path.stat().st_mtime == OLD


@pytest.mark.parametrize("options", [(), ("--part-checksums",)])
@pytest.mark.parametrize("tools", ["all tools", "no stat"])
@pytest.mark.parametrize("change", [touched, copied, untouched])
def test_a_file_with_the_same_content_is_resumed(
    server: Parts,
    presign: Presign,
    tmp_path: Path,
    change: Callable[[Path], None],
    tools: str,
    options: tuple[str, ...],
) -> None:
    path = path_with(tmp_path, *TOOLS[tools])
    script = stopped(server, presign, tmp_path, path, *options)
    change(tmp_path / "k")
    ran = run(script, PATH=path)
    assert ran.returncode == 0, ran.stderr
    assert "Comparing" in ran.stderr or (change, tools) == (untouched, "all tools")
    assert [server.sent[number] for number in (1, 2)] == [1, 1]
    assert server.order == server.etags()


@pytest.mark.parametrize("tools", [("stat",), ()])
@pytest.mark.parametrize(("change", "code"), [(untouched, 0), (copied, 1)])
def test_without_digests_only_the_very_file_is_resumed(
    server: Parts,
    presign: Presign,
    tmp_path: Path,
    change: Callable[[Path], None],
    code: int,
    tools: tuple[str, ...],
) -> None:
    path = path_with(tmp_path, *tools)
    script = stopped(server, presign, tmp_path, path)
    change(tmp_path / "k")
    ran = run(script, PATH=path)
    assert (ran.returncode, "k has changed since the upload began" in ran.stderr) == (code, code == 1)


def test_a_file_that_is_written_meanwhile_is_not_completed(
    server: Parts, presign: Presign, tmp_path: Path
) -> None:
    source = written(tmp_path / "k", b"A" * SIZE)
    script = saved(presign("put", *PARTS, "--file", str(source), "k"), tmp_path)

    def write(number: int, times: int) -> None:
        if number == COUNT:
            overwritten(source)

    server.fault = write
    ran = run(script, JOBS="1")
    assert (ran.returncode, server.order) == (1, [])
    assert "k has changed since the upload began" in ran.stderr


@pytest.mark.parametrize("name", ["!", "(", "-newer", "a b"])
def test_a_file_of_any_name_and_of_a_later_time_is_uploaded(
    server: Parts, presign: Presign, tmp_path: Path, name: str
) -> None:
    touched(written(tmp_path / name, b"A" * SIZE))
    script = saved(presign("put", *PARTS, f"--file={name}", "k"), tmp_path)
    ran = run(script)
    assert ran.returncode == 0, ran.stderr
    assert server.order == server.etags()
