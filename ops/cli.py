"""The `ops` command line: what the make targets call.

A command imports what it needs when it runs, as all others would have to wait for it.
"""

import os
import sys
from collections.abc import Callable

from ops.ci.cli import ci
from ops.deploy import cli as deploy_cli
from ops.fork.switch import use_what_is_asked_for
from ops.sandbox.actor import Actor, in_sandbox, refuse_sandbox
from ops.sandbox.cli import sandbox
from ops.several.cli import ForSeveral, reviewed
from ops.shared.environment_argument import environment_argument, refuse_option
from ops.shared.errors import OpsError
from ops.shared.process import unwind_on_signals
from ops.shared.sandbox_variable import as_here
from review.cli import review
from review.plan import PlanError

import click

cdktf_arguments = click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
passes_on = {"ignore_unknown_options": True}
says_yes = click.option("--yes", is_flag=True, help="Answer every question with yes.")
of_the_backend = click.option("--backend", is_flag=True, help="The state of the state stack itself.")
RATE = 10
"""Objects a second. GuardDuty's quotas have a number of control plane operations a second, of the account and
region (it was 25). No page says whether this operation is one, so we stay well below.
https://docs.aws.amazon.com/guardduty/latest/ug/malware-protection-s3-quotas-guardduty.html"""


def asking(*, yes: bool) -> Callable[[str], bool]:
    """Return what asks a person a question; with `yes`, it prints the question and agrees."""

    def ask(question: str) -> bool:
        if yes:
            print(f"{question} yes (--yes)")
        return yes or click.confirm(question)

    return ask


@click.group()
@click.pass_context
def ops(ctx: click.Context) -> None:
    """Run the project's tools with everything that they need in place."""
    refuse_option(ctx, os.environ)
    if ctx.invoked_subcommand == "ci":
        refuse_sandbox("the commands of CI")
    use_what_is_asked_for()


@ops.command(context_settings=passes_on)
@cdktf_arguments
def synth(arguments: tuple[str, ...]) -> None:
    """Write Terraform JSON for every environment to cdktf.out/ (`cdktf synth`)."""
    from ops.deploy import stack_commands

    stack_commands.synth(arguments)


@ops.command()
@environment_argument
@click.option("--auto-approve", is_flag=True, help="Apply without asking.")
@click.option(
    "--from-bucket",
    metavar="NAME",
    help="With state.of: the state bucket that ENV had before, if it had another than the default name.",
)
@click.option("--from-region", metavar="REGION", help="The region of --from-bucket, if it is not ENV's.")
@click.option(
    "--new-state", is_flag=True, help="Begin with an empty state although ENV is deployed; the old is lost."
)
@in_sandbox(Actor.ADMINISTRATOR)
def bootstrap(
    environment: str, *, auto_approve: bool, from_bucket: str | None, from_region: str | None, new_state: bool
) -> None:
    """Create the bucket and the key for ENV's Terraform state, and move their own state there.

    With state.of, move ENV's states to the bucket of that environment, and create only ENV's policies.
    """
    from ops.deploy.bootstrap import run_bootstrap

    run_bootstrap(
        environment,
        auto_approve=auto_approve,
        from_bucket=from_bucket,
        from_region=from_region,
        new_state=new_state,
    )


@ops.command(cls=ForSeveral, context_settings=passes_on)
@environment_argument
@click.option("--review", "reviewed", is_flag=True, help="Print the plan's review instead.")
@click.option("--format", "format_", type=click.Choice(["text", "markdown", "json"]), help="Of the review.")
@click.option(
    "--fail-on",
    type=click.Choice(["careful", "dangerous"]),
    help="Exit with 4 if the review's verdict is this, or worse.",
)
@cdktf_arguments
@click.pass_context
@in_sandbox(Actor.DEPLOYER)
def plan(
    ctx: click.Context,
    environment: str,
    arguments: tuple[str, ...],
    *,
    reviewed: bool,
    format_: str | None,
    fail_on: str | None,
) -> None:
    """Show what a deploy of ENV would change (`cdktf diff`); with --review, as a pull request shows it."""
    from ops.deploy import stack_commands

    if not reviewed:
        if format_ or fail_on:
            raise click.UsageError("--format and --fail-on go together with --review", ctx)
        stack_commands.plan(environment, arguments)
        return
    if arguments:
        raise click.UsageError(f"--review takes no arguments for cdktf; it has {' '.join(arguments)}", ctx)
    from ops.ci.local_review import run_local_review

    sys.exit(run_local_review(environment, format_=format_ or "text", fail_on=fail_on))


