"""Where the demo of CI works: a clone of this checkout, whose make targets run as the workflows run them."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops import aws
from ops.ci.stand_in import StandIn
from ops.errors import OpsError
from ops.narrator import Narrator
from ops.process import process_group
from ops.toolchain import ROOT
from stacks.settings import Settings

DEV = Path("environments", "dev.toml")

GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_NAME": "CI demo" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_EMAIL": "ci-demo@example.com" for who in ("AUTHOR", "COMMITTER")},
}
"""Variables that keep the user's own settings of git out of the clone."""


@dataclass
class Site:
    """A clone of this checkout, and the CI that works in it.

    Attributes:
        checkout: the clone.
        log: the file that the tools' own output goes to.
        env: the environment of the tools.
        settings: of the dev environment.
        github: the stand-in for GitHub.
        narrator: tells what happens.
    """

    checkout: Path
    log: Path
    env: Mapping[str, str]
    settings: Settings
    github: StandIn
    narrator: Narrator

    def git(self, *arguments: str) -> str:
        """Run git in the clone and return what it prints."""
        status, printed = self._run(["git", *arguments])
        if status != 0:
            raise OpsError(f"`git {arguments[0]}` failed; its output is in {self.log}")
        return printed.strip()

    def make(self, target: str, pull_request: int | None = None, *, fails: int = 0) -> str:
        """Run a make target for dev, as the workflows do; return the last line that it prints.

        Args:
            target: the target; its set-up is left out, as the clone borrows our tools.
            pull_request: what the CI says is the number.
            fails: the exit status of `ops` that is expected.
        """
        number = {} if pull_request is None else {"PULL_REQUEST": str(pull_request)}
        status, printed = self._run(["make", "--old-file=setup", target, "ENV=dev"], number)
        # make ends with 2 whatever the command ended with, and says that on a line of its own.
        said = [line for line in printed.splitlines() if line.startswith("make: ")]
        lines = [line for line in printed.splitlines() if not line.startswith("make: ")]
        as_expected = said[-1].endswith(f" Error {fails}") if said else status == fails == 0
        if not as_expected or not lines:
            raise OpsError(f"`make {target}` ended otherwise than it should; its output is in {self.log}")
        return lines[-1]

    def _run(self, command: list[str], more: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Run a command in the clone; return its exit status and all that it printed."""
        with tempfile.TemporaryFile() as output:
            # `make ci-demo` is no parent of what runs in the clone: what make tells its children of itself,
            # and ARGS that were meant for it, would change what runs there.
            own = {
                name: value
                for name, value in self.env.items()
                if not name.startswith(("MAKE", "MFLAGS")) and name != "ARGS"
            }
            variables = {**own, **(more or {})}
            with process_group(command, env=variables, cwd=self.checkout, stdout=output) as child:
                status = child.wait()
            output.seek(0)
            printed = output.read().decode(errors="replace")
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"\n$ {' '.join(command)}\n{printed}")
        return status, printed

    def push(self, number: int, *, section: str = "", setting: str = "") -> None:
        """Commit to a pull request's branch, and check out its merge with main, as CI does.

        Args:
            number: the number of the pull request.
            section: a table of dev.toml.
            setting: the line that is added to it, if any.
        """
        branch = f"change-{number}"
        if not self.git("branch", "--list", branch):
            self.git("branch", branch, "main")
        self.git("checkout", "--quiet", branch)
        if setting:
            file = self.checkout / DEV
            text, header = file.read_text(encoding="utf-8"), f"[{section}]\n"
            if header not in text:
                text += f"\n{header}"
            file.write_text(text.replace(header, f"{header}{setting}\n"), encoding="utf-8")
        self.git("commit", "--quiet", "--all", "--allow-empty", "--message", f"Change {number}")
        self.git("checkout", "--quiet", "--detach", "main")
        self.git("merge", "--quiet", "--no-ff", "--message", f"Merge {number} into main, to try", branch)

    def merge(self, number: int) -> None:
        """Merge a pull request, as a commit of its own."""
        self.git("checkout", "--quiet", "main")
        self.git("merge", "--quiet", "--no-ff", "--message", f"Merge #{number}", f"change-{number}")
        self.github.merged[self.git("rev-parse", "HEAD")] = number

    def plan_and_comment(self, number: int) -> str:
        """Do what plan.yml does but for the gate; return the comment."""
        self.narrator.say(f"make ci-plan: {self.make('ci-plan').removeprefix('✓ ')}")
        self.narrator.say(f"make ci-comment: {self.make('ci-comment', number).removeprefix('✓ ')}")
        (comment,) = self.github.comments[number]
        body: str = comment["body"]
        self.narrator.say(f"the comment: {body.splitlines()[1].removeprefix('## ')}")
        return body

    def refused(self, target: str, wanted: str, pull_request: int | None = None, *, status: int = 1) -> None:
        """Run a target that must be refused with an error that says `wanted`."""
        error = self.make(target, pull_request, fails=status)
        if wanted not in error:
            raise OpsError(f"`make {target}` was refused for another reason than it should: {error}")
        self.narrator.say(f"make {target}, exit status {status}: {error.removeprefix('Error: ')}")

    @property
    def s3(self) -> Any:  # noqa: ANN401 - boto3 makes its classes as it runs
        """A client for the state bucket."""
        return aws.client("s3", self.settings.state.region)


def clone(site: Site) -> None:
    """Clone what is committed in this checkout, with our tools linked."""
    site.checkout.mkdir()
    site.git("clone", "--quiet", "--no-hardlinks", str(ROOT), ".")
    site.git("checkout", "--quiet", "-B", "main")
    for name in (".venv", "node_modules"):
        (site.checkout / name).symlink_to(ROOT / name)
    # As links they are not what .gitignore means.
    exclude = site.checkout / ".git" / "info" / "exclude"
    exclude.parent.mkdir(exist_ok=True)  # git makes it from templates, which some machines have none of
    exclude.write_text("/.venv\n/node_modules\n", encoding="utf-8")
