"""The commands that describe an environment, and change nothing in AWS: new, prove, deploy-policy."""

from pathlib import Path

from ops.shared.environment_argument import environment_argument, new_environment_argument

import click


def require_account_id(ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """Refuse what cannot be the id of an account."""
    # Only here, as `ops --help` would have to wait for it.
    from settings.names.aws import InvalidValueError, account_id
    from settings.problems import invalid

    try:
        return None if value is None else account_id(value)
    except InvalidValueError as error:
        raise click.UsageError(invalid("--account", error, value), ctx) from error


@click.command()
@new_environment_argument
@click.option(
    "--account",
    metavar="ID",
    callback=require_account_id,
    help="The AWS account; that of the credentials if left out.",
)
@click.option("--region", metavar="REGION", help="The region; the profile's or us-east-1 if left out.")
@click.option(
    "--role",
    "roles",
    metavar="NAME",
    multiple=True,
    help="Who may use the bucket: a role's name, or an ARN of a role or a user; can be given more than once.",
)
def new(environment: str, *, account: str | None, region: str | None, roles: tuple[str, ...]) -> None:
    """Write environments/ENV.toml; asks for what the options leave out, where there is a terminal."""
    from ops.deploy.new_command import run_new

    run_new(environment, account=account, region=region, roles=roles)


@click.command()
@environment_argument
@click.option("--format", "output_format", type=click.Choice(["text", "json"]), default="text")
def prove(environment: str, output_format: str) -> None:
    """Show what ENV's policies guarantee for every request; exits with 1 where a promise does not hold.

    ENV can be `all`, for every environment that has a file.
    """
    from ops.deploy.prove import run_prove

    run_prove(environment, output_format=output_format)


@click.command("deploy-policy")
@environment_argument
@click.option("--read-only", is_flag=True, help="For a role that only plans, with -lock=false.")
@click.option(
    "--account",
    metavar="ID",
    callback=require_account_id,
    help="The account, where the settings have no account_id.",
)
@click.option(
    "--directory",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Write a file for each managed policy into DIR, which is created, instead of printing.",
)
def deploy_policy(environment: str, read_only: bool, account: str | None, directory: Path | None) -> None:
    """Print the IAM policy of a role that deploys ENV, and can do nothing else.

    Where that takes several managed policies, it is a list of them.
    """
    from ops.deploy.deploy_policy import print_deploy_policy

    print_deploy_policy(environment, account=account, read_only=read_only, directory=directory)
