"""What becomes of a bulk run in several processes when one of them cannot go on."""

import contextlib
import multiprocessing
import os
import resource
import signal
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from presign import Signer
from presign.bulk.job import Job
from presign.bulk.manifest import Batch, Layout
from presign.bulk.workers import _broken, sign_together
from presign.errors import BulkError

import pytest

KEYS = 1000  # in a batch; about 400 kB of rows


def batches(count: int) -> Iterator[Batch]:
    for number in range(count):
        rows = b"".join(b"%d/%d\n" % (number, key) for key in range(KEYS))
        yield Batch(range(number * KEYS, (number + 1) * KEYS), rows)


@pytest.fixture
def job() -> Job:
    signer = Signer(
        access_key="test",
        secret_key="test",
        region="eu-west-1",
        bucket_url="https://b.s3.eu-west-1.amazonaws.com/",
        clock=lambda: datetime(2026, 11, 22, tzinfo=UTC),
    )
    return Job(Layout("text", "key", "b"), "GET", signer.plan("GET", 60), "url", compress=False)


@pytest.fixture
def stack() -> Iterator[contextlib.ExitStack]:
    with contextlib.ExitStack() as stack:
        yield stack


def expected(job: Job, count: int) -> bytes:
    return b"".join(job.sign(batch).data for batch in batches(count))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 11])
def test_rows_are_appended_to_the_file_in_order(job: Job, tmp_path: Path, count: int) -> None:
    path = tmp_path / "out"
    with path.open("wb", buffering=0) as file:
        file.write(b"before\n")
        done = list(sign_together(job, batches(count), 3, file.fileno()))
    assert path.read_bytes() == b"before\n" + expected(job, count)
    assert [(each.count, each.data) for each in done] == [(KEYS, b"")] * count


def test_rows_without_a_file_come_back_in_order(job: Job) -> None:
    assert b"".join(each.data for each in sign_together(job, batches(7), 2, None)) == expected(job, 7)


@pytest.mark.parametrize("victim", [0, 1])
def test_a_killed_process_is_reported_and_what_it_leaves_is_in_order(
    job: Job, tmp_path: Path, victim: int, stack: contextlib.ExitStack
) -> None:
    path = tmp_path / "out"
    out = stack.enter_context(path.open("wb"))
    running = sign_together(job, batches(100), 2, out.fileno())
    next(running)
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    if not children.exists():
        pytest.skip("this system does not list a process's children in /proc")
    signers = [
        int(pid)
        for pid in children.read_text().split()
        if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
    assert len(signers) == 2
    os.kill(signers[victim], signal.SIGKILL)
    with pytest.raises(BulkError, match="a process that signs was killed"):
        list(running)
    left = path.read_bytes()
    assert left
    assert expected(job, 100).startswith(left)


def test_what_could_not_be_sent_is_freed_at_once() -> None:
    """Otherwise Python 3.13 prints a traceback when it finds it, after the one line with the error."""
    ours, theirs = multiprocessing.Pipe()
    theirs.close()
    with ours, pytest.raises(BulkError) as caught, _broken():
        ours.send("a batch")
    assert isinstance(caught.value.__cause__, BrokenPipeError)
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__cause__.__traceback__)]
    assert not any(isinstance(value, memoryview) for frame in frames for value in frame.f_locals.values())


def test_a_full_disk_is_reported_by_the_process_that_met_it(
    job: Job, tmp_path: Path, stack: contextlib.ExitStack
) -> None:
    """A limit on the size of files stands in for the full disk: it stops a write midway just so."""
    path = tmp_path / "out"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            list(sign_together(job, batches(100), 2, stack.enter_context(path.open("wb")).fileno()))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert expected(job, 100).startswith(path.read_bytes())
