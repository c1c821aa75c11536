"""The demo of CI: a pull request's life, with real git, Terraform and state, and an AWS on this machine."""

import contextlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.ci.stand_in import StandIn, stand_in
from ops.demo import Narrator, variables
from ops.embedded_aws import embedded_aws
from ops.errors import OpsError
from ops.process import process_group
from ops.remote_state import RemoteState
from ops.stack_commands import checked_settings
from ops.toolchain import CACHE, ROOT, tool_environment
from stacks.settings import Settings

import click

STACK = "secure-storage-dev"
DEV = Path("environments", "dev.toml")


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
            # `make ci-demo` is no parent of what runs in the clone: it would change what make prints there.
            own = {name: value for name, value in self.env.items() if not name.startswith(("MAKE", "MFLAGS"))}
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
        from ops import aws

        return aws.client("s3", self.settings.state.region)


def run_ci_demo() -> None:
    """Run every step, then remove all traces but the log.

    Raises:
        OpsError: a step failed, or something was not refused that should have been.
    """
    (settings,) = checked_settings({"ENVIRONMENT_SUFFIX": "dev"})
    CACHE.mkdir(exist_ok=True)
    log = CACHE / "ci-demo.log"
    log.write_bytes(b"")
    click.echo("A pull request's life: what was reviewed is what is deployed, on an AWS inside this machine.")
    click.echo(f"What the tools print goes to {os.path.relpath(log)}")
    narrator = Narrator(10)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="secure-s3-ci-demo-")))
        with narrator.step("Start an embedded AWS, and a stand-in for GitHub's API, on loopback"):
            aws = stack.enter_context(embedded_aws(log))
            github = stack.enter_context(stand_in())
            narrator.say("GitHub cannot run here: the stand-in keeps comments, labels and merges")
        env = aws.environment(tool_environment()) | github.variables | GIT
        # Unbuffered, so that an error is the last line after all that was printed before it.
        env |= {"TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"}
        if settings.account_id is not None:
            env["AWS_ACCESS_KEY_ID"] = settings.account_id  # MiniStack takes 12 digits for the account
        site = Site(folder / "checkout", log, env, settings, github, narrator)
        # boto3 too must see no profile and no proxy of the user's.
        stack.enter_context(variables(env))
        tell_the_story(site)
        verdict = f"All {narrator.steps} steps did what they should, in {narrator.seconds:.0f} s."
        click.secho(f"\n{verdict}", fg="green", bold=True)
    click.echo("Cleaned up: the clone, the embedded AWS and the stand-in are gone.")


GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_NAME": "CI demo" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_EMAIL": "ci-demo@example.com" for who in ("AUTHOR", "COMMITTER")},
}
"""Variables that keep the user's own settings of git out of the clone."""


def tell_the_story(site: Site) -> None:
    """Run the steps after the start of the embedded AWS."""
    say, step = site.narrator.say, site.narrator.step
    with step("Clone this checkout, and make a state bucket"):
        clone(site)
        say("the clone has what is committed here")
        make_state_bucket(site)
        say("versioned and encrypted, made by boto3: `make demo` shows the real `make bootstrap`")

    with step("Pull request 1 makes the dev environment: plan it, and write the comment"):
        site.push(1)
        first = site.plan_and_comment(1)
        show_encryption(site)

    with step("Push to it again: the same comment is updated in place"):
        site.push(1, section="presign", setting='max_expiry = "2d"')
        second = site.plan_and_comment(1)
        require(first != second, "the comment was not updated")
        say(f"make ci-gate: {site.make('ci-gate', 1).removeprefix('✓ ')}")

    with step("Approve and merge it: exactly that plan is deployed"):
        planned = site.git("rev-parse", "HEAD")
        site.merge(1)
        merged, tree = site.git("rev-parse", "HEAD"), site.git("rev-parse", "HEAD^{tree}")
        require(planned != merged, "the merge has the planned commit's id")
        say(f"the merge is another commit, {merged[:12]} for {planned[:12]}, of the same tree, {tree[:12]}")
        say(f"make ci-deploy: {site.make('ci-deploy').removeprefix('✓ ')}")

    with step("Pull request 2 changes nothing: what was deployed is what was described"):
        site.push(2)
        body = site.plan_and_comment(2)
        require("No changes" in body.splitlines()[1], "the plan after the deploy is not empty")

    with step("Pull request 3 is dangerous: uploads need not name their encryption any more"):
        site.push(3, section="encryption", setting="require_upload_headers = false")
        site.plan_and_comment(3)
        site.refused("ci-gate", "no label allow-destroy", 3, status=4)
        site.merge(3)
        site.refused("ci-deploy", "no label allow-destroy", status=4)
        site.github.labels[3] = ["allow-destroy"]
        say("… now it has the label")

    with step("Alter its plan in the bucket, then change the state under it: both are refused"):
        version = overwrite_plan(site)
        site.refused("ci-deploy", "the stored plan was altered")
        remove_version(site, *version)
        say("… the plan is as it was; but somebody deployed by hand, so that the state's serial moves on")
        move_state_on(site)
        site.refused("ci-deploy", "the plan is stale")

    with step("Pull request 4 is an empty commit, to plan again: with the label it is deployed"):
        site.push(4)
        site.plan_and_comment(4)
        site.github.labels[4] = ["allow-destroy"]
        say(f"make ci-gate, with the label: {site.make('ci-gate', 4).removeprefix('✓ ')}")
        site.merge(4)
        say(f"make ci-deploy: {site.make('ci-deploy').removeprefix('✓ ')}")

    with step("Push to main past every pull request: nobody reviewed a plan of that"):
        with (site.checkout / DEV).open("a", encoding="utf-8") as file:
            file.write("# past review\n")
        site.git("commit", "--quiet", "--all", "--message", "Past review")
        site.refused("ci-deploy", "nobody reviewed a plan")


