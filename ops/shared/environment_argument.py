"""The argument ENV of the commands, and which environments have a file."""

from collections.abc import Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path

from ops.shared.errors import OpsError
from ops.shared.toolchain import ROOT
from settings.defaults import EVERY_ENVIRONMENT

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


def is_pattern(environment: str) -> bool:
    """Return whether ENV stands for several environments: `all`, or a pattern such as `team-*`."""
    return environment == EVERY_ENVIRONMENT or any(character in environment for character in "*?[")


def matching(pattern: str) -> list[str]:
    """Return the environments with a file that a pattern matches, sorted; `all` matches each.

    Raises:
        OpsError: there is none.
    """
    known = environment_names()
    found = known if pattern == EVERY_ENVIRONMENT else [one for one in known if fnmatchcase(one, pattern)]
    if not found:
        raise OpsError(f'no environment matches "{pattern}"; those with a file are {", ".join(known)}')
    return found


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
    return f'did you mean "{near}"? {those_with_a_file()} If not, make bootstrap ENV={name}'


def those_with_a_file() -> str:
    """Name the environments that have a file."""
    return f"Those with a file are {', '.join(environment_names())}."


def refuse_option(ctx: click.Context, environ: Mapping[str, str]) -> None:
    """Refuse an ENV of make, which gives it as a word, that click would take for an option."""
    name = environ.get("ENV", "")
    if name.startswith("-"):
        raise click.UsageError(f'ENV must be the name of an environment, not "{name}"', ctx)


def require_environment(ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Refuse an empty ENV, which is what `make plan` gives where ENV is not set."""
    if not value:
        raise click.UsageError(
            f"no environment was given; say ENV=… {those_with_a_file()} A new name is ephemeral.", ctx
        )
    return value


def require_new_environment(ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Refuse an empty ENV where it is the name of an environment to make."""
    if not value:
        raise click.UsageError(f"no name was given; say ENV=… with a new one. {those_with_a_file()}", ctx)
    return value


environment_argument = click.argument("environment", metavar="ENV", callback=require_environment)
new_environment_argument = click.argument("environment", metavar="ENV", callback=require_new_environment)
