"""The demo of CI: a pull request's life, with real git, Terraform, roles and state, on an embedded AWS."""

import contextlib
import os
import tempfile
from pathlib import Path

from ops.ci.label import LABEL
from ops.ci.stand_in import AUTHOR, REVIEWER, stand_in
from ops.demo.ci_demo_bucket import (
    forge_review,
    make_state_bucket,
    overwrite_plan,
    refuse_writes_of_a_branch,
    remove_version,
    show_encryption,
)
from ops.demo.ci_demo_site import GIT, Site, clone
from ops.embedded.aws import embedded_aws
from ops.shared.checkout import settings_of
from ops.shared.errors import OpsError
from ops.shared.narrator import Narrator, variables
from ops.shared.toolchain import CACHE, tool_environment
from settings import resource_names

import click

STEPS = 12


def run_ci_demo() -> None:
    """Run every step, then remove all traces but the log.

    Raises:
        OpsError: a step failed, or something was not refused that should have been.
    """
    settings = settings_of("dev", {})
    CACHE.mkdir(exist_ok=True)
    log = CACHE / "ci-demo.log"
    log.write_bytes(b"")
    click.echo("A pull request's life: what was reviewed and approved is what is deployed, on an AWS inside")
    click.echo("this machine that asks who sends each request, and whether they may.")
    click.echo(f"What the tools print goes to {os.path.relpath(log)}")
    narrator = Narrator(STEPS)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="secure-s3-ci-demo-")))
        with narrator.step("Start an embedded AWS with authorization, and a stand-in for GitHub's API"):
            aws = stack.enter_context(embedded_aws(log, auth=True, tls=True))
            github = stack.enter_context(stand_in())
            narrator.say("GitHub cannot run here: the stand-in keeps comments, labels and merges")
        aws = aws.of_account(settings.account_id)
        tools = tool_environment(provider_version=settings.terraform.provider_version)
        env = tools | github.variables | GIT
        # Unbuffered, so that an error is the last line after all that was printed before it.
        env |= {"TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"}
        site = Site(folder / "checkout", log, env, aws, settings, github, narrator)
        # boto3 too must see no profile and no proxy of the user's.
        stack.enter_context(variables(aws.environment(env)))
        tell_the_story(site)
        verdict = f"All {narrator.steps} steps did what they should, in {narrator.seconds:.0f} s."
        click.secho(f"\n{verdict}", fg="green", bold=True)
    click.echo("Cleaned up: the clone, the embedded AWS and the stand-in are gone.")


def tell_the_story(site: Site) -> None:
    """Run the steps after the start of the embedded AWS."""
    set_up(site)
    review_and_deploy(site)
    move_main(site)
    lie(site)
    allow_a_danger(site)


def set_up(site: Site) -> None:
    """Make what an administrator makes: the state bucket and the roles."""
    say, step = site.narrator.say, site.narrator.step
    with step("Clone this checkout, make a state bucket, and the three roles that CI takes"):
        clone(site)
        say("the clone has what is committed here")
        make_state_bucket(site)
        say("the bucket is versioned and encrypted, made by boto3: `make demo` shows `make bootstrap`")
        site.make("ci-roles", None, "--auto-approve")
        say(f"make ci-roles: {resource_names.ci_roles('dev').review}, -plan and -deploy, of the real stack")
        say("each step from here on has a session of one of them, by a token as GitHub makes it;")
        say("only who signed the token is not checked by this AWS")