def require(condition: object, problem: str) -> None:
    """Raise an OpsError with `problem` unless the condition is true."""
    if not condition:
        raise OpsError(problem)


def clone(site: Site) -> None:
    """Clone what is committed in this checkout, with our tools linked."""
    site.checkout.mkdir()
    site.git("clone", "--quiet", "--no-hardlinks", str(ROOT), ".")
    site.git("checkout", "--quiet", "-B", "main")
    for name in (".venv", "node_modules"):
        (site.checkout / name).symlink_to(ROOT / name)
    # As links they are not what .gitignore means.
    (site.checkout / ".git" / "info" / "exclude").write_text("/.venv\n/node_modules\n", encoding="utf-8")


def make_state_bucket(site: Site) -> None:
    """Make the bucket and the key of dev's state."""
    from ops import aws

    state = site.settings.state
    kms = aws.client("kms", state.region)
    key = kms.create_key(Description="Encrypts the state")["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName=state.key_alias, TargetKeyId=key)
    s3 = site.s3
    s3.create_bucket(Bucket=state.bucket)
    s3.put_bucket_versioning(Bucket=state.bucket, VersioningConfiguration={"Status": "Enabled"})
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    s3.put_public_access_block(Bucket=state.bucket, PublicAccessBlockConfiguration=dict.fromkeys(names, True))
    by_default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    s3.put_bucket_encryption(
        Bucket=state.bucket,
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": by_default}]},
    )


def stored_plan(site: Site) -> str:
    """Return the key of the plan of what is checked out."""
    tree = site.git("rev-parse", "HEAD^{tree}")
    listed = site.s3.list_objects_v2(Bucket=site.settings.state.bucket, Prefix=f"ci/dev/{tree}/")["Contents"]
    key: str
    (key,) = (one["Key"] for one in listed if one["Key"].endswith("/plan.tfplan"))
    return key


def show_encryption(site: Site) -> None:
    """Show with which key the plan is encrypted, as it holds the state."""
    head = site.s3.head_object(Bucket=site.settings.state.bucket, Key=stored_plan(site))
    require(head.get("ServerSideEncryption") == "aws:kms", "the plan is not encrypted by the state's key")
    site.narrator.say(f"in the bucket it is encrypted: aws:kms, {head['SSEKMSKeyId']}")


def overwrite_plan(site: Site) -> tuple[str, str]:
    """Write another plan over the one of what is checked out; return the key and the version's id."""
    key = stored_plan(site)
    written = site.s3.put_object(Bucket=site.settings.state.bucket, Key=key, Body=b"another plan")
    return key, written["VersionId"]


def remove_version(site: Site, key: str, version: str) -> None:
    """Remove one version of an object."""
    site.s3.delete_object(Bucket=site.settings.state.bucket, Key=key, VersionId=version)


def move_state_on(site: Site) -> None:
    """Write the state again with the next serial, as a deploy by hand would."""
    state = RemoteState(site.settings, STACK)
    now = state.read()
    if now is None:
        raise OpsError(f"{state.url} is missing")
    state.write(now.with_serial(now.serial + 1))
