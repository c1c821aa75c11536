"""The scripts for Python say in one line what went wrong, and leave no half file and no file destroyed."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

from presign import commands
from tests.forked import run_code

import pytest

SIZE = 1_000_000
FORM = {"key": "k"}


@contextmanager
def cutting(arrives: int) -> Iterator[str]:
    """Run a server that says it sends SIZE bytes, sends that many of them, and hangs up; yield its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(403 if "refuse" in self.path else 200)
            self.send_header("Content-Length", str(SIZE))
            self.end_headers()
            self.wfile.write(b"x" * arrives)

        def log_message(self, format: str, *args: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/k"
        server.shutdown()
        thread.join()


def run(script: str) -> subprocess.CompletedProcess[str]:
    return run_code(script, folder=Path.cwd(), variables=os.environ, seconds=60)


def download(url: str, file: str) -> subprocess.CompletedProcess[str]:
    return run(commands.link("python", "GET", url, {}, file))


def test_a_download_that_breaks_off_replaces_no_file() -> None:
    Path("k").write_text("an earlier copy")
    with cutting(400_000) as url:
        done = download(url, "k")
    assert done.returncode == 1
    assert done.stderr == "Error: the connection was lost: 600000 bytes are missing\n"
    assert Path("k").read_text() == "an earlier copy"
    with cutting(SIZE) as url:
        assert download(url, "k").returncode == 0
    assert Path("k").read_bytes() == b"x" * SIZE
    assert not Path("k.partial").exists()


def test_a_download_may_go_to_a_device() -> None:
    with cutting(SIZE) as url:
        assert download(url, "/dev/null").returncode == 0
    assert Path("/dev/null").is_char_device()


def assert_one_line(done: subprocess.CompletedProcess[str], words: str) -> None:
    assert done.returncode == 1
    assert words in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (".", "Is a directory"),
        ("missing/k", "No such file or directory"),
        ("/dev/full", "No space left on device"),
    ],
)
def test_what_cannot_be_written_is_one_line(file: str, words: str) -> None:
    with cutting(SIZE) as url:
        assert_one_line(download(url, file), words)


def test_no_connection_and_no_file_are_one_line() -> None:
    with cutting(0) as url:
        assert_one_line(download(url + "?refuse", "k"), "")
    assert list(Path.cwd().iterdir()) == []
    Path("here").touch()
    for script in (
        commands.link("python", "GET", url, {}, "k"),
        commands.link("python", "PUT", url, {}, "here"),
        commands.form("python", url, FORM, "here"),
    ):
        assert_one_line(run(script), "Connection refused")
    for script in (
        commands.link("python", "PUT", url, {}, "missing"),
        commands.form("python", url, FORM, "missing"),
    ):
        assert_one_line(run(script), "No such file or directory: 'missing'")
