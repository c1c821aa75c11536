"""The argument ENV of the commands, and which environments have a file."""

from pathlib import Path

from ops.shared.errors import OpsError
from ops.shared.toolchain import ROOT

import click


def environment_names(root: Path = ROOT) -> list[str]:
    """Return the names of the environments that have a file in a checkout, sorted.

    Raises:
        OpsError: there is none, or the folder cannot be read.
    """
    # Only here, as `ops --help` would have to wait for it.
    from settings.files import environment_files
    from settings.problems import SettingsError

    try:
        return list(environment_files(root / "environments"))
    except SettingsError as error:
        raise OpsError(error.problems[0]) from error


def require_environment(ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Refuse an empty ENV, which is what `make plan` gives where ENV is not set."""
    if not value:
        known = ", ".join(environment_names())
        raise click.UsageError(
            f"no environment was given; say ENV=… with one of {known}, or a new ephemeral name", ctx
        )
    return value


environment_argument = click.argument("environment", metavar="ENV", callback=require_environment)
