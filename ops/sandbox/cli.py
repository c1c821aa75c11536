"""The commands `ops sandbox …`."""

import os
import shlex
from dataclasses import replace

from ops.shared.environment_argument import environment_argument
from ops.shared.sandbox_variable import FOLDER

import click


@click.group()
def sandbox() -> None:
    """Start and end an embedded AWS that stays, and use it."""


@sandbox.command()
def start() -> None:
    """Start the sandbox in the background, with the data that it had."""
    from ops.sandbox import server

    aws, words = server.start()
    print(f"✓ the sandbox answers at {aws.endpoint}, from this machine only: {words}")
    print("  Every target works on it with SANDBOX=1, as in: make bootstrap ENV=dev SANDBOX=1")
    print(f"  `make sandbox-stop` ends it; its data stays in {os.path.relpath(FOLDER)}")


@sandbox.command()
@click.option(
    "--delete-data", is_flag=True, help="Also delete its account, and the states of environments in it."
)
def stop(*, delete_data: bool) -> None:
    """End the sandbox; its data stays."""
    from ops.sandbox import server

    ran, had_data = server.stop(delete_data=delete_data)
    data = f"its data {'is deleted' if delete_data else 'stays'}" if had_data else "it has no data"
    print(f"✓ the sandbox {'is stopped' if ran else 'did not run'}; {data}")


@sandbox.command()
@environment_argument
@click.option(
    "--as",
    "actor",
    type=click.Choice(["data", "deployer", "administrator"]),
    default="data",
    show_default=True,
    help="A data team with the managed policy, the role that deploys, or who may do everything.",
)
def env(environment: str, actor: str) -> None:
    """Print variables for a shell with which `presign`, curl and the AWS SDKs use ENV in the sandbox.

    The credentials end after 12 hours.
    """
    from ops.sandbox.switch import account_of

    _, account = account_of(environment, may_be_new=actor == "administrator")
    act_as = {"data": account.data_team, "deployer": account.deployer, "administrator": account.administrator}
    proxies = {name: os.environ[name] for name in ("no_proxy", "NO_PROXY") if name in os.environ}
    acting = replace(act_as[actor](), region=account.settings.region)
    variables = acting.environment(proxies) | {
        "AWS_DEFAULT_REGION": acting.region,  # boto3 reads only this
        "SSL_CERT_FILE": str(acting.certificate),  # as do the scripts of `presign --format python`
    }
    # Any other of them, such as AWS_ENDPOINT_URL_S3, could send a part of the requests elsewhere.
    set_here = {name for name in os.environ if name.startswith("AWS_") and name.isidentifier()}
    print("unset", *sorted({"AWS_PROFILE", "AWS_DEFAULT_PROFILE"} | (set_here - variables.keys())))
    for name, value in variables.items():
        print(f"export {name}={shlex.quote(value)}")
