"""The command line for several environments: commands whose ENV can be a pattern, and their two halves."""

import sys
from pathlib import Path

from ops.sandbox.actor import Actor, in_sandbox
from ops.shared.environment_argument import environment_argument, is_pattern

import click


class ForSeveral(click.Command):
    """A command that runs once for each environment, side by side, if ENV is a pattern or `all`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Remember the words of the command line."""
        ctx.meta[__name__] = list(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command, or a process of it for each environment."""
        pattern = ctx.params["environment"]
        if not is_pattern(pattern):
            return super().invoke(ctx)
        from ops.several.run import run_several

        options: list[str] = ctx.meta[__name__]
        options.remove(pattern)
        sys.exit(run_several(str(self.name), pattern, options))


folder = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))


@click.group(hidden=True)
def reviewed() -> None:
    """The two halves of a deploy, which `ops deploy` runs for several environments."""


@reviewed.command()
@environment_argument
@folder
@click.option("--no-preflight", is_flag=True, help="Do not run `ops preflight ENV` first.")
@in_sandbox(Actor.DEPLOYER)
def plan(environment: str, folder: Path, *, no_preflight: bool) -> None:
    """Plan ENV, print the review, and keep the plan in DIR, which is created."""
    from ops.ci.local_deploy import plan_into

    plan_into(folder, environment, checked=not no_preflight)


@reviewed.command()
@environment_argument
@folder
@in_sandbox(Actor.DEPLOYER)
def deploy(environment: str, folder: Path) -> None:
    """Deploy the plan of ENV in DIR."""
    from ops.ci.local_deploy import deploy_from

    deploy_from(folder, environment)
