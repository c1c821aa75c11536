"""The demo: the whole main job, really run against an AWS on this machine."""

import contextlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.demo.own_checkout import make_checkout, put_setting
from ops.embedded.aws import EmbeddedAws, embedded_aws
from ops.sandbox import server
from ops.sandbox.account import Account
from ops.sandbox.switch import variables_of
from ops.shared import aws
from ops.shared.checkout import settings_of
from ops.shared.errors import OpsError
from ops.shared.narrator import Narrator, variables
from ops.shared.output_folder import outputs_file
from ops.shared.output_lock import alone_in
from ops.shared.process import check, process_group, run
from ops.shared.sandbox_variable import VARIABLE
from ops.shared.toolchain import CACHE, ROOT, SYNTHESIZE, tool_environment
from settings import resource_names
from settings.model import Settings

import click

STACK = resource_names.storage_stack("dev")
KEY = "uploads/example.txt"
KEPT = f"""
It stays, with the dev environment, until `make sandbox-stop`. To go on:

  make drift ENV=dev SANDBOX=1           what somebody changed by hand
  make plan ENV=dev SANDBOX=1            what a change of environments/dev.toml would do
  eval "$(make -s sandbox-env ENV=dev)"  become a data team, in this shell
  .venv/bin/python -m presign get {KEY} --outputs outputs.dev.sandbox.json
  make destroy ENV=dev SANDBOX=1"""
EXAMPLE = "example.txt"


@dataclass
class Workplace:
    """Where the demo works; everything that it makes lies in `folder`, apart from the log.

    Attributes:
        folder: a temporary folder.
        checkout: where ops and cdktf run.
        log: the file that the tools' own output goes to.
        aws: the embedded AWS.
        env: the environment of the tools, pointed at it.
        outputs: the file that `cdktf deploy` writes the outputs to.
    """

    folder: Path
    checkout: Path
    log: Path
    aws: EmbeddedAws
    env: dict[str, str]
    outputs: Path

    def cdktf(self, *arguments: str) -> None:
        """Run cdktf, with what it writes in `folder`."""
        check(["cdktf", *arguments], env=self.env, cwd=self.checkout, log=self.log)

    def bootstrap(self, say: Callable[[str], None]) -> None:
        """Run `ops bootstrap` and `say` its steps; its local state lies in `folder`."""

        def say_step(line: str) -> None:
            if re.match(r"[0-9]+\. ", line):
                say(line)

        command = [sys.executable, "-m", "ops", "bootstrap", "dev", "--auto-approve"]
        env = self.env | {"PYTHONUNBUFFERED": "1"}
        status = run(command, env=env, cwd=self.checkout, log=self.log, show=say_step)
        if status != 0:
            raise OpsError(
                f"`ops bootstrap` failed with exit status {status}", f"its output is in {self.log}"
            )

    @contextlib.contextmanager
    def synthesizing(self) -> Iterator[None]:
        """Synthesize for cdktf while the block runs; most of that time, Terraform waits for AWS."""
        env = self.env | {"CDKTF_OUTDIR": self.env["CDKTF_OUTPUT"]}
        with (
            self.log.open("ab") as output,
            process_group(SYNTHESIZE, env=env, cwd=self.checkout, stdout=output) as child,
        ):
            yield
            if child.wait() != 0:
                raise OpsError("the stacks could not be synthesized", f"the reason is in {self.log}")

    def presign(self, *arguments: str) -> dict[str, Any]:
        """Run `presign` as data teams do; return what it says as JSON."""
        options = ["--outputs", str(self.outputs), "--format", "json"]
        command = [sys.executable, "-m", "presign", *arguments, *options]
        done = subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise OpsError(f"presign failed: {done.stderr.strip().removeprefix('Error: ')}")
        link: dict[str, Any] = json.loads(done.stdout)
        return link

    def curl(self, line: str) -> int:
        """Run a curl line in a shell, in `folder`; return the HTTP status."""
        with_status = f"{line} --silent --show-error --write-out '%{{http_code}}'"
        done = subprocess.run(
            ["sh", "-c", with_status],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"\n$ {with_status}\n{done.stdout}{done.stderr}\n")
        status = done.stdout[-3:]
        if not status.isdigit() or status == "000":
            raise OpsError(f"curl failed with exit status {done.returncode}", f"its output is in {self.log}")
        return int(status)


