"""The CDKTF app with the stacks of every environment."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from settings.model import Settings

if TYPE_CHECKING:
    from cdktf import App


def build(environments: Sequence[Settings], *, outdir: str | None = None) -> "App":
    """Return the app, not yet synthesized.

    Args:
        environments: the settings to build from.
        outdir: where synthesis writes to; what the cdktf CLI says where None.

    Raises:
        SettingsError: the roles of CI cannot be given what an environment needs.
    """
    # Only here, as it takes seconds to load the bindings and to start the jsii child.
    from stacks.ci import CiStack
    from stacks.state_backend import SharedStateStack, StateBackendStack
    from stacks.storage import StorageStack

    from cdktf import App

    app = App(outdir=outdir)
    for settings in environments:
        (StateBackendStack if settings.state.of is None else SharedStateStack)(app, settings)
        storage = StorageStack(app, settings)
        if settings.ci.repository is not None:
            CiStack(app, settings, repository=settings.ci.repository, storage=storage)
    return app
