"""Runs a module, or code, in a process of its own, forked from one that has imported what takes long."""

import gc
import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parent.parent
SERVER = multiprocessing.get_context("forkserver")
# Not `ops`, of which a checkout has its own; nor cdktf, which has a process of its own.
PRELOADED = [
    "boto3",
    "click",
    "requests",
    "z3",
    "settings.loading",
    "proof.properties",
    "review.command",
    "http.server",
    "constructs_lib.policies.deploy_policy",
    "stacks.promises",
    __name__,
    "tests.read_models",
]
SERVER.set_forkserver_preload(PRELOADED)


def run_module(
    module: str, *arguments: str, folder: Path, variables: Mapping[str, str], seconds: float
) -> subprocess.CompletedProcess[str]:
    """Run `python -m module` in a folder, with these variables and no others.

    Raises:
        subprocess.TimeoutExpired: it took longer than that many seconds, and was killed.
    """
    run = partial(runpy.run_module, module, run_name="__main__", alter_sys=True)
    return _run_forked(run, [module, *arguments], folder, variables, seconds)


def run_code(
    code: str, *, folder: Path, variables: Mapping[str, str], seconds: float
) -> subprocess.CompletedProcess[str]:
    """Run `python -c code` in a folder, with these variables and no others.

    Raises:
        subprocess.TimeoutExpired: it took longer than that many seconds, and was killed.
    """
    return _run_forked(partial(exec, code, {"__name__": "__main__"}), ["-c"], folder, variables, seconds)


def _run_forked(
    run: Callable[[], object], words: list[str], folder: Path, variables: Mapping[str, str], seconds: float
) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as outputs:
        process = SERVER.Process(target=_run, args=(run, words[1:], folder, dict(variables), outputs))
        process.start()
        process.join(seconds)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(words, seconds)
        stdout, stderr = ((Path(outputs) / name).read_text(encoding="utf-8") for name in ("1", "2"))
        return subprocess.CompletedProcess(words, process.exitcode, stdout, stderr)


def _run(
    run: Callable[[], object], arguments: list[str], folder: Path, variables: dict[str, str], outputs: str
) -> None:
    gc.freeze()  # to look through all that was imported before would copy it
    for number in (1, 2):
        os.dup2(os.open(Path(outputs) / str(number), os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    sys.dont_write_bytecode = "PYTHONDONTWRITEBYTECODE" in variables
    sys.path[:] = [str(folder), *(path for path in sys.path if path and Path(path) != ROOT)]
    sys.argv[1:] = arguments
    run()
