"""Child processes that never outlive us."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, NoReturn

from ops.errors import OpsError


@contextlib.contextmanager
def process_group(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    cwd: Path,
    stdout: IO[bytes] | int,
) -> Iterator[subprocess.Popen[bytes]]:
    """Start `command` in a process group of its own; when the block ends, end the whole group.

    A group of its own keeps Ctrl-C away from it, so that we decide what ends when.
    Standard error goes where `stdout` goes.
    """
    child = subprocess.Popen(
        [os.fspath(word) for word in command],
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield child
    finally:
        _end_group(child)


def _end_group(child: subprocess.Popen[bytes]) -> None:
    for sign, patience in ((signal.SIGTERM, 5.0), (signal.SIGKILL, None)):
        # The group can outlive its leader, so it is signalled even after the leader ended.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=patience)


def run(command: Sequence[str | Path], *, env: Mapping[str, str], cwd: Path, log: Path) -> int:
    """Run `command` with its output appended to `log`; return its exit status."""
    with log.open("ab") as output:
        output.write(f"\n$ {' '.join(os.fspath(word) for word in command)}\n".encode())
        output.flush()
        with process_group(command, env=env, cwd=cwd, stdout=output) as child:
            return child.wait()


def check(command: Sequence[str | Path], *, env: Mapping[str, str], cwd: Path, log: Path) -> None:
    """Like `run`, but an exit status other than 0 is an `OpsError` that names the log."""
    status = run(command, env=env, cwd=cwd, log=log)
    if status != 0:
        name = " ".join(os.fspath(word) for word in command[:3])
        raise OpsError(f"`{name}` failed with exit status {status}; its output is in {log}")


def exit_on_sigterm() -> None:
    """Turn SIGTERM into SystemExit, so that `finally` blocks run as they do on Ctrl-C."""

    def handler(signum: int, _frame: object) -> NoReturn:
        raise SystemExit(128 + signum)

    signal.signal(signal.SIGTERM, handler)
