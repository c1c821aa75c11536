"""The CDKTF app: settings in, stacks out. `cdktf synth` runs it."""

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from settings.doubtful import warnings_of
from settings.loading import load_environments
from settings.model import Settings
from settings.problems import SettingsError
from stacks.promises import BrokenPromiseError
from stacks.synthesis import WorkerError, write_proven


def synthesize(environments: Sequence[Settings], outdir: Path) -> None:
    """Write the Terraform JSON of every environment, once its promises are proven.

    Args:
        environments: the settings to build from.
        outdir: where it goes; what is there of other stacks stays.

    Raises:
        SettingsError: the roles of CI cannot be given what an environment needs.
        BrokenPromiseError: policies do not keep what the settings promise. Nothing is written then.
        WorkerError: with many environments, one of the processes that synthesize them was killed.
    """
    with tempfile.TemporaryDirectory(prefix="secure-s3-synth-") as temporary:
        write_proven(environments, Path(temporary))
        shutil.copytree(temporary, outdir, dirs_exist_ok=True)


def main() -> None:
    """Synthesize `environments/`; on bad settings say what is wrong and write nothing."""
    outdir = Path(os.environ.get("CDKTF_OUTDIR", "cdktf.out"))
    folder = Path("environments")
    try:
        environments = load_environments(folder, os.environ)
        for line in warnings_of(environments, folder):
            print(f"Warning: {line}", file=sys.stderr)
        synthesize(environments, outdir)
    except OSError as error:
        sys.exit(f"Error: cannot write to {outdir}: {error.strerror or error}")
    except (SettingsError, BrokenPromiseError, WorkerError) as error:
        for problem in error.problems:
            print(f"Error: {problem}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
