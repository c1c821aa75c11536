"""Child processes that never outlive this process."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from ops.shared.errors import OpsError

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""The signals that ask this process to end: Ctrl-C, `kill`, and a terminal that was closed."""

PATIENCE_SECONDS = 5.0
"""How long a process may clean up before it is killed."""


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

    Raises:
        OpsError: the command does not exist.
    """
    with contextlib.ExitStack() as stack:
        with _signals_held():
            try:
                child = subprocess.Popen(
                    [os.fspath(word) for word in command],
                    env=dict(env),
                    cwd=cwd,
                    stdin=subprocess.DEVNULL,
                    stdout=stdout,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except FileNotFoundError as error:
                raise OpsError(f"{error.filename} is missing", "`make setup` installs the tools") from error
            stack.callback(_end_group, child)
        yield child


def _end_group(child: subprocess.Popen[bytes]) -> None:
    for sign, patience in ((signal.SIGTERM, PATIENCE_SECONDS), (signal.SIGKILL, None)):
        # The group can outlive its leader, so it is signalled even after the leader ended.
        # A group of which only a zombie is left is gone, too: macOS answers with EPERM then.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=patience)


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """Delay the signals that end us until after the block: a child without its clean-up would leak."""
    held: list[int] = []

    def hold(signum: int, _frame: object) -> None:
        held.append(signum)

    before = {sign: signal.getsignal(sign) for sign in ENDING}
    handled = [sign for sign in ENDING if before[sign] not in (signal.SIG_IGN, None)]
    for sign in handled:
        signal.signal(sign, hold)
    try:
        yield
    finally:
        for sign in handled:
            signal.signal(sign, before[sign])
        for signum in held:
            signal.raise_signal(signum)


def run(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    cwd: Path,
    log: Path,
    show: Callable[[str], None] | None = None,
) -> int:
    """Run `command` with its output appended to `log`; return its exit status.

    `show` gets each line as soon as it is printed.
    """
    with log.open("ab") as output:
        output.write(f"\n$ {' '.join(os.fspath(word) for word in command)}\n".encode())
        output.flush()
        with process_group(command, env=env, cwd=cwd, stdout=subprocess.PIPE if show else output) as child:
            for line in child.stdout or ():
                output.write(line)
                output.flush()
                if show:
                    show(line.decode(errors="replace").rstrip())
            return child.wait()


def check(command: Sequence[str | Path], *, env: Mapping[str, str], cwd: Path, log: Path) -> None:
    """Like `run`, but an exit status other than 0 is an `OpsError` that names the log."""
    status = run(command, env=env, cwd=cwd, log=log)
    if status != 0:
        name = " ".join(os.fspath(word) for word in command[:3])
        raise OpsError(f"`{name}` failed with exit status {status}", f"its output is in {log}")


def unwind_on_signals() -> None:
    """Make the signals that end us run every `finally` block first, without interruption.

    SIGINT raises KeyboardInterrupt, the others SystemExit. What follows is
    cleaning up, which takes seconds: a second Ctrl-C must not leave half of
    it behind, and is ignored.
    """

    def handler(signum: int, _frame: object) -> None:
        for sign in handled:
            signal.signal(sign, _ignore)
        if signum == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + signum)

    # What is ignored already, as SIGHUP under nohup, stays so.
    handled = [sign for sign in ENDING if signal.getsignal(sign) is not signal.SIG_IGN]
    for sign in handled:
        signal.signal(sign, handler)


def _ignore(_signum: int, _frame: object) -> None:
    """Do nothing. Unlike SIG_IGN, this is not inherited by child processes."""
