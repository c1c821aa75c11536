"""Signs batches in several processes, in order.

The processes append their rows to the output file themselves, each in its turn: rows are long, and
handing them to one process would take about as long as signing them.
"""

import contextlib
import multiprocessing
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from presign.errors import BulkError

if TYPE_CHECKING:
    from presign.bulk import Done, Job
    from presign.manifest import Batch


def sign_together(job: "Job", batches: Iterable["Batch"], count: int, path: Path | None) -> Iterator["Done"]:
    """Sign in ``count`` processes, and yield what became of each batch, in order.

    Its rows are then at the end of the file ``path``, or, without one, in what is yielded. Raises
    OSError where they cannot be written, and BulkError where a process ends before its work does.
    """
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(_process(job, path)) for _ in range(count)]
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
def _process(job: "Job", path: Path | None) -> Iterator[Connection]:
    """Start a process that signs, and end it with the block."""
    ours, theirs = multiprocessing.Pipe()
    # A fresh one holds nothing but its own end, so that it ends when this process does, however that ends.
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs, job, path))
    with theirs:
        process.start()
    try:
        yield ours
    finally:
        ours.close()
        process.join()


def _take_turn(process: Connection) -> "Done":
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
        raise BulkError("a process that signs was killed; if memory ran out, give fewer --jobs") from error


def _serve(link: Connection, job: "Job", path: Path | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one
    with link, contextlib.suppress(EOFError, ConnectionError):
        while True:
            done = job.sign(link.recv())
            link.recv()  # its turn
            link.send(_written(done, path) if path else done)


def _written(done: "Done", path: Path) -> "Done | OSError":
    try:
        with path.open("ab") as file:
            file.write(done.data)
    except OSError as error:
        return error
    return replace(done, data=b"")
