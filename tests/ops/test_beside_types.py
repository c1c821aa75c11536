"""`make check` and `make test` check types beside the tests, and fail where either does."""

import os
from pathlib import Path
from subprocess import CompletedProcess, run

from tests.conftest import ROOT
from tests.ops.ops_support import DONE_SECONDS, stub

import pytest


def beside_types(folder: Path, tests: str, types: str) -> CompletedProcess[str]:
    """Run a script as the tests, and one in the place of `make types`."""
    stub(folder / "bin" / "make", types)
    return run(
        [ROOT / "ops" / "beside_types.sh", "sh", "-c", tests],
        env={"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=DONE_SECONDS,
    )


@pytest.mark.parametrize(
    ("tests", "types", "status", "said"),
    [
        ("echo passed", "echo no issues", 0, "passed\n"),
        ("echo failed; exit 3", "echo no issues", 3, "failed\n"),
        # What is wrong with types comes last, however early it is found.
        ("sleep 0.2; echo passed", "echo wrong type; exit 2", 1, "passed\nwrong type\n"),
        ("echo failed; exit 3", "sleep 0.2; echo wrong type >&2; exit 2", 1, "failed\nwrong type\n"),
    ],
)
def test_it_fails_where_the_tests_or_the_types_do(
    tmp_path: Path, tests: str, types: str, status: int, said: str
) -> None:
    done = beside_types(tmp_path, tests, types)
    assert (done.returncode, done.stdout, done.stderr) == (status, said, "")
    assert [path.name for path in tmp_path.iterdir()] == ["bin"]


def test_it_checks_the_types_with_no_option_of_the_make_that_runs_the_tests(tmp_path: Path) -> None:
    done = beside_types(tmp_path, "true", 'echo "$@ ${MAKEFLAGS-none}"; exit 1')
    assert done.stdout == "--no-print-directory types none\n"
