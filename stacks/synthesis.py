"""Synthesis with its proof; of many environments in several processes.

Python and its jsii child take turns: one waits while the other works, so a pair of them uses one core.
A jsii child cannot be shared, and starts with Python, so a further process begins at the beginning.
"""

import contextlib
import json
import os
import pickle
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from settings.model import Settings
from settings.problems import SettingsError
from stacks.app import build
from stacks.promises import ROOT, BrokenPromiseError, refuse_broken

MOST_PROCESSES = 4
"""Each takes 350 MB with its jsii child, and cores that a container may not use count, too."""

FEWEST_EACH = 25
"""With fewer, starting a process would take most of the time that it saves."""

HEAD_START = 12
"""Environments that are synthesized in the time in which a further process starts."""

WORKER: Sequence[str] = (sys.executable, *["-O"] * sys.flags.optimize, "-m", "stacks.worker")
_GIVEN, _FOUND, _OUT = "given", "found", "out"


class WorkerError(Exception):
    """A further process did not start, or ended without saying what it found."""

    def __init__(self, problem: str) -> None:
        """Hold `problem`."""
        super().__init__(problem)
        self.problems = [problem]


def write_proven(environments: Sequence[Settings], folder: Path, *, processes: int | None = None) -> None:
    """Write the Terraform JSON of every environment, and prove its promises on that.

    Args:
        environments: the settings to build from.
        folder: what gets it; after an error, what is there is of no use.
        processes: in how many processes; as many as help where None. They write the same bytes.

    Raises:
        SettingsError: the roles of CI cannot be given what an environment needs.
        BrokenPromiseError: policies do not keep what the settings promise.
        WorkerError: one of the processes did not start, or was killed.
    """
    first, *others = _parts(environments, _useful(len(environments)) if processes is None else processes)
    with contextlib.ExitStack() as stack:
        workers = [stack.enter_context(_Worker(part, folder)) for part in others]
        problems = _broken(first, folder)
        for worker in workers:
            problems += worker.broken()
        if problems:
            raise BrokenPromiseError(problems)
        for worker in workers:
            _add(worker.folder / _OUT, folder)


def _useful(count: int) -> int:
    """Return how many processes to use for so many environments."""
    # macOS has no affinity.
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, MOST_PROCESSES, count // FEWEST_EACH))


def _parts(environments: Sequence[Settings], count: int) -> list[Sequence[Settings]]:
    """Cut into `count` parts, in order, as problems are reported in order; the first part is the largest."""
    each = max(1, (len(environments) - HEAD_START) // count)
    ends = [0, *(len(environments) - each * after for after in reversed(range(count)))]
    return [environments[start:end] for start, end in pairwise(ends)]


def _broken(environments: Sequence[Settings], folder: Path) -> list[str]:
    """Synthesize in this process; return the promises that are broken."""
    build(environments, outdir=str(folder)).synth()
    try:
        refuse_broken(environments, folder / "stacks")
    except BrokenPromiseError as error:
        return error.problems
    return []


class _Worker:
    """A further process, and a folder for what it gets and what it writes; both end with the block."""

    def __init__(self, part: Sequence[Settings], below: Path) -> None:
        """Describe the process for some environments, with its folder in the folder `below`."""
        self._part, self._below = part, below

    def __enter__(self) -> "_Worker":
        self._temporary = tempfile.TemporaryDirectory(dir=self._below, ignore_cleanup_errors=True)
        self.folder = Path(self._temporary.name).absolute()
        self.folder.joinpath(_GIVEN).write_bytes(pickle.dumps(self._part))
        # With a group of its own, it and its jsii child end together, and Ctrl-C is for us alone.
        # Its end of the pipe tells it that we have ended, however we did. jsii's files lie in the folder.
        command: list[str | Path] = [*WORKER, self.folder]
        env = {**os.environ, "TMPDIR": str(self.folder)}
        try:
            self._child = subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.PIPE, process_group=0)
        except OSError as error:
            self._temporary.cleanup()
            raise self._error(f"cannot be started ({error.strerror})") from error
        return self

    def broken(self) -> list[str]:
        """Wait for the process; return what it found, or raise that."""
        status = self._child.wait()
        if status != 0:
            how = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"failed ({status})"
            raise self._error(how)
        found: list[str] | Exception = pickle.loads(self.folder.joinpath(_FOUND).read_bytes())  # noqa: S301
        if isinstance(found, Exception):
            raise found
        return found

    def _error(self, how: str) -> WorkerError:
        names = f"{self._part[0].environment} to {self._part[-1].environment}"
        remedy = "run it again; if memory is short, ENVIRONMENT_SUFFIX=<name> synthesizes only one"
        return WorkerError(f"the process that synthesizes the environments {names} {how}; {remedy}")

    def __exit__(self, *_: object) -> None:
        # macOS answers with EPERM where only a zombie is left of the group.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.communicate()
        self._temporary.cleanup()


def _add(part: Path, folder: Path) -> None:
    """Move what a process wrote into a folder that has what another one wrote."""
    for stack in part.joinpath("stacks").iterdir():
        stack.rename(folder / "stacks" / stack.name)
    manifests = [json.loads(one.joinpath("manifest.json").read_bytes()) for one in (folder, part)]
    whole = manifests[0] | {"stacks": manifests[0]["stacks"] | manifests[1]["stacks"]}
    text = json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False)
    # As cdktf writes an empty list.
    text = re.sub(r"^( *)(.*)\[\]", r"\1\2[\n\1]", text, flags=re.MULTILINE)
    folder.joinpath("manifest.json").write_text(text, encoding="utf-8")


def work(folder: Path) -> None:
    """Do what a further process does, which gets what is in a folder and leaves there what it found."""
    part: Sequence[Settings] = pickle.loads(folder.joinpath(_GIVEN).read_bytes())  # noqa: S301
    found: list[str] | Exception
    try:
        found = _broken(part, folder / _OUT)
    except (SettingsError, OSError) as error:
        found = error
    folder.joinpath(_FOUND).write_bytes(pickle.dumps(found))
