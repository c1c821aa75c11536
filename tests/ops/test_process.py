"""Child processes, which must never outlive us.

That all of a group are gone is seen by a pipe: its reading end is at its end
only when the last process that inherited the writing end is gone.
"""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from ops.shared import process
from ops.shared.errors import OpsError
from ops.shared.process import check, process_group, run
from tests.conftest import ROOT
from tests.ops.ops_support import DONE_SECONDS

import pytest

FAMILY = "sleep 100 & sleep 100 & echo started; wait"
STUBBORN_FAMILY = f"trap '' TERM; {FAMILY}"
ENV = {"PATH": os.environ["PATH"]}


class Pipe:
    """A pipe that tells when all who could write to it are gone."""

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe()

    def wait_for_output(self) -> None:
        ready, _, _ = select.select([self.reader], [], [], DONE_SECONDS)
        assert ready, "no output"
        assert os.read(self.reader, 100) == b"started\n"

    def assert_no_writer_is_left(self) -> None:
        os.close(self.writer)
        self.writer = -1
        ready, _, _ = select.select([self.reader], [], [], DONE_SECONDS)
        assert ready, "a process is still running"
        assert os.read(self.reader, 100) == b""

    def close(self) -> None:
        for end in (self.reader, self.writer):
            if end >= 0:
                os.close(end)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.close()


def test_children_and_grandchildren_end_with_the_block(tmp_path: Path, pipe: Pipe) -> None:
    with process_group(["sh", "-c", FAMILY], env=ENV, cwd=tmp_path, stdout=pipe.writer):
        pipe.wait_for_output()
    pipe.assert_no_writer_is_left()


@pytest.mark.parametrize("exception", [ValueError, KeyboardInterrupt, SystemExit])
def test_they_end_when_an_exception_ends_the_block(
    tmp_path: Path, pipe: Pipe, exception: type[BaseException]
) -> None:
    def end_early() -> None:
        with process_group(["sh", "-c", FAMILY], env=ENV, cwd=tmp_path, stdout=pipe.writer):
            pipe.wait_for_output()
            raise exception

    with pytest.raises(exception):
        end_early()
    pipe.assert_no_writer_is_left()


def test_those_that_ignore_sigterm_are_killed(
    tmp_path: Path, pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "PATIENCE_SECONDS", 0.2)
    with process_group(["sh", "-c", STUBBORN_FAMILY], env=ENV, cwd=tmp_path, stdout=pipe.writer) as child:
        pipe.wait_for_output()
    assert child.returncode == -signal.SIGKILL
    pipe.assert_no_writer_is_left()


def test_grandchildren_whose_parent_has_ended_end_too(tmp_path: Path, pipe: Pipe) -> None:
    script = "trap '' TERM; sleep 100 & echo started"
    with process_group(["sh", "-c", script], env=ENV, cwd=tmp_path, stdout=pipe.writer) as child:
        pipe.wait_for_output()
        assert child.wait(DONE_SECONDS) == 0
    pipe.assert_no_writer_is_left()


def test_a_group_that_ended_by_itself_is_no_failure(tmp_path: Path) -> None:
    with process_group(["true"], env=ENV, cwd=tmp_path, stdout=subprocess.DEVNULL) as child:
        assert child.wait(DONE_SECONDS) == 0
    assert child.returncode == 0


@pytest.mark.parametrize("held", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_during_the_start_leaves_nothing_behind(
    tmp_path: Path, pipe: Pipe, monkeypatch: pytest.MonkeyPatch, held: signal.Signals
) -> None:
    def start_and_signal(*args: object, **options: object) -> object:
        child = popen(*args, **options)
        pipe.wait_for_output()
        signal.raise_signal(held)
        return child

    def handler(signum: int, _frame: object) -> None:
        raise InterruptedError(signum)

    popen: type = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", start_and_signal)
    before = signal.signal(held, handler)
    try:
        with (
            pytest.raises(InterruptedError),
            process_group(["sh", "-c", FAMILY], env=ENV, cwd=tmp_path, stdout=pipe.writer),
        ):
            pytest.fail("the signal was lost")
        assert signal.getsignal(held) is handler
    finally:
        signal.signal(held, before)
    pipe.assert_no_writer_is_left()


SCRIPT = """
import signal, sys, tempfile
from pathlib import Path
from ops.shared import process
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where tests run in the background
process.PATIENCE_SECONDS = 0.5
process.unwind_on_signals()
command, env = ["sh", "-c", sys.argv[2]], {"PATH": sys.argv[3]}
with tempfile.TemporaryDirectory(dir=sys.argv[1]) as folder:
    with process.process_group(command, env=env, cwd=Path(folder), stdout=1):
        sys.stdin.read()
"""


@pytest.mark.parametrize(
    ("signs", "family", "status"),
    [
        ([signal.SIGTERM], FAMILY, 128 + signal.SIGTERM),
        ([signal.SIGHUP], FAMILY, 128 + signal.SIGHUP),
        ([signal.SIGINT], FAMILY, -signal.SIGINT),
        # While the group has its time, more signals come. The first one counts.
        ([signal.SIGINT, signal.SIGINT, signal.SIGTERM], STUBBORN_FAMILY, -signal.SIGINT),
        ([signal.SIGTERM, signal.SIGINT, signal.SIGHUP], STUBBORN_FAMILY, 128 + signal.SIGTERM),
    ],
)
@pytest.mark.usefixtures("signals_are_not_ignored")
def test_a_signal_to_us_ends_all_and_a_second_one_does_not_disturb_that(
    tmp_path: Path, signs: list[signal.Signals], family: str, status: int
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, tmp_path, family, ENV["PATH"]],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as script:
        assert script.stdout is not None
        assert script.stdout.readline() == b"started\n"
        for sign in signs:
            script.send_signal(sign)
            time.sleep(0.1)
        script.communicate(timeout=DONE_SECONDS)  # returns when all of the family are gone
    assert script.returncode == status
    assert list(tmp_path.iterdir()) == []


def test_a_signal_that_was_ignored_from_the_start_stays_so(tmp_path: Path) -> None:
    code = (
        "import signal; from ops.shared.process import unwind_on_signals; unwind_on_signals();"
        "print(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)"
    )
    done = subprocess.run(
        ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=DONE_SECONDS,
    )
    assert done.stdout == "True\n"


def test_run_appends_the_command_and_all_its_output_to_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")
    assert run(["sh", "-c", "echo out; echo err >&2; exit 7"], env=ENV, cwd=tmp_path, log=log) == 7
    assert log.read_text() == "before\n\n$ sh -c echo out; echo err >&2; exit 7\nout\nerr\n"


def test_a_failed_command_is_an_error_that_names_the_log(tmp_path: Path) -> None:
    with pytest.raises(OpsError) as caught:
        check(["sh", "-c", "exit 7", "more"], env=ENV, cwd=tmp_path, log=tmp_path / "log")
    assert str(caught.value) == f"`sh -c exit 7` failed with exit status 7; its output is in {tmp_path}/log"


def test_a_command_that_does_not_exist_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match=r"^no-such-tool is missing; `make setup` installs the tools$"):
        check(["no-such-tool"], env=ENV, cwd=tmp_path, log=tmp_path / "log")


def test_commands_read_nothing_from_the_terminal(tmp_path: Path) -> None:
    assert run(["sh", "-c", "! read line"], env=ENV, cwd=tmp_path, log=tmp_path / "log") == 0
