"""Runs Terraform on the synthesized stacks of one environment and captures its output."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.shared.checkout import settings_of
from ops.shared.errors import OpsError
from ops.shared.output_lock import held_locks
from ops.shared.toolchain import ROOT, SYNTHESIZE, tool_environment
from review.log import errors_of, warnings_of
from review.model import Notice
from settings.model import Settings


class TerraformError(OpsError):
    """Terraform failed.

    Attributes:
        locked: whether somebody else holds the lock of the state.
        refused: whether AWS refused something to these credentials.
    """

    def __init__(self, problem: str, stderr: str) -> None:
        super().__init__(problem)
        self.locked = "acquiring the state lock" in stderr
        self.refused = " 403" in stderr


OLDEST = (1, 11)
"""The first whose S3 backend locks with a file: https://developer.hashicorp.com/terraform/language/backend/s3."""

INSTALL = "install Terraform 1.11 or newer: https://developer.hashicorp.com/terraform/install"

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

    @property
    def described(self) -> dict[str, Any]:
        """The stack's Terraform JSON."""
        content: dict[str, Any] = json.loads((self.folder / "cdk.tf.json").read_bytes())
        return content

    def init(self, *arguments: str) -> None:
        """Run `terraform init`; raises OpsError where the backend cannot be reached."""
        self.terraform("init", "-input=false", *arguments)

    def terraform(self, *arguments: str, accept: Collection[int] = (0,)) -> subprocess.CompletedProcess[str]:
        """Run Terraform and return what it printed, without colours.

        Raises:
            TerraformError: its exit status is not in `accept`; the message has Terraform's errors.
        """
        done = subprocess.run(
            ["terraform", *arguments],
            cwd=self.folder,
            env=self._variables,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in accept:
            raise self._failure(arguments[0], done.returncode, done.stderr)
        return done

    def plan(self, *arguments: str) -> tuple[Notice, ...]:
        """Run `terraform plan`; return what Terraform warns of.

        Raises:
            TerraformError: it failed; the message has what Terraform says was wrong.
        """
        done = self.terraform("plan", "-json", *arguments, accept=range(256))
        if done.returncode != 0:
            errors = [f"{one.summary} {one.detail}".split("\n\n")[0] for one in errors_of(done.stdout)]
            problem = "; ".join(" ".join(one.split()) for one in errors)
            raise self._failure("plan", done.returncode, f"Error: {problem}" if problem else done.stderr)
        return warnings_of(done.stdout)

    def apply(self, *arguments: str) -> None:
        """Run `terraform apply`, with what it prints shown as it comes.

        Raises:
            TerraformError: it failed; the message has what Terraform says was wrong.
        """
        sys.stdout.flush()
        with subprocess.Popen(
            ["terraform", "apply", "-input=false", *arguments],
            cwd=self.folder,
            env=self._variables,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=held_locks(),
        ) as child:
            try:
                _, stderr = child.communicate()
            except BaseException as interruption:
                # Were it killed, it could not write down what it has just made. A Ctrl-C it has had itself,
                # and a second one would make it stop at once.
                if not isinstance(interruption, KeyboardInterrupt):
                    child.terminate()
                child.communicate()
                raise
        if child.returncode != 0:
            raise self._failure("apply", child.returncode, stderr)

    @property
    def _variables(self) -> dict[str, str]:
        return {**self.env, "TF_IN_AUTOMATION": "1", "TF_CLI_ARGS": "-no-color"}

    def _failure(self, command: str, status: int, stderr: str) -> TerraformError:
        problem = problem_of(stderr) or f"exit status {status}"
        return TerraformError(f"`terraform {command}` of {self.name} failed: {problem}", stderr)


def terraform_version(environ: Mapping[str, str]) -> str:
    """Return the version of the Terraform on the PATH of `environ`.

    Raises:
        OpsError: there is none, or it is older than the first that locks a state with a file in S3.
    """
    program = shutil.which("terraform", path=environ["PATH"])
    if program is None:
        raise OpsError("terraform is not on PATH", INSTALL)
    command = [program, "version", "-json"]
    done = subprocess.run(command, env=dict(environ), capture_output=True, text=True, check=False)
    try:
        version = str(json.loads(done.stdout)["terraform_version"])
        numbers = tuple(int(part) for part in version.partition("-")[0].split("."))
    except (ValueError, KeyError) as error:
        raise OpsError(f"terraform does not report its version: {program}", INSTALL) from error
    if numbers < OLDEST:
        raise OpsError(f"terraform {version} cannot lock the state with a file in S3", INSTALL)
    return version


def problem_of(stderr: str) -> str:
    """Return the errors that Terraform printed, on one line: each one's title and first paragraph."""
    lines = [_FRAME.sub("", line).strip() for line in stderr.splitlines()]
    problems = []
    for place, line in enumerate(lines):
        if line.startswith("Error: "):
            paragraphs = "\n".join(lines[place:]).split("\n\n")
            # The place in the JSON that was synthesized means nothing to a reader of the settings.
            detail = next((text for text in paragraphs[1:] if not text.startswith(("with ", "on "))), "")
            problems.append(" ".join(f"{line.removeprefix('Error: ')} {detail}".split()))
    return "; ".join(problems)


@contextlib.contextmanager
def synthesized(
    environment: str, environ: Mapping[str, str] = os.environ, *, for_terraform: bool = True
) -> Iterator[tuple[Settings, dict[str, Stack]]]:
    """Synthesize an environment into a temporary folder, and remove that with the block.

    Args:
        environment: its name.
        environ: the variables that Terraform gets, with the credentials.
        for_terraform: whether Terraform will run there.

    Yields:
        the environment's settings, and its stacks by their names.

    Raises:
        OpsError: the settings are wrong, there is no Terraform that can be used, or a stack cannot be
            synthesized.
    """
    settings = settings_of(environment, environ)
    tools = tool_environment(environ, provider_version=settings.terraform.provider_version)
    if for_terraform:
        # Before anything is changed: a command that stops halfway has to be continued.
        terraform_version(tools)
    env = {**tools, "ENVIRONMENT_SUFFIX": environment}
    with tempfile.TemporaryDirectory(prefix="secure-s3-") as temporary:
        out = Path(temporary, "cdktf.out")
        done = subprocess.run(
            SYNTHESIZE,
            cwd=ROOT,
            env={**env, "CDKTF_OUTDIR": str(out)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines()
            raise OpsError("\n".join(one.removeprefix("Error: ") for one in lines) or "synthesis failed")
        yield settings, {path.name: Stack(path.name, path, env) for path in (out / "stacks").iterdir()}
