"""Terraform itself, on the synthesized stacks of one environment, with its output in our hands."""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ops.errors import OpsError
from ops.stack_commands import checked_settings
from ops.toolchain import ROOT, tool_environment
from stacks.settings import Settings

_FRAME = re.compile(r"^[│╷╵ ]+")


@dataclass(frozen=True)
class Stack:
    """One synthesized stack.

    Attributes:
        name: the stack's name, such as `secure-storage-dev`.
        folder: where its JSON lies, and where Terraform runs.
        env: the environment of Terraform.
    """

    name: str
    folder: Path
    env: Mapping[str, str]

    def init(self, *arguments: str) -> None:
        """Run `terraform init`; raises OpsError where the backend cannot be reached."""
        self.terraform("init", "-input=false", *arguments)

    def terraform(self, *arguments: str, accept: Collection[int] = (0,)) -> subprocess.CompletedProcess[str]:
        """Run Terraform and return what it printed, without colours.

        Raises:
            OpsError: its exit status is none of `accept`; the message has what Terraform says was wrong.
        """
        done = subprocess.run(
            ["terraform", *arguments],
            cwd=self.folder,
            env={**self.env, "TF_IN_AUTOMATION": "1", "TF_CLI_ARGS": "-no-color"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in accept:
            problem = problem_of(done.stderr) or f"exit status {done.returncode}"
            raise OpsError(f"`terraform {arguments[0]}` of {self.name} failed: {problem}")
        return done


def problem_of(stderr: str) -> str:
    """Return the errors that Terraform printed, on one line: each one's title and first paragraph."""
    lines = [_FRAME.sub("", line).strip() for line in stderr.splitlines()]
    problems = []
    for place, line in enumerate(lines):
        if line.startswith("Error: "):
            paragraphs = "\n".join(lines[place:]).split("\n\n")
            # The place in the JSON that was synthesized says nothing to whoever reads the settings.
            detail = next((text for text in paragraphs[1:] if not text.startswith(("with ", "on "))), "")
            problems.append(" ".join(f"{line.removeprefix('Error: ')} {detail}".split()))
    return "; ".join(problems)


@contextlib.contextmanager
def synthesized(
    environment: str, environ: Mapping[str, str] = os.environ
) -> Iterator[tuple[Settings, dict[str, Stack]]]:
    """Synthesize an environment into a temporary folder, and remove that with the block.

    Args:
        environment: its name.
        environ: the variables that Terraform gets, with the credentials.

    Yields:
        the environment's settings, and its stacks by their names.

    Raises:
        OpsError: the settings are wrong, or a stack cannot be synthesized.
    """
    env = {**tool_environment(environ), "ENVIRONMENT_SUFFIX": environment}
    (settings,) = checked_settings(env)
    with tempfile.TemporaryDirectory(prefix="secure-s3-") as temporary:
        out = Path(temporary, "cdktf.out")
        done = subprocess.run(
            [sys.executable, ROOT / "main.py"],
            cwd=ROOT,
            env={**env, "CDKTF_OUTDIR": str(out)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise OpsError(done.stderr.strip().removeprefix("Error: ") or "synthesis failed")
        yield settings, {path.name: Stack(path.name, path, env) for path in (out / "stacks").iterdir()}
