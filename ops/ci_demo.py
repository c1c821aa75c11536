"""The demo of CI: a pull request's life, with real git, Terraform and state, and an AWS on this machine."""

import contextlib
import os
import tempfile
from pathlib import Path

from ops.ci.stand_in import stand_in
from ops.ci_demo_site import DEV, GIT, Site, clone
from ops.embedded_aws import embedded_aws
from ops.errors import OpsError
from ops.narrator import Narrator, variables
from ops.remote_state import RemoteState
from ops.stack_commands import checked_settings
from ops.toolchain import CACHE, tool_environment

import click

STACK = "secure-storage-dev"


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