def review_and_deploy(site: Site) -> None:
    """Follow one pull request from its review to its deploy."""
    say, step = site.narrator.say, site.narrator.step
    with step("Pull request 1 makes the dev environment: plan it for people to read, and comment"):
        site.push(1)
        first = site.review_and_comment(1)
        require("cannot be judged yet" not in first, "policies of a first deploy are not judged")
        show_encryption(site, "review/1/", "plan.json")

    with step("Push to it again: the same comment is updated in place"):
        site.push(1, section="tags", setting='Team = "storage"')
        second = site.review_and_comment(1)
        require(first != second and len(site.github.comments[1]) == 1, "the comment was not updated")
        say(f"ci-gate: {site.make('ci-gate', 'review', '--pull-request=1').removeprefix('✓ ')}")

    with step("Merge it: main is planned again, somebody approves that, and exactly that is deployed"):
        site.merge(1)
        digest = site.plan()
        require("reviewed in one of these: #1" in site.summary, "the summary does not name the review")
        say(f"the job's summary, before anybody approves: {site.summary.splitlines()[0].removeprefix('## ')}")
        show_encryption(site, "plans/", "plan.tfplan")
        site.deploy(digest)

    with step("Plan main once more: what was deployed is what was described"):
        require(site.plan() == "", "there is something to deploy after the deploy")


def move_main(site: Site) -> None:
    """Deploy two pull requests at once, each reviewed without the other."""
    say, step = site.narrator.say, site.narrator.step
    with step("Pull requests 2 and 3 are reviewed, and both merged before any deploy: main moved"):
        site.push(2, section="presign", setting='max_expiry = "2d"')
        site.review_and_comment(2)
        site.push(3, section="encryption", setting="key_rotation_days = 180")
        site.review_and_comment(3)
        site.merge(2)
        site.merge(3)
        digest = site.plan()
        say("each change is in the review of one of them, so nobody has to review again")

    with step("Alter that plan in the bucket: it is refused; as it was, it is deployed, and only once"):
        version = overwrite_plan(site)
        site.refused("ci-deploy", "deploy", "the stored plan was altered", f"--sha256={digest}")
        remove_version(site, *version)
        say("… the plan is as it was")
        site.deploy(digest)
        say("… and now the state differs from the state that it was planned on")
        site.refused("ci-deploy", "deploy", "the plan is stale", f"--sha256={digest}")


def lie(site: Site) -> None:
    """Let a branch store what is not so."""
    say, step = site.narrator.say, site.narrator.step
    with step("Pull request 4 lies: its branch stores a review in which nothing changes"):
        refuse_writes_of_a_branch(site)
        site.push(4, section="tags", setting='CostCenter = "4711"')
        forge_review(site, 4)
        say("it can store a review of its own, and show that in the comment")
        site.merge(4)
        site.refused("ci-plan", "plan", "which is in no review")
        say("what decides is main's own plan: the change that nobody could read is refused")


def allow_a_danger(site: Site) -> None:
    """Get a dangerous change through."""
    say, step, github = site.narrator.say, site.narrator.step, site.github
    with step("Pull request 5 is dangerous: uploads need not name their encryption any more"):
        site.push(5, section="encryption", setting="require_upload_headers = false")
        site.review_and_comment(5)
        site.refused("ci-gate", "review", f"no label {LABEL}", "--pull-request=5", status=4)
        github.set_label(5, LABEL, AUTHOR)
        say("… now its author labels it")
        site.refused("ci-gate", "review", "by its author", "--pull-request=5", status=4)
        site.merge(5)
        site.refused("ci-plan", "plan", "by its author", status=4)

    with step("Somebody else labels it; but a push to main, past every review, changes more"):
        github.remove_label(5, LABEL, AUTHOR)
        github.set_label(5, LABEL, REVIEWER)
        site.commit("Past review", section="tags", setting='Owner = "nobody"')
        site.refused("ci-plan", "plan", "tags_all.Owner changes, and not in the review of pull request 5")

    with step("That push is taken back: main's plan is what was reviewed and allowed, and is deployed"):
        site.git("revert", "--no-edit", "HEAD")
        digest = site.plan()
        allowed = f"allowed by the label `{LABEL}` of #5"
        require(allowed in site.summary, "the summary does not name the label")
        say("the review of pull request 5 has the change of pull request 4, too: it was planned after that")
        site.deploy(digest)


def require(condition: object, problem: str) -> None:
    """Raise an OpsError with `problem` unless the condition is true."""
    if not condition:
        raise OpsError(problem)
