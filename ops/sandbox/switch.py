"""`SANDBOX=1`: a command of ops works on the sandbox, as a role of its account."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from ops.deploy.bootstrapped import refuse_misspelt
from ops.embedded.aws import EmbeddedAws
from ops.sandbox import server
from ops.sandbox.account import Account
from ops.sandbox.actor import Actor
from ops.shared.checkout import file_of, settings_of
from ops.shared.errors import OpsError
from ops.shared.sandbox_variable import VARIABLE, as_here
from settings.model import Settings
from settings.names.aws import partition_of

REAL = (
    *(
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
    ),
    *("AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"),
    *("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
)
"""Variables that say whose the credentials are, by the SDKs' reference:
https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html"""


def enter(environment: str, actor: Actor) -> None:
    """Point this process, and all that it starts, at the sandbox, as a role of its account.

    Raises:
        OpsError: it does not run, the variables have credentials of another AWS, or the settings are wrong.
    """
    sandbox, account = account_of(environment, may_be_new=actor is Actor.ADMINISTRATOR)
    aws = account.administrator() if actor is Actor.ADMINISTRATOR else account.deployer()
    _become(aws)
    print(
        f"Sandbox: {sandbox.endpoint}, as {aws.client('sts').get_caller_identity()['Arn']}", file=sys.stderr
    )


def account_of(environment: str, *, may_be_new: bool) -> tuple[EmbeddedAws, Account]:
    """Return the sandbox, and the environment's account in it, with the roles that its settings name.

    Nothing is made for a name that looks misspelt, unless its environment exists, or it `may_be_new`.
    """
    refuse_real_credentials(os.environ)
    sandbox = server.require_running()
    settings = settings_of(environment)
    _require_partition(settings)
    account = Account(sandbox, settings)
    if not may_be_new:
        _refuse_misspelt(environment, account.root)
    for name in account.make_named_roles():
        print(f"Sandbox: made role {name}, which {file_of(environment)} names", file=sys.stderr)
    return sandbox, account


def _refuse_misspelt(environment: str, root: EmbeddedAws) -> None:
    outside = dict(os.environ)
    _become(root)
    try:
        refuse_misspelt(environment)
    except OpsError as error:
        raise OpsError(error.problem, as_here(error.remedy, {VARIABLE: "1"})) from error
    finally:
        os.environ.clear()
        os.environ.update(outside)


def _become(aws: EmbeddedAws) -> None:
    variables = variables_of(aws, os.environ)
    os.environ.clear()
    os.environ.update(variables)


def variables_of(aws: EmbeddedAws, environ: Mapping[str, str]) -> dict[str, str]:
    """Return `environ` for the tools, on the sandbox; what they write lies apart from what is real.

    A part of the sandbox's own output folder stays: of several environments, each has one.
    """
    given = Path(environ.get("CDKTF_OUTPUT", ""))
    output = given if given.is_relative_to(server.OUTPUT) else server.OUTPUT
    kept = {"AWS_REGION": environ["AWS_REGION"]} if environ.get("AWS_REGION") else {}
    return aws.environment(environ) | kept | {"CDKTF_OUTPUT": str(output)}


def refuse_real_credentials(environ: Mapping[str, str]) -> None:
    """Raise an OpsError if `environ` has credentials or an endpoint of another AWS than the sandbox."""
    about = server.written_down()
    endpoint = environ.get("AWS_ENDPOINT_URL")
    if about is not None and endpoint == about.aws.endpoint:
        return  # what `ops sandbox env` prints
    given = [name for name in (*REAL, "AWS_ENDPOINT_URL") if environ.get(name)]
    if given:
        raise OpsError(
            f"{VARIABLE}=1 uses the sandbox, but {' and '.join(given[:2])} would use another AWS",
            f"`unset {' '.join(given)}`, or leave out {VARIABLE}=1",
        )


def _require_partition(settings: Settings) -> None:
    if partition_of(settings.region) != "aws":
        raise OpsError(
            f"the sandbox has no {settings.region}: it knows the partition aws only",
            f"choose another region in {file_of(settings.environment)}",
        )
