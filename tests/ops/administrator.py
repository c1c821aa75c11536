"""Who runs `python -m ops` in a checkout, as a process that a test can kill at a line of its output."""

import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ops.embedded.aws import EmbeddedAws
from tests.forked import run_module

import pytest

RUN_SECONDS = 600


@dataclass
class Administrator:
    """An account, and a checkout to work on it from.

    Attributes:
        root: the account as root sees it.
        checkout: where the administrator runs `python -m ops`.
        env: the administrator's variables.
    """

    root: EmbeddedAws
    checkout: Path
    env: dict[str, str]

    def start(self, command: str, *arguments: str, environment: str = "dev") -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "ops", command, environment, *arguments],
            cwd=self.checkout,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, command: str, *arguments: str, environment: str = "dev") -> tuple[int, str]:
        """Run a command to its end; return its status and what it printed."""
        words = ("ops", command, environment, *arguments)
        done = run_module(*words, folder=self.checkout, variables=self.env, seconds=RUN_SECONDS)
        return done.returncode, done.stdout + done.stderr

    def killed_at(self, pattern: str, command: str, environment: str = "dev") -> None:
        """Run a command, and kill it and all that it started as soon as it prints a line with `pattern`."""
        seen = []
        with self.start(command, "--auto-approve", environment=environment) as process:
            assert process.stdout is not None
            for line in process.stdout:
                seen.append(line)
                if re.search(pattern, line):
                    os.killpg(process.pid, signal.SIGKILL)
                    return
        pytest.fail(f"it never printed {pattern}:\n{''.join(seen)}")