def run_demo(*, keep: bool) -> None:
    """Run every step, then remove all traces but the log.

    Args:
        keep: work on the sandbox, which stays, and leave out the last step; say how to go on.

    Raises:
        OpsError: a step failed, or its result was not what it should be.
    """
    if shutil.which("curl") is None:
        raise OpsError("curl is not on PATH", "the demo uploads and downloads with it")
    settings = settings_of("dev", {})
    if shutil.which("cdktf", path=tool_environment()["PATH"]) is None:
        raise OpsError("cdktf is missing", "`make setup` installs the tools")
    CACHE.mkdir(exist_ok=True)
    log = CACHE / "demo.log"
    log.write_bytes(b"")
    click.echo("Secure S3 storage: from settings to a file transferred, on an AWS inside this machine.")
    click.echo(f"What the tools print goes to {os.path.relpath(log)}")
    narrator = Narrator(8 if keep else 9)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="secure-s3-demo-")))
        with narrator.step("Start an embedded AWS (MiniStack) on a free port of 127.0.0.1"):
            aws = start_sandbox(settings) if keep else stack.enter_context(embedded_aws(log))
            narrator.say(f"it answers at {aws.endpoint}, from this machine only")
        place = in_checkout(folder, log, aws) if keep else in_copy(folder, log, aws, settings)
        stack.enter_context(alone_in(Path(place.env["CDKTF_OUTPUT"])))
        tell_the_story(place, narrator)
        if not keep:
            with narrator.step("Destroy the dev environment and all that is in its bucket"):
                narrator.say(f"cdktf destroy {STACK}; staging and prod would refuse")
                place.cdktf("destroy", STACK, "--auto-approve", "--skip-synth")
        verdict = f"All {narrator.steps} steps did what they should, in {narrator.seconds:.0f} s."
        click.secho(f"\n{verdict}", fg="green", bold=True)
    click.echo(KEPT if keep else "Cleaned up: the embedded AWS is stopped and its files are gone.")


def start_sandbox(settings: Settings) -> EmbeddedAws:
    """Start the sandbox, if it does not run; return it for its administrator."""
    sandbox, _ = server.start()
    return Account(sandbox, settings).administrator()


def in_checkout(folder: Path, log: Path, aws: EmbeddedAws) -> Workplace:
    """Work in this checkout, on the sandbox, so that what is deployed can be used afterwards."""
    env = variables_of(aws, tool_environment()) | {VARIABLE: "1", "ENVIRONMENT_SUFFIX": "dev"}
    return Workplace(folder, ROOT, log, aws, env, ROOT / outputs_file("dev", environ=env))


def in_copy(folder: Path, log: Path, aws: EmbeddedAws, settings: Settings) -> Workplace:
    """Work in a copy of this checkout, without the lifecycle that the AWS provider waits a minute for."""
    env = aws.of_account(settings.account_id).environment(tool_environment()) | {
        "CDKTF_OUTPUT": str(folder / "cdktf.out"),
        "ENVIRONMENT_SUFFIX": "dev",
        "TMPDIR": str(folder),
    }
    env.pop(VARIABLE, None)
    checkout = make_checkout(folder / "checkout")
    if settings.state.lifecycle:
        put_setting(checkout / "environments" / "dev.toml", "state", "lifecycle = false")
    return Workplace(folder, checkout, log, aws, env, folder / "outputs.json")


