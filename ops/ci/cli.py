"""`ops ci`: what a CI calls, whichever it is."""

import json

from ops.environment_argument import environment_argument

import click


def require_digest(ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """Refuse what cannot be a SHA-256."""
    from ops.ci.manifest import DIGEST

    if value is not None and not DIGEST.fullmatch(value):
        raise click.UsageError(f'--sha256 must be 64 hexadecimal digits in lower case; it is "{value}"', ctx)
    return value


allow_destroy = click.option(
    "--allow-destroy", is_flag=True, help="Let a dangerous plan through without the label (not on GitHub)."
)


@click.group()
def ci() -> None:
    """Plan, comment and deploy in CI; docs/ci.md tells how it goes together."""


@ci.command()
@click.option("--changed-since", metavar="COMMIT", help="Only those that differ since then.")
def environments(changed_since: str | None) -> None:
    """Print the names of the environments as JSON, for a matrix."""
    from ops.ci.git import changed_environments

    click.echo(json.dumps(changed_environments(changed_since)))


@ci.command()
@environment_argument
@click.option("--no-preflight", is_flag=True, help="Do not check first what a deploy of ENV needs.")
def plan(environment: str, *, no_preflight: bool) -> None:
    """Plan ENV, and store the plan and its review in ci-plan/ENV/ and in the state bucket."""
    from ops.ci.comment import marker
    from ops.ci.plan import run_plan

    run_plan(environment, marker=marker(environment), checked=not no_preflight)


@ci.command()
@environment_argument
@click.option(
    "--pull-request",
    type=click.IntRange(min=1),
    envvar="PULL_REQUEST",
    required=True,
    help="Its number; $PULL_REQUEST if left out.",
)
def comment(environment: str, pull_request: int) -> None:
    """Show the plan of ENV in the one comment on the pull request, which is made or updated."""
    from ops.ci.comment import run_comment

    run_comment(environment, pull_request)


@ci.command()
@environment_argument
@click.option(
    "--pull-request",
    type=click.IntRange(min=1),
    envvar="PULL_REQUEST",
    help="Its number; $PULL_REQUEST if left out.",
)
@allow_destroy
def gate(environment: str, pull_request: int | None, *, allow_destroy: bool) -> None:
    """Exit with 4 where the plan of ENV is dangerous and the pull request has no label `allow-destroy`."""
    from ops.ci.comment import run_gate

    run_gate(environment, pull_request, allowed=allow_destroy)


@ci.command()
@environment_argument
@click.option("--sha256", "digest", metavar="DIGEST", callback=require_digest, help="Which stored plan.")
@allow_destroy
def deploy(environment: str, digest: str | None, *, allow_destroy: bool) -> None:
    """Deploy the plan of ENV that was stored and reviewed for what is checked out, and nothing else."""
    from ops.ci.deploy import run_deploy

    run_deploy(environment, digest=digest, allowed=allow_destroy)
