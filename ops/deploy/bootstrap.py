"""`ops bootstrap`: makes what an environment's Terraform state needs, in its own bucket or in another's."""

from ops.deploy.move_state import OldBackend
from ops.deploy.own_backend import Bootstrap
from ops.deploy.shared_backend import GuestBootstrap
from ops.shared.checkout import file_of
from ops.shared.environment_argument import like_another, without_a_file
from ops.shared.errors import OpsError
from ops.shared.terraform import synthesized
from settings import resource_names

import click


def run_bootstrap(
    environment: str,
    *,
    auto_approve: bool,
    from_bucket: str | None = None,
    from_region: str | None = None,
    new_state: bool = False,
) -> None:
    """Make what the state of `environment` needs, and move a state there that is somewhere else.

    Args:
        environment: its name.
        auto_approve: apply without asking.
        from_bucket: with `state.of`, the state bucket that the environment had before; the default one
            where None.
        from_region: the region of that bucket; the environment's where None.
        new_state: begin with an empty state although the environment is deployed.

    Raises:
        OpsError: something blocks it, or a step failed; another run continues from there.
    """
    if (near := like_another(environment)) is not None:
        click.echo(f'Note: {without_a_file(environment)}; "{near}" is another environment')
    click.echo(f"Synthesizing the stacks of {environment}")
    with synthesized(environment) as (settings, stacks):
        stack = stacks[resource_names.state_stack(environment)]
        old = OldBackend.of(settings, from_bucket, from_region)
        if settings.state.of is not None:
            GuestBootstrap(settings, stack, auto_approve=auto_approve, old=old, new_state=new_state).run()
        elif from_bucket or from_region:
            raise OpsError(
                f"{environment} has a state bucket of its own",
                f"--from-bucket and --from-region are for state.of in {file_of(environment)}",
            )
        else:
            Bootstrap(settings, stack, auto_approve=auto_approve, new_state=new_state).run()
