"""Starts, finds and ends the sandbox: MiniStack in the background, with all its files in `.cache/sandbox`.

Whether it runs is a lock on a file, which it holds as long as it lives. A process id alone may stand for
another process by now, for example after a restart of the machine.
"""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import IO

from ops.embedded import aws as embedded
from ops.embedded.aws import EmbeddedAws
from ops.shared.errors import OpsError
from ops.shared.sandbox_variable import FOLDER

OUTPUT = FOLDER / "cdktf.out"
"""What cdktf writes for the sandbox."""

LOG = FOLDER / "log"
_LOCK = FOLDER / "lock"
_ABOUT = FOLDER / "about.json"
_DATA = FOLDER / "data"
_CERTIFICATE = FOLDER / "certificate.pem"

CERTIFICATE_DAYS = 397
"""Each start makes another certificate."""

PATIENCE_SECONDS = 10.0
"""How long it may write its data before it is killed. It has written all of it already, with each request."""

STARTING_SECONDS = 5.0
"""How long a command waits for a sandbox that runs and does not answer: another one may be starting it."""


@dataclass(frozen=True)
class About:
    """What the next start has to know.

    Attributes:
        port: of 127.0.0.1. It stays the same where it can, as links are signed for it.
        ministack: the version that wrote the data.
    """

    port: int
    ministack: str

    @property
    def aws(self) -> EmbeddedAws:
        """The sandbox, for the root of account 000000000000."""
        return EmbeddedAws(f"https://127.0.0.1:{self.port}", _CERTIFICATE)


def require_running() -> EmbeddedAws:
    """Return the sandbox, for its root; raises OpsError if it does not run, or does not answer."""
    if not runs():
        raise OpsError("the sandbox does not run", "`make sandbox` starts it")
    deadline = time.monotonic() + STARTING_SECONDS
    # With its certificate: whatever else answers there is not it.
    while (about := written_down()) is None or not embedded.answers(about.port, _CERTIFICATE):
        if time.monotonic() > deadline:
            again = "`make sandbox-stop`, then `make sandbox`, starts it again, with its data"
            raise OpsError(f"the sandbox does not answer, see {os.path.relpath(LOG)}", again)
        time.sleep(0.2)
    return about.aws


def runs() -> bool:
    """Whether its process lives."""
    with _locked(fcntl.LOCK_SH) as lock:
        return lock is None


def start() -> tuple[EmbeddedAws, str]:
    """Start the sandbox unless it runs; return it, for its root, and what to say about that.

    Raises:
        OpsError: its data is of another version of MiniStack, or it did not start.
    """
    FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(fcntl.LOCK_EX) as lock:
        if lock is not None:
            return _start(lock)
    return require_running(), "it runs already"


def stop(*, delete_data: bool) -> tuple[bool, bool]:
    """End the sandbox; return whether it ran, and whether it had data.

    With `delete_data`, also delete everything of it.
    """
    ran, had_data = runs(), _DATA.exists()
    if ran:
        _end()
    if delete_data:
        shutil.rmtree(FOLDER, ignore_errors=True)
    return ran, had_data


def _start(lock: IO[str]) -> tuple[EmbeddedAws, str]:
    installed, before = version("ministack"), written_down()
    if before is not None and before.ministack != installed:
        raise OpsError(
            f"the sandbox's data is of MiniStack {before.ministack}, but {installed} is installed",
            "`make sandbox-stop ARGS=--delete-data` deletes it; then `make sandbox` starts an empty one",
        )
    about, words = About(embedded.free_port(), installed), "it is empty"
    if before is not None:
        kept = _is_free(before.port)
        about = before if kept else about
        words = (
            "with its data"
            if kept
            else (f"with its data; another program has its port {before.port}, so older links do not work")
        )
    with LOG.open("wb") as output:
        child = _spawn(about, lock, output)
    try:
        _wait(child, about)
        _ABOUT.write_text(json.dumps(asdict(about)), encoding="utf-8")
    except BaseException:
        child.kill()
        child.wait()
        raise
    return about.aws, words


def _spawn(about: About, lock: IO[str], output: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start MiniStack, out of reach of this terminal; it keeps the lock."""
    _, secure = embedded.make_certificate(FOLDER, output, days=CERTIFICATE_DAYS)
    home = FOLDER / "home"
    home.mkdir(exist_ok=True)
    kept = {"PERSIST_STATE": "1", "STATE_DIR": str(_DATA / "state")}
    kept |= {"S3_PERSIST": "1", "S3_DATA_DIR": str(_DATA / "s3")}
    child = subprocess.Popen(
        [sys.executable, "-m", "ops.embedded.iam.lasting"],
        env={**embedded.variables_of_server(home, about.port, auth=True), **secure, **kept},
        cwd=home,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        pass_fds=[lock.fileno()],
        umask=0o077,
    )
    lock.seek(0)
    lock.truncate()
    lock.write(str(child.pid))
    lock.flush()
    return child


def _wait(child: subprocess.Popen[bytes], about: About) -> None:
    deadline = time.monotonic() + embedded.STARTUP_SECONDS
    while not embedded.answers(about.port, _CERTIFICATE):
        if child.poll() is not None or time.monotonic() > deadline:
            raise OpsError("the sandbox did not start", f"its output is in {os.path.relpath(LOG)}")
        time.sleep(0.1)


def _end() -> None:
    """End the process that holds the lock, which wrote its id there."""
    written = _LOCK.read_text(encoding="utf-8")
    for sign in (signal.SIGTERM, signal.SIGKILL) if written.isdecimal() else ():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(written), sign)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if not runs():
                return
            time.sleep(0.05)
    raise OpsError("the sandbox does not end", f"end the process that has {os.path.relpath(_LOCK)} open")


@contextlib.contextmanager
def _locked(how: int) -> Iterator[IO[str] | None]:
    """Take the lock for the block; None if the sandbox has it. Without a folder, there is nothing to lock."""
    if not FOLDER.is_dir():
        with Path(os.devnull).open("a+", encoding="utf-8") as nothing:
            yield nothing
        return
    with _LOCK.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            yield file


def written_down() -> About | None:
    """Return what the last start wrote; None if there was none."""
    try:
        return About(**json.loads(_ABOUT.read_bytes()))
    except FileNotFoundError:
        return None


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
