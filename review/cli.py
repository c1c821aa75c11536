"""The `review` command, as `ops review` and `python -m review` have it."""

import gc
import sys

import click


@click.command()
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
    help="Exit with 4 if the verdict is this, or worse.",
)
@click.option("--marker", default="", metavar="TEXT", help="Hide TEXT at the top, to find the comment again.")
@click.option("--environment", default="", metavar="ENV", help="The environment's name, for the heading.")
@click.option(
    "--synthesized", metavar="NEW.tf.json", help="The synthesized JSON of what is planned; needs --deployed."
)
@click.option(
    "--deployed", metavar="OLD.tf.json", help="The synthesized JSON of what is deployed; needs --synthesized."
)
@click.option("--log", metavar="LOG", help="What `terraform plan -json` wrote, for Terraform's warnings.")
@click.option(
    "--raw", metavar="TEXT", help="What `terraform show -no-color` printed: shown masked and folded."
)
@click.pass_context
def review(
    ctx: click.Context,
    plan: str,
    format_: str,
    fail_on: str | None,
    marker: str,
    environment: str,
    synthesized: str | None,
    deployed: str | None,
    log: str | None,
    raw: str | None,
) -> None:
    """Say what a plan changes, and whether that is safe for the data.

    PLAN.json is what `terraform show -json PLANFILE` prints; - reads it from
    standard input. A plan does not contain prevent_destroy: with --synthesized and
    --deployed, both configurations are compared too.
    """
    if (synthesized is None) != (deployed is None):
        raise click.UsageError("--synthesized and --deployed go together", ctx)
    if [plan, synthesized, deployed, log, raw].count("-") > 1:
        raise click.UsageError("only one file can be standard input", ctx)
    from review.command import run_review  # only here, as `ops --help` would have to wait for it

    # Nothing of a plan can be freed before the end, and looking for it takes a third of the time.
    gc.disable()
    status = run_review(
        plan,
        format_=format_,
        fail_on=fail_on,
        marker=marker,
        synthesized=synthesized,
        deployed=deployed,
        log=log,
        raw=raw,
        environment=environment,
    )
    sys.exit(status)
