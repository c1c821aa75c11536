"""The `ops` command line: what the make targets call."""

import gc
import sys

from ops import stack_commands
from ops.demo import run_demo
from ops.errors import OpsError
from ops.process import unwind_on_signals
from ops.review.command import run_review
from ops.scan import run_scan
from ops.toolchain import ROOT

import click


def require_environment(ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Refuse an empty ENV, which is what `make plan` gives where ENV is not set."""
    if not value:
        known = ", ".join(sorted(path.stem for path in (ROOT / "environments").glob("*.toml")))
        raise click.UsageError(
            f"no environment was given; say ENV=… with one of {known}, or a new ephemeral name", ctx
        )
    return value


environment_argument = click.argument("environment", metavar="ENV", callback=require_environment)
cdktf_arguments = click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
passes_on = {"ignore_unknown_options": True}


@click.group()
def ops() -> None:
    """Run the project's tools with everything that they need in place."""


@ops.command(context_settings=passes_on)
@cdktf_arguments
def synth(arguments: tuple[str, ...]) -> None:
    """Write Terraform JSON for every environment to cdktf.out/ (`cdktf synth`)."""
    stack_commands.synth(arguments)


@ops.command(context_settings=passes_on)
@environment_argument
@cdktf_arguments
def bootstrap(environment: str, arguments: tuple[str, ...]) -> None:
    """Make the bucket and the key that hold ENV's Terraform state."""
    stack_commands.bootstrap(environment, arguments)


@ops.command(context_settings=passes_on)
@environment_argument
@cdktf_arguments
def plan(environment: str, arguments: tuple[str, ...]) -> None:
    """Show what a deploy of ENV would change (`cdktf diff`)."""
    stack_commands.plan(environment, arguments)


@ops.command(context_settings=passes_on)
@environment_argument
@cdktf_arguments
def deploy(environment: str, arguments: tuple[str, ...]) -> None:
    """Deploy ENV (`cdktf deploy`); its outputs go to outputs.ENV.json."""
    stack_commands.deploy(environment, arguments)


@ops.command(context_settings=passes_on)
@environment_argument
@cdktf_arguments
def destroy(environment: str, arguments: tuple[str, ...]) -> None:
    """Destroy what `ops deploy ENV` made (`cdktf destroy`)."""
    stack_commands.destroy(environment, arguments)


@ops.command()
@click.option("--keep", is_flag=True, help="Leave the embedded AWS running until Ctrl-C, to try things.")
def demo(keep: bool) -> None:
    """Run the whole job against an embedded AWS: deploy, presign, transfer."""
    run_demo(keep=keep)


@ops.command()
def scan() -> None:
    """Check every environment with Checkov; only what docs/controls.md waives may fail."""
    run_scan()


@ops.command()
@click.argument("plan", metavar="PLAN.json")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["markdown", "text", "json"]),
    default="markdown",
    show_default=True,
    help="What to write.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["careful", "dangerous"]),
    help="Exit with 4 where the verdict is that, or worse.",
)
@click.option(
    "--marker", default="", metavar="TEXT", help="Hide TEXT at the top, to find the comment again by."
)
@click.option(
    "--synthesized", metavar="NEW.tf.json", help="What is planned, as synthesized; with --deployed."
)
@click.option(
    "--deployed", metavar="OLD.tf.json", help="What is deployed, as synthesized; with --synthesized."
)
@click.pass_context
def review(
    ctx: click.Context,
    plan: str,
    format_: str,
    fail_on: str | None,
    marker: str,
    synthesized: str | None,
    deployed: str | None,
) -> None:
    """Say what a plan changes, and whether that is safe for the data.

    PLAN.json is what `terraform show -json PLANFILE` prints; - reads it from
    standard input. prevent_destroy stands in no plan: with --synthesized and
    --deployed both configurations are compared as well.
    """
    if (synthesized is None) != (deployed is None):
        raise click.UsageError("--synthesized and --deployed go together", ctx)
    if [plan, synthesized, deployed].count("-") > 1:
        raise click.UsageError("only one file can be standard input", ctx)
    # Nothing of a plan can be freed before the end, and looking for it takes a third of the time.
    gc.disable()
    status = run_review(
        plan, format_=format_, fail_on=fail_on, marker=marker, synthesized=synthesized, deployed=deployed
    )
    sys.exit(status)


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
        print(f"Error: {error.format_message()} (see `{command} --help`)", file=sys.stderr)
        sys.exit(2)
    except (OpsError, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