@ops.command(cls=ForSeveral)
@environment_argument
@in_sandbox(Actor.DEPLOYER)
def preflight(environment: str) -> None:
    """Check all that a deploy of ENV needs; changes nothing, and exits with 1 where something is missing."""
    from ops.preflight.command import require

    require(environment)


@ops.command(cls=ForSeveral)
@environment_argument
@click.option("--format", "output_format", type=click.Choice(["text", "json"]), default="text")
@click.option(
    "--storage-only", is_flag=True, help="Leave out the state stack, which CI's roles may not read."
)
@in_sandbox(Actor.ADMINISTRATOR)
def drift(environment: str, output_format: str, *, storage_only: bool) -> None:
    """Show what was changed by hand in ENV; exits with 3 where anything was."""
    from ops.deploy import drift_report

    if drift_report.run_drift(environment, output_format=output_format, storage_only=storage_only):
        sys.exit(drift_report.DRIFTED)


@ops.command(cls=ForSeveral, context_settings=passes_on)
@environment_argument
@click.option("--no-preflight", is_flag=True, help="Do not run `ops preflight ENV` first.")
@cdktf_arguments
@in_sandbox(Actor.DEPLOYER)
def deploy(environment: str, arguments: tuple[str, ...], *, no_preflight: bool) -> None:
    """Deploy ENV (`cdktf deploy`) after its preflight; its outputs go to outputs.ENV.json."""
    from ops.deploy import stack_commands
    from ops.preflight.command import require

    if not no_preflight:
        require(environment)
    stack_commands.deploy(environment, arguments)


@ops.command("ci-roles", context_settings=passes_on)
@environment_argument
@cdktf_arguments
@in_sandbox(Actor.ADMINISTRATOR)
def ci_roles(environment: str, arguments: tuple[str, ...]) -> None:
    """Deploy the roles with which CI plans and deploys ENV; outputs go to outputs.ENV.ci.json."""
    from ops.deploy import stack_commands

    stack_commands.deploy_ci_roles(environment, arguments)


@ops.command(context_settings=passes_on)
@environment_argument
@cdktf_arguments
@in_sandbox(Actor.DEPLOYER)
def destroy(environment: str, arguments: tuple[str, ...]) -> None:
    """Destroy what `ops deploy ENV` created (`cdktf destroy`)."""
    from ops.deploy import stack_commands

    stack_commands.destroy(environment, arguments)


@ops.command()
@environment_argument
@click.option("--auto-approve", is_flag=True, help="Do not ask for the environment's name.")
@in_sandbox(Actor.ADMINISTRATOR)
def teardown(environment: str, *, auto_approve: bool) -> None:
    """Remove all that bootstrap, deploy and ci-roles made of ENV, its state last."""
    from ops.deploy.teardown import run_teardown

    run_teardown(environment, auto_approve=auto_approve)


@ops.command()
@environment_argument
@click.option(
    "--release-lock",
    "release",
    metavar="ID",
    multiple=True,
    help="Release the lock with this id, if its run is certainly dead; no other lock is released.",
)
@says_yes
@in_sandbox(Actor.ADMINISTRATOR)
def recover(environment: str, release: tuple[str, ...], yes: bool) -> None:
    """After a deploy of ENV that died: release its lock, and import what it created into the state."""
    from ops.deploy.recover import recover as run_recover

    run_recover(environment, asking(yes=yes), release)


