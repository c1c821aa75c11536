"""Signs batches in several processes, in order.

The processes append their rows to the output file themselves, each in its turn: rows are long, and
handing them to one process would take about as long as signing them.
"""

import contextlib
import multiprocessing
import os
import signal
import traceback
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from multiprocessing import reduction, resource_tracker
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Protocol

from presign.bulk.job import Done, Job
from presign.bulk.manifest import Batch
from presign.errors import BulkError

_BATCHES_EACH = 2  # one to sign, and the next: its turn may come late, if another process is slow

if TYPE_CHECKING:

    class SupportsDetach(Protocol):
        """What gives a descriptor away."""

        def detach(self) -> int:
            """Return it."""


def sign(job: Job, batches: Iterable[Batch], jobs: int, fd: int | None) -> Iterator[Done]:
    """Sign all batches in order, in this process or, with several ``jobs``, in as many others."""
    return map(job.sign, batches) if jobs == 1 else sign_together(job, batches, jobs, fd)


def sign_together(job: Job, batches: Iterable[Batch], count: int, fd: int | None) -> Iterator[Done]:
    """Sign in ``count`` processes, and yield what became of each batch, in order.

    Its rows are then written to the open file ``fd``, or, without one, in what is yielded. Raises
    OSError where they cannot be written, and BulkError where a process ends before its work does.
    """
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(_process(job, fd)) for _ in range(count)] * _BATCHES_EACH
        waiting: deque[Connection] = deque()
        for batch in batches:
            if idle:
                process = idle.pop()
            else:
                process = waiting.popleft()
                yield _take_turn(process)
            with _broken():
                process.send(batch)
            waiting.append(process)
        for process in waiting:
            yield _take_turn(process)


@contextlib.contextmanager
def _process(job: Job, fd: int | None) -> Iterator[Connection]:
    """Start a process that signs, and end it with the block."""
    ours, theirs = multiprocessing.Pipe()
    # A fresh one holds nothing but its own end, so that it ends when this process does, however that ends.
    # The file is the same open one, so that its lock holds until the last process has ended.
    out = None if fd is None else _Inherited(fd)
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs, job, out))
    with theirs, _interrupt_kept_off():
        process.start()
    try:
        yield ours
    finally:
        ours.close()
        process.join()


@contextlib.contextmanager
def _interrupt_kept_off() -> Iterator[None]:
    """Have processes that start here born deaf to Ctrl-C, which is for the one that starts them."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # which would lift the mask when it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _take_turn(process: Connection) -> Done:
    """Let a process write, which all that came before it have done."""
    with _broken():
        process.send(None)
        done: Done | OSError = process.recv()
    if isinstance(done, OSError):
        raise done
    return done


@contextlib.contextmanager
def _broken() -> Iterator[None]:
    try:
        yield
    except (EOFError, ConnectionError) as error:
        # The frames hold what was not sent; Python 3.13 prints a traceback when it finds that in a cycle.
        traceback.clear_frames(error.__traceback__)
        raise BulkError("a process that signs was killed; if memory ran out, give fewer --jobs") from error


class _Inherited:
    """A file descriptor that a process gets when it is started."""

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def __reduce__(self) -> tuple[object, ...]:
        return _inherited, (reduction.DupFd(self.fd),)


def _inherited(duplicate: "SupportsDetach") -> _Inherited:
    return _Inherited(duplicate.detach())


def _serve(link: Connection, job: Job, out: _Inherited | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # for Windows, which has no mask
    batches: SimpleQueue[Batch | None] = SimpleQueue()
    turns: SimpleQueue[bool] = SimpleQueue()
    with link, contextlib.suppress(ConnectionError):
        Thread(target=_receive, args=(link, batches, turns), daemon=True).start()
        while batch := batches.get():
            done = job.sign(batch)
            if not turns.get():
                return
            link.send(_written(done, out.fd) if out else done)


def _receive(link: Connection, batches: "SimpleQueue[Batch | None]", turns: "SimpleQueue[bool]") -> None:
    """Take what is sent while this process signs, so that the sender is free to serve the others."""
    try:
        with contextlib.suppress(EOFError, OSError):  # the sender has ended, or this process does
            while True:
                if (batch := link.recv()) is None:
                    turns.put(True)
                else:
                    batches.put(batch)
    finally:
        turns.put(False)
        batches.put(None)


def _written(done: Done, fd: int) -> Done | OSError:
    try:
        with os.fdopen(fd, "wb", closefd=False) as file:
            file.write(done.data)
    except OSError as error:
        return error
    return replace(done, data=b"")
