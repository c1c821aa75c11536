"""`ops ci`: the commands for a CI, on GitHub or elsewhere."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

from ops.shared.environment_argument import environment_argument

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def require_digest(ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Refuse what cannot be a SHA-256."""
    from ops.ci.manifest import DIGEST

    if not DIGEST.fullmatch(value):
        raise click.UsageError(f'--sha256 must be 64 hexadecimal digits in lower case; it is "{value}"', ctx)
    return value


allow_destroy = click.option(
    "--allow-destroy", is_flag=True, help="Let a dangerous plan through without the label (not on GitHub)."
)
no_preflight = click.option(
    "--no-preflight", is_flag=True, help="Do not check first what a deploy of ENV needs."
)


def pull_request(*, required: bool) -> Callable[[Command], Command]:
    """Return the option with the number of the pull request."""
    return click.option(
        "--pull-request",
        type=click.IntRange(min=1),
        envvar="PULL_REQUEST",
        required=required,
        help="Its number; $PULL_REQUEST if left out.",
    )


@click.group()
def ci() -> None:
    """Plan, comment and deploy in CI; docs/ci.md explains how they work together."""


@ci.command()
@click.option("--changed-since", metavar="COMMIT", help="Only those that differ since then.")
def environments(changed_since: str | None) -> None:
    """Print the names of the environments as JSON, for a matrix."""
    from ops.ci.git import changed_environments

    click.echo(json.dumps(changed_environments(changed_since)))


@ci.command()
@environment_argument
@click.option("--variable", metavar="NAME", required=True, help="The variable that names it.")
def role(environment: str, variable: str) -> None:
    """Print the role for ENV that a variable names: an ARN, or a JSON object of ARNs by environment."""
    from ops.ci.runner import role_of

    click.echo(role_of(environment, variable))


@ci.command()
@environment_argument
@pull_request(required=True)
@click.option(
    "--changed-since",
    metavar="COMMIT",
    help="The commit that it starts from: then the review names changed code that judges changes.",
)
@no_preflight
def review(environment: str, pull_request: int, changed_since: str | None, *, no_preflight: bool) -> None:
    """Plan ENV for people to read, and store the review in ci-review/ENV/ and in the state bucket."""
    from ops.ci.review import run_review

    run_review(environment, pull_request, base=changed_since, checked=not no_preflight)


@ci.command()
@environment_argument
@pull_request(required=True)
def comment(environment: str, pull_request: int) -> None:
    """Show the review of ENV in the one comment on the pull request, which is made or updated."""
    from ops.ci.comment import run_comment

    run_comment(environment, pull_request)


@ci.command()
@environment_argument
@pull_request(required=False)
@allow_destroy
def gate(environment: str, pull_request: int | None, *, allow_destroy: bool) -> None:
    """Exit with 4 where the plan of ENV is dangerous and no label `allow-destroy` counts."""
    from ops.ci.comment import run_gate

    run_gate(environment, pull_request, allowed=allow_destroy)


@ci.command()
@environment_argument
@click.option(
    "--merged",
    "merged",
    type=click.IntRange(min=1),
    multiple=True,
    help="A pull request merged since the last deploy (not on GitHub); can be given more than once.",
)
@allow_destroy
@no_preflight
def plan(environment: str, merged: tuple[int, ...], *, allow_destroy: bool, no_preflight: bool) -> None:
    """Plan ENV on the main branch, compare the plan with what was reviewed, and store it for the deploy."""
    from ops.ci.plan import run_plan

    run_plan(environment, checked=not no_preflight, numbers=merged, allowed=allow_destroy)


@ci.command()
@environment_argument
@click.option(
    "--sha256",
    "digest",
    metavar="DIGEST",
    required=True,
    callback=require_digest,
    help="Which stored plan; `ops ci plan` prints it.",
)
@allow_destroy
def deploy(environment: str, digest: str, *, allow_destroy: bool) -> None:
    """Deploy the plan of ENV that was stored and approved for what is checked out, and nothing else."""
    from ops.ci.deploy import run_deploy

    run_deploy(environment, digest=digest, allowed=allow_destroy)