@ops.command("scan-existing")
@environment_argument
@click.option("--prefix", metavar="PREFIX", help="Only objects whose keys start with this.")
@click.option("--after", metavar="KEY", default="", help="Only objects whose keys come after this one.")
@click.option(
    "--rate", type=click.IntRange(1, 100), default=RATE, show_default=True, help="Objects a second, at most."
)
@click.option("--versions", is_flag=True, help="Earlier versions, too, and what is behind a delete marker.")
@click.option("--all", "everything", is_flag=True, help="Also what has a result: it may be forged.")
@click.option("--dry-run", is_flag=True, help="Only count them.")
@in_sandbox(Actor.ADMINISTRATOR)
def scan_existing(
    environment: str,
    prefix: str | None,
    after: str,
    *,
    rate: int,
    versions: bool,
    everything: bool,
    dry_run: bool,
) -> None:
    """Have GuardDuty scan objects of ENV for malware that were there before: those without a result."""
    from ops.deploy.scan_existing import Choice, run_scan_existing

    choice = Choice(rate=rate, after=after, versions=versions, everything=everything, dry_run=dry_run)
    run_scan_existing(environment, prefix, choice)


@ops.group()
def state() -> None:
    """List the versions of ENV's Terraform state, and restore an earlier one."""


@state.command("versions")
@environment_argument
@of_the_backend
@in_sandbox(Actor.ADMINISTRATOR)
def state_versions(environment: str, backend: bool) -> None:
    """List the versions of ENV's state, the newest first."""
    from ops.deploy.bootstrapped import require_bootstrapped
    from ops.shared.checkout import settings_of
    from ops.state.state_commands import show_versions

    require_bootstrapped(settings_of(environment))
    show_versions(environment, backend=backend)


@state.command("restore")
@environment_argument
@click.option(
    "--version", metavar="ID", help="Which version; the last good version before the newest if left out."
)
@of_the_backend
@says_yes
@in_sandbox(Actor.ADMINISTRATOR)
def state_restore(environment: str, version: str | None, backend: bool, yes: bool) -> None:
    """Make an earlier version of ENV's state the newest, after showing both."""
    from ops.deploy.bootstrapped import require_bootstrapped
    from ops.shared.checkout import settings_of
    from ops.state.state_commands import restore

    require_bootstrapped(settings_of(environment))
    restore(environment, version, asking(yes=yes), backend=backend)


@ops.command()
@click.option("--keep", is_flag=True, help="Work on the sandbox, and leave what was deployed in it.")
def demo(keep: bool) -> None:
    """Run the whole job against an embedded AWS: deploy, presign, transfer."""
    from ops.demo.main_job import run_demo

    run_demo(keep=keep)


@ops.command("ci-demo")
def ci_demo() -> None:
    """Show a pull request's life against an embedded AWS: plan, comment, deploy, and what is refused."""
    from ops.demo.ci_demo import run_ci_demo

    run_ci_demo()


@ops.command()
def scan() -> None:
    """Check every environment with Checkov; only what ops/scan/controls.toml waives may fail."""
    from ops.scan.command import run_scan

    run_scan()


@ops.command(context_settings=passes_on)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def benchmark(arguments: tuple[str, ...]) -> None:
    """Measure presign against its peers (`python -m benchmarks.presign`)."""
    from ops.demo.benchmark import run_benchmark

    run_benchmark(arguments)


for command in (deploy_cli.new, deploy_cli.prove, deploy_cli.deploy_policy):
    ops.add_command(command)
ops.add_command(review)
ops.add_command(ci)
ops.add_command(sandbox)
ops.add_command(reviewed)


def main() -> None:
    """Run the command line; every failure is one line on standard error."""
    unwind_on_signals()
    try:
        ops.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        sys.exit(2)
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "ops"
        print(f"Error: {as_here(error.format_message())} (see `{command} --help`)", file=sys.stderr)
        sys.exit(2)
    except (OpsError, PlanError, OSError) as error:
        if isinstance(error.__cause__, click.exceptions.Abort) and sys.stdin.isatty():
            print(file=sys.stderr)  # the question ended without a line break
        for line in as_here(str(error)).splitlines():
            print(f"Error: {line}", file=sys.stderr)
        sys.exit(error.status if isinstance(error, OpsError) else 1)
    except KeyboardInterrupt:
        sys.exit(130)
