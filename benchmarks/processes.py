"""Whole processes: what they take from start to end, in seconds and in memory."""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

ROOT = Path(__file__).resolve().parent.parent
SAMPLE_SECONDS = 0.1


@dataclass(frozen=True)
class Run:
    """One run: seconds of wall-clock time, and the peak memory (bytes) of all its processes together."""

    seconds: float
    memory: int


@dataclass(frozen=True)
class Usage:
    """One run: seconds that passed and of processor time, and the most memory (bytes) at one moment."""

    seconds: float
    processor: float
    memory: int


class CommandError(Exception):
    """A command that is measured failed."""


def output(command: Sequence[str | Path], env: Mapping[str, str]) -> str:
    """Run a command and return what it printed.

    Raises:
        CommandError: it failed.
    """
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise _failed(command, done.returncode, done.stderr)
    return done.stdout


def measure(command: Sequence[str | Path], env: Mapping[str, str]) -> Run:
    """Run a command to its end.

    Its memory is the sum of the largest resident set of every one of its processes, what they share
    counted in each: it can only be too much. Where there is no /proc, it is that of the largest process.

    Raises:
        CommandError: it failed.
    """
    peaks: dict[int, int] = {}
    done = Event()
    with tempfile.TemporaryFile("w+") as errors:
        start = time.perf_counter()
        child = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=errors)
        sampler = Thread(target=_sample, args=(child.pid, peaks, done))
        sampler.start()
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        done.set()
        sampler.join()
        errors.seek(0)
        if child.returncode:
            raise _failed(command, child.returncode, errors.read())
    # What wait4 tells is only for want of better: a child begins as a copy of this process, and that counts.
    largest = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Run(seconds, sum(peaks.values()) or largest)


def usage(command: Sequence[str | Path], env: Mapping[str, str], *, cwd: Path = ROOT) -> Usage:
    """Run a command to its end; its memory is that of all its processes together, at the worst moment.

    The memory that processes share is counted in each, so it can only be too much. Linux only.

    Raises:
        CommandError: it failed.
    """
    most = 0
    with tempfile.TemporaryFile("w+") as errors:
        start = time.perf_counter()
        child = subprocess.Popen(command, cwd=cwd, env=env, stdout=subprocess.DEVNULL, stderr=errors)
        while not (ended := os.wait4(child.pid, os.WNOHANG))[0]:
            most = max(most, sum(map(_resident, _family(child.pid))))
            time.sleep(SAMPLE_SECONDS)
        child.returncode = os.waitstatus_to_exitcode(ended[1])
        seconds = time.perf_counter() - start
        errors.seek(0)
        if child.returncode:
            raise _failed(command, child.returncode, errors.read())
    return Usage(seconds, ended[2].ru_utime + ended[2].ru_stime, most)


def _resident(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:  # it has ended
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _failed(command: Sequence[str | Path], status: int, errors: str) -> CommandError:
    line = errors.strip().rpartition("\n")[2]
    return CommandError(f"`{' '.join(map(str, command))}` failed with exit status {status}: {line}")


def _sample(pid: int, peaks: dict[int, int], done: Event) -> None:
    while not done.wait(SAMPLE_SECONDS):
        for process in _family(pid):
            try:
                status = Path(f"/proc/{process}/status").read_text()
            except OSError:  # it has ended
                continue
            # The kernel keeps each process's peak, so no peak between two samples is missed.
            for line in status.splitlines():
                if line.startswith("VmHWM:"):
                    peaks[process] = int(line.split()[1]) * 1024


def _family(pid: int) -> Iterator[int]:
    yield pid
    for child in _children(pid):
        yield from _family(child)


def _children(pid: int) -> Iterator[int]:
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:  # it has ended
        return
    for thread in threads:
        with contextlib.suppress(OSError):
            yield from map(int, (thread / "children").read_text().split())