def tell_the_story(place: Workplace, narrator: Narrator) -> None:
    """Run the steps after the start of the embedded AWS."""
    with narrator.step("Make the state backend: a bucket and a key for Terraform's own state"):
        narrator.say("ops bootstrap dev --auto-approve, which moves its own state into the bucket it makes")
        minute = "the minute that the AWS provider waits for a lifecycle"
        without = "" if place.checkout == ROOT else " state.lifecycle = false, without"
        narrator.say(f"(with{without} {minute})")
        narrator.say("meanwhile, main.py synthesizes the stacks that step 3 deploys")
        with place.synthesizing():
            place.bootstrap(narrator.say)

    with narrator.step("Deploy the dev environment: key, bucket and managed policy"):
        narrator.say(f"cdktf deploy {STACK} --skip-synth, with its state in that backend")
        options = ("--skip-synth", "--auto-approve", "--outputs-file", str(place.outputs))
        place.cdktf("deploy", STACK, *options)
        for name, value in json.loads(place.outputs.read_text(encoding="utf-8"))[STACK].items():
            narrator.say(f"{name:18} {value if isinstance(value, str) else json.dumps(value)}")

    with narrator.step("Plan again: what was deployed is what was described"):
        expect_no_changes(place)
        narrator.say("terraform plan: no changes")

    with narrator.step(f"Presign an upload and a download link for {KEY}"):
        put = place.presign("put", KEY, "--file", EXAMPLE)
        get = place.presign("get", KEY, "--file", "downloaded.txt")
        narrator.say(put["curl"])
        narrator.say(get["curl"])

    with narrator.step("Use them: the data team needs curl and nothing else"):
        for content in (b"first version\n", b"second version\n"):
            (place.folder / EXAMPLE).write_bytes(content)
            expect(place.curl(put["curl"]), 200, "upload")
            expect(place.curl(get["curl"]), 200, "download")
            if (place.folder / "downloaded.txt").read_bytes() != content:
                raise OpsError("the downloaded bytes are not those that were uploaded")
            narrator.say(f"uploaded, downloaded and compared {content.decode().strip()!r}: the same bytes")

    with narrator.step("Misuse them: each of these is answered with 403 Forbidden"):
        refuse_misuse(place, narrator, put, get)

    title = "Look at the object: encrypted with our own key, and every version kept"
    # boto3 too must see no profile and no proxy of the user's.
    with narrator.step(title), variables(place.env):
        show_object(place, narrator)


def expect(status: int, wanted: int, what: str) -> None:
    """Raise an OpsError where an HTTP status is not the one wanted."""
    if status != wanted:
        raise OpsError(f"{what}: the answer was {status}, not {wanted}")


def expect_no_changes(place: Workplace) -> None:
    """Raise an OpsError where Terraform would change anything."""
    folder = Path(place.env["CDKTF_OUTPUT"], "stacks", STACK)
    command = ["terraform", "plan", "-detailed-exitcode", "-input=false", "-no-color"]
    status = run(command, env=place.env, cwd=folder, log=place.log)
    if status != 0:
        what = "would change what it just made" if status == 2 else "failed"
        raise OpsError(f"`terraform plan` {what}", f"its output is in {place.log}")


def without_headers(curl_line: str) -> str:
    """Return `curl_line` without its `-H` options."""
    words = iter(shlex.split(curl_line))
    return shlex.join([word for word in words if word != "-H" or not next(words)])


def tampered(url: str) -> str:
    """Return `url` with one digit of its signature changed."""
    return re.sub(r"(?<=X-Amz-Signature=)(.)", lambda digit: "1" if digit[0] == "0" else "0", url)


def refuse_misuse(place: Workplace, narrator: Narrator, put: dict[str, Any], get: dict[str, Any]) -> None:
    """Try three things that must not work."""
    short = place.presign("get", KEY, "--expires", "1s")
    expired = time.monotonic() + 2
    expect(place.curl(without_headers(put["curl"])), 403, "an upload without its headers")
    narrator.say("403  the same upload without its encryption headers")
    expect(place.curl(get["curl"].replace(get["url"], tampered(get["url"]))), 403, "a tampered link")
    narrator.say("403  the download link with one digit of its signature changed")
    time.sleep(max(0, expired - time.monotonic()))
    expect(place.curl(short["curl"]), 403, "an expired link")
    narrator.say("403  a link that was good for one second, after two")


def show_object(place: Workplace, narrator: Narrator) -> None:
    """Show how the object is encrypted, and its versions."""
    outputs = json.loads(place.outputs.read_text(encoding="utf-8"))[STACK]
    s3 = aws.client("s3", outputs["S3BucketRegion"])
    with aws.one_line_errors("cannot look at the object"):
        head = s3.head_object(Bucket=outputs["S3BucketName"], Key=KEY)
        versions = s3.list_object_versions(Bucket=outputs["S3BucketName"], Prefix=KEY)["Versions"]
    key, wanted = head.get("SSEKMSKeyId"), outputs["KMSKeyArn"]
    if key != wanted:
        raise OpsError(f"the object is encrypted with {key}, not with {wanted}")
    narrator.say(f"encryption {head['ServerSideEncryption']}, key {key}")
    for version in versions:
        latest = ", the latest" if version["IsLatest"] else ""
        narrator.say(f"version {version['VersionId']}: {version['Size']} bytes{latest}")
    if len(versions) < 2:  # more, where the sandbox had some
        raise OpsError(f"two uploads left {len(versions)} versions")
