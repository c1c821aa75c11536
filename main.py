"""The CDKTF app: settings in, stacks out. `cdktf synth` runs it."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from stacks.settings import Settings, SettingsError, load_environments
from stacks.state_backend import StateBackendStack
from stacks.storage import StorageStack

from cdktf import App


def build(environments: Sequence[Settings], *, outdir: str | None = None) -> App:
    """Return the app with both stacks of every environment, not yet synthesized.

    Args:
        environments: the settings to build from.
        outdir: where synthesis writes to; what the cdktf CLI says where None.
    """
    app = App(outdir=outdir)
    for settings in environments:
        StateBackendStack(app, settings)
        StorageStack(app, settings)
    return app


def main() -> None:
    """Synthesize `environments/`; on bad settings say what is wrong and write nothing."""
    try:
        environments = load_environments(Path("environments"), os.environ)
    except SettingsError as error:
        for problem in error.problems:
            print(f"Error: {problem}", file=sys.stderr)
        sys.exit(1)
    build(environments).synth()


if __name__ == "__main__":
    main()
