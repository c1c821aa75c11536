"""The argument ENV of the commands."""

from ops.toolchain import ROOT

import click


def require_environment(ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Refuse an empty ENV, which is what `make plan` gives where ENV is not set."""
    if not value:
        known = ", ".join(sorted(path.stem for path in (ROOT / "environments").glob("*.toml")))
        raise click.UsageError(
            f"no environment was given; say ENV=… with one of {known}, or a new ephemeral name", ctx
        )
    return value


environment_argument = click.argument("environment", metavar="ENV", callback=require_environment)
