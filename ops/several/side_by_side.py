"""Runs commands side by side, each with a log of its own; Ctrl-C ends each as it would end one alone."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ops.shared.process import ENDING
from ops.shared.toolchain import ROOT


@dataclass(frozen=True)
class Job:
    """A command for one environment.

    Attributes:
        environment: its name.
        command: what is run.
        env: the variables of the command.
        log: the file that gets what it prints, readable for its owner only: a plan shows parts of the state.
    """

    environment: str
    command: Sequence[str]
    env: Mapping[str, str]
    log: Path


@dataclass(frozen=True)
class Done:
    """A command that ended; its exit status is as a shell gives it, or None if it was not started."""

    job: Job
    status: int | None
    seconds: float = 0.0


class SideBySide:
    """Runs jobs until they end, or until a signal asks us to end: then no other job is started.

    Attributes:
        signal: the signal that ended it, or None.
    """

    def __init__(self, at_once: int) -> None:
        """Run so many jobs at once."""
        self.signal: int | None = None
        self._at_once = at_once
        self._running: set[subprocess.Popen[bytes]] = set()
        # A signal's handler takes it in the main thread, which may hold it already.
        self._lock = threading.RLock()

    def run(
        self, jobs: Sequence[Job], say: Callable[[Done], None], *, alone: Collection[str] = ()
    ) -> list[Done]:
        """Run all jobs and return how they ended, in the order of the jobs.

        Args:
            jobs: what is run.
            say: gets each job as soon as it ended.
            alone: environments whose jobs come first, one after the other.
        """
        with self._passing_signals_on(), ThreadPoolExecutor(self._at_once) as pool:
            done = {}
            first = [job for job in jobs if job.environment in alone]
            for part in (*([job] for job in first), [job for job in jobs if job not in first]):
                for ended in as_completed([pool.submit(self._run, job) for job in part]):
                    one = ended.result()
                    done[one.job.environment] = one
                    say(one)
        return [done[job.environment] for job in jobs]

    def _run(self, job: Job) -> Done:
        start = time.monotonic()
        job.log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        job.log.unlink(missing_ok=True)
        with os.fdopen(os.open(job.log, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as output:
            with self._lock:
                if self.signal is not None:
                    return Done(job, None)
                # Of its own session, so that a second Ctrl-C does not reach it: Terraform would stop at once.
                child = subprocess.Popen(
                    job.command,
                    env=dict(job.env),
                    cwd=ROOT,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
                self._running.add(child)
            status = child.wait()
            with self._lock:
                self._running.discard(child)
        return Done(job, status if status >= 0 else 128 - status, time.monotonic() - start)

    @contextmanager
    def _passing_signals_on(self) -> Iterator[None]:
        # What is ignored already, as SIGHUP under nohup, stays so.
        handled = [sign for sign in ENDING if signal.getsignal(sign) is not signal.SIG_IGN]
        before = {sign: signal.signal(sign, self._pass_on) for sign in handled}
        try:
            yield
        finally:
            for sign in handled:
                signal.signal(sign, before[sign])

    def _pass_on(self, signum: int, _frame: object) -> None:
        """Pass the first signal on: Ctrl-C to all processes of each job, as a terminal does."""
        with self._lock:
            if self.signal is not None:
                return
            self.signal = signum
            for child in self._running:
                if child.poll() is not None:
                    continue
                if signum == signal.SIGINT:
                    os.killpg(child.pid, signal.SIGINT)
                else:
                    child.send_signal(signal.SIGTERM)
