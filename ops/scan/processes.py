"""Runs several processes at once, as each step of a scan is the same for several stacks."""

import contextlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.shared.process import process_group


@dataclass(frozen=True)
class Job:
    """A command, where it is started, and with which environment."""

    command: Sequence[str | Path]
    cwd: Path
    env: Mapping[str, str]


def run_together(jobs: Sequence[Job], log: Path) -> list[int]:
    """Run `jobs`, as many at once as there are cores, with their output appended to `log`.

    Returns:
        Their exit statuses, in the order of `jobs`.
    """
    statuses: list[int] = []
    at_once = os.cpu_count() or 1
    for first in range(0, len(jobs), at_once):
        with contextlib.ExitStack() as stack:
            output = stack.enter_context(log.open("ab"))
            running = []
            for job in jobs[first : first + at_once]:
                output.write(f"\n$ {' '.join(os.fspath(word) for word in job.command)}\n".encode())
                output.flush()
                group = process_group(job.command, env=job.env, cwd=job.cwd, stdout=output)
                running.append(stack.enter_context(group))
            statuses += [child.wait() for child in running]
    return statuses
