"""The CDKTF app: settings in, stacks out. `cdktf synth` runs it."""

import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from constructs_lib.policies.lockout import LockoutError
from stacks.ci import CiStack
from stacks.environments import load_environments
from stacks.settings import Settings
from stacks.settings_errors import SettingsError
from stacks.state_backend import StateBackendStack
from stacks.storage import StorageStack

from cdktf import App


def build(environments: Sequence[Settings], *, outdir: str | None = None) -> App:
    """Return the app with the stacks of every environment, not yet synthesized.

    Args:
        environments: the settings to build from.
        outdir: where synthesis writes to; what the cdktf CLI says where None.

    Raises:
        SettingsError: the roles of CI cannot be given what an environment needs.
        LockoutError: an environment's own policies would lock somebody out.
    """
    app = App(outdir=outdir)
    for settings in environments:
        StateBackendStack(app, settings)
        storage = StorageStack(app, settings)
        if settings.ci.repository is not None:
            CiStack(app, settings, repository=settings.ci.repository, storage=storage)
    return app


def main() -> None:
    """Synthesize `environments/`; on bad settings say what is wrong and write nothing."""
    outdir = Path(os.environ.get("CDKTF_OUTDIR", "cdktf.out"))
    try:
        environments = load_environments(Path("environments"), os.environ)
        outdir.mkdir(parents=True, exist_ok=True)
        app = build(environments)
    except OSError as error:
        sys.exit(f"Error: cannot write to {outdir}: {error.strerror or error}")
    except (SettingsError, LockoutError) as error:
        for problem in error.problems:
            print(f"Error: {problem}", file=sys.stderr)
        _remove_empty_output(outdir)
        sys.exit(1)
    app.synth()


def _remove_empty_output(outdir: Path) -> None:
    # cdktf makes its folders as soon as there is an App. rmdir takes away only what is empty.
    for folder in (outdir / "stacks", outdir):
        with contextlib.suppress(OSError):
            folder.rmdir()


if __name__ == "__main__":
    main()
