"""The clone of this checkout in which the demo of CI runs make targets as the workflows do."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ops.ci.stand_in import REPOSITORY, StandIn
from ops.demo.own_checkout import put_setting
from ops.embedded.aws import ACCOUNT_ID, EmbeddedAws, assume_with_token
from ops.shared.aws import Client
from ops.shared.errors import OpsError
from ops.shared.narrator import Narrator
from ops.shared.process import process_group
from ops.shared.toolchain import ROOT
from settings import resource_names
from settings.model import Settings

DEV = Path("environments", "dev.toml")

GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_NAME": "CI demo" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_EMAIL": "ci-demo@example.com" for who in ("AUTHOR", "COMMITTER")},
}
"""Variables that keep the user's own settings of git out of the clone."""


TOKENS = {
    "review": {"sub": f"repo:{REPOSITORY}:pull_request", "ref": "refs/pull/1/merge"},
    "plan": {"sub": f"repo:{REPOSITORY}:ref:refs/heads/main", "ref": "refs/heads/main"},
    "deploy": {"sub": f"repo:{REPOSITORY}:environment:dev", "ref": "refs/heads/main"},
}
"""What GitHub would say of the job that takes each role. MiniStack does not check who signed it."""


@dataclass
class Site:
    """A clone of this checkout, and the CI that works in it.

    Attributes:
        checkout: the clone.
        log: the file that the tools' own output goes to.
        env: the environment of the tools, without credentials.
        aws: the embedded AWS, with the credentials of its account's root.
        settings: of the dev environment.
        github: the stand-in for GitHub.
        narrator: prints what happens.
        outputs: what the last command handed to the next job.
        summary: what the last command wrote into its job's summary.
        checked: the targets whose preflight was run, which takes seconds and would say the same again.
    """

    checkout: Path
    log: Path
    env: Mapping[str, str]
    aws: EmbeddedAws
    settings: Settings
    github: StandIn
    narrator: Narrator
    outputs: str = ""
    summary: str = ""
    checked: set[str] = field(default_factory=set)

    def git(self, *arguments: str) -> str:
        """Run git in the clone and return what it prints."""
        status, printed = self._run(["git", *arguments], self.env)
        if status != 0:
            raise OpsError(f"`git {arguments[0]}` failed", f"its output is in {self.log}")
        return printed.strip()

    def session(self, role: str) -> EmbeddedAws:
        """Return the embedded AWS for a session of a role: review, plan or deploy."""
        name = resource_names.ci_roles("dev")._asdict()[role]
        arn = f"arn:aws:iam::{self.account}:role/{name}"
        return assume_with_token(self.aws, arn, TOKENS[role])

    @property
    def account(self) -> str:
        """The account of the embedded AWS."""
        return self.settings.account_id or ACCOUNT_ID

    def make(self, target: str, role: str | None, arguments: str = "", *, fails: int = 0) -> str:
        """Run a make target for dev, as the workflows do; return the last line that it prints.

        Args:
            target: the target; its set-up is left out, as the clone borrows our tools.
            role: who runs it; the account's root where None.
            arguments: `ARGS` of make.
            fails: the exit status of `ops` that is expected.
        """
        if target in self.checked:
            arguments = f"{arguments} --no-preflight".strip()
        elif target in ("ci-review", "ci-plan"):
            self.checked.add(target)
        env = (self.session(role) if role else self.aws).environment(self.env)
        command = ["make", "--old-file=setup", target, "ENV=dev", f"ARGS={arguments}"]
        with tempfile.TemporaryDirectory() as folder:
            files = {name: Path(folder, name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
            for file in files.values():
                file.touch()
            env |= {name: str(file) for name, file in files.items()}
            status, printed = self._run(command, env)
            self.outputs, self.summary = (file.read_text(encoding="utf-8") for file in files.values())
        # make ends with 2 whatever the command ended with, and says that on a line of its own.
        said = [line for line in printed.splitlines() if line.startswith("make: ")]
        lines = [line for line in printed.splitlines() if not line.startswith("make: ")]
        as_expected = said[-1].endswith(f" Error {fails}") if said else status == fails == 0
        if not as_expected or not lines:
            raise OpsError(f"`make {target}` did not end as expected", f"its output is in {self.log}")
        return lines[-1]

    def _run(self, command: list[str], env: Mapping[str, str]) -> tuple[int, str]:
        """Run a command in the clone; return its exit status and all that it printed."""
        with tempfile.TemporaryFile() as output:
            # `make ci-demo` is no parent of what runs in the clone: what make tells its children of itself,
            # and ARGS that were meant for it, would change what runs there.
            own = {
                name: value
                for name, value in env.items()
                if not name.startswith(("MAKE", "MFLAGS")) and name != "ARGS"
            }
            with process_group(command, env=own, cwd=self.checkout, stdout=output) as child:
                status = child.wait()
            output.seek(0)
            printed = output.read().decode(errors="replace")
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"\n$ {' '.join(command)}\n{printed}")
        return status, printed

    def commit(self, message: str, *, section: str = "", setting: str = "") -> None:
        """Commit to what is checked out.

        Args:
            message: of the commit.
            section: a table of dev.toml.
            setting: the line that is added to it, if any.
        """
        if setting:
            put_setting(self.checkout / DEV, section, setting)
        self.git("commit", "--quiet", "--all", "--allow-empty", "--message", message)

    def push(self, number: int, *, section: str = "", setting: str = "") -> None:
        """Commit to a pull request's branch, and check out its merge with main, as CI does."""
        branch = f"change-{number}"
        if not self.git("branch", "--list", branch):
            self.git("branch", branch, "main")
        self.git("checkout", "--quiet", branch)
        self.commit(f"Change {number}", section=section, setting=setting)
        self.git("checkout", "--quiet", "--detach", "main")
        self.git("merge", "--quiet", "--no-ff", "--message", f"Merge {number} into main, to try", branch)

    def merge(self, number: int) -> None:
        """Merge a pull request, as a commit of its own."""
        self.git("checkout", "--quiet", "main")
        self.git("merge", "--quiet", "--no-ff", "--message", f"Merge #{number}", f"change-{number}")
        self.github.merged[self.git("rev-parse", "HEAD")] = number

    def review_and_comment(self, number: int) -> str:
        """Do what plan.yml does but for the gate; return the comment."""
        named = f"--pull-request={number}"
        self.make("ci-review", "review", f"{named} --changed-since=HEAD^1")
        said = self.make("ci-comment", "review", named)
        body: str = self.github.comments[number][-1]["body"]
        headline = next(line for line in body.splitlines() if line.startswith("## "))
        self.narrator.say(f"ci-review, ci-comment by the review role: {said.removeprefix('✓ ')}")
        self.narrator.say(f"the comment: {headline.removeprefix('## ')}")
        return body

    def plan(self) -> str:
        """Do what deploy.yml's first job does; return the digest that it hands to the next one, if any."""
        said = self.make("ci-plan", "plan")
        self.narrator.say(f"ci-plan on main, by the plan role: {said.removeprefix('✓ ')}")
        return self.outputs.strip().removeprefix("digest=")

    def deploy(self, digest: str) -> None:
        """Do what deploy.yml's second job does, once somebody approved it."""
        said = self.make("ci-deploy", "deploy", f"--sha256={digest}")
        self.narrator.say(f"ci-deploy by the deploy role: {said.removeprefix('✓ ')}")

    def refused(self, target: str, role: str, wanted: str, arguments: str = "", *, status: int = 1) -> None:
        """Run a target that must be refused with an error that says `wanted`."""
        error = self.make(target, role, arguments, fails=status)
        if wanted not in error:
            raise OpsError(f"`make {target}` was refused for the wrong reason: {error}")
        self.narrator.say(
            f"{target} by the {role} role, exit status {status}: {error.removeprefix('Error: ')}"
        )

    @property
    def s3(self) -> Client:
        """A client for the state bucket, of the account's root."""
        return self.aws.client("s3")


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
    site.commit("Say who may take the roles", section="ci", setting=f'repository = "{REPOSITORY}"')
