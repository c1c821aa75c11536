"""`ops new`: the questions, where somebody can answer them, and what comes next."""

import sys
from collections.abc import Callable, Sequence

from ops.deploy.caller import ask_caller
from ops.deploy.new_environment import (
    Wanted,
    check_role,
    default_names,
    refuse_existing,
    with_path,
    write_new,
)
from ops.shared import aws
from ops.shared.checkout import environments_folder, settings_of
from ops.shared.errors import OpsError
from settings.defaults import DEFAULT_REGION
from settings.names import aws as aws_names
from settings.names.aws import InvalidValueError
from settings.problems import invalid

import click

PROTECTED = """\
It is protected (protect = true, the default): no plan can destroy its bucket or its key, and make destroy and
make teardown refuse, until protect = false is at the top of {0}.
"""
NEXT = """\
Next, in this order; each asks before it changes anything:
  make bootstrap ENV={0}   create the bucket and the key for Terraform's state
  make plan ENV={0}        show what a deploy would create
  make deploy ENV={0}      deploy, and write outputs.{0}.json for presign
To try it on this machine first: make sandbox, and SANDBOX=1 after each of these.
Commit environments/{0}.toml: it is the environment."""


def run_new(environment: str, *, account: str | None, region: str | None, roles: Sequence[str]) -> None:
    """Write environments/ENV.toml, after questions for what the options leave open.

    Without a terminal nothing is asked, and what is open has its default.

    Args:
        environment: its name.
        account: its account; that of the credentials where None.
        region: its region; the credentials' or us-east-1 where None.
        roles: who may use the bucket; the account's own IAM policies decide where there are none.

    Raises:
        OpsError: the environment has a file already, or an answer is wrong or missing; nothing is written.
    """
    try:
        _run(environment, account=account, region=region, roles=roles)
    except click.Abort as error:
        raise OpsError("aborted: nothing was written", status=130) from error


def _run(environment: str, *, account: str | None, region: str | None, roles: Sequence[str]) -> None:
    directory = environments_folder()
    refuse_existing(environment, directory)
    asks = sys.stdin.isatty()
    region = _checked("--region", region, aws_names.region) or _default_region()
    if asks:
        region = _ask("Region", region, aws_names.region)
    chosen = [_checked("--role", role, check_role) or role for role in roles]
    found = _account_of_credentials(region)
    account = account or found
    if asks:
        account = _ask("AWS account (12 digits; - for none)", account or "-", _account_or_none)
        account = None if account == "-" else account
    if asks and not chosen:
        role = _ask("Role that may use the bucket (name or ARN; - lets IAM decide)", "-", _role_or_none)
        chosen = [] if role == "-" else [role]
    if found is not None and found == account:
        chosen = [_looked_up(role, region) for role in chosen]
    wanted = Wanted(environment, region, account, chosen)
    file = write_new(wanted, directory)
    click.echo(f"✓ {file.as_posix()} is written, and valid:\n")
    click.echo("".join(f"    {line}\n" if line else "\n" for line in file.read_text().splitlines()))
    if settings_of(environment).protect:
        click.echo(PROTECTED.format(file.as_posix()))
    if taken := default_names(wanted):
        click.echo(f"Note: somebody else may have taken {', '.join(taken)}: no account's id is in it")
    click.echo(NEXT.format(environment))


def _default_region() -> str:
    import boto3

    try:
        return aws_names.region(boto3.Session().region_name or DEFAULT_REGION)
    except InvalidValueError:
        return DEFAULT_REGION


def _account_of_credentials(region: str) -> str | None:
    try:
        with aws.one_line_errors():
            return ask_caller(region).account
    except OpsError as error:
        click.echo(f"Note: AWS does not say which account it is ({error.problem})", err=True)
        return None


def _looked_up(role: str, region: str) -> str:
    arn = with_path(role, region)
    if arn is None:
        click.echo(f"Note: there is no role {role} yet; make it before the deploy", err=True)
    return arn or role


def _checked(option: str, value: str | None, check: Callable[[str], str]) -> str | None:
    try:
        return None if value is None else check(value)
    except InvalidValueError as error:
        raise OpsError(invalid(option, error, value), status=2) from error


def _account_or_none(text: str) -> str:
    return text if text == "-" else aws_names.account_id(text)


def _role_or_none(text: str) -> str:
    return text if text == "-" else check_role(text)


def _ask(question: str, default: str, check: Callable[[str], str]) -> str:
    """Ask until the answer is valid."""

    def accept(answer: str) -> str:
        try:
            return check(answer.strip())
        except InvalidValueError as error:
            raise click.UsageError(str(error)) from error

    return str(click.prompt(question, default=default, value_proc=accept))
