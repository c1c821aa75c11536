"""The argument ENV of the commands, and which environments have a file."""

from difflib import get_close_matches
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


def like_another(name: str) -> str | None:
    """Return the environment that a name without a file looks like, and so may be a misspelling of.

    Raises:
        OpsError: there is no environment with a file.
    """
    known = environment_names()
    if name in known:
        return None
    near = get_close_matches(name, known, n=1, cutoff=0.65)
    near = near or [other for other in known if name.startswith(other) and name[len(other) :].isalpha()]
    return near[0] if near else None


def without_a_file(name: str) -> str:
    """Say what an environment without a file is."""
    return f"{name} has no file of its own: it is ephemeral, made from environments/dev.toml"


def did_you_mean(name: str, near: str) -> str:
    """Say what to do about a name that looks like `near`, and whose environment does not exist yet."""
    return f'did you mean "{near}"? If not, make bootstrap ENV={name}'


def require_environment(ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Refuse an empty ENV, which is what `make plan` gives where ENV is not set."""
    if not value:
        known = ", ".join(environment_names())
        raise click.UsageError(
            f"no environment was given; say ENV=… with one of {known}, or a new ephemeral name", ctx
        )
    return value


environment_argument = click.argument("environment", metavar="ENV", callback=require_environment)
