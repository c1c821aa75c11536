"""Runs the benchmark of presign in a virtual environment with its peers."""

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ops.shared.process import check
from ops.shared.separate_venv import install_in_venv
from ops.shared.toolchain import CACHE, ROOT

REQUIREMENTS = ROOT / "benchmarks" / "presign-requirements.txt"
HOME = CACHE / "benchmarks"


def run_benchmark(arguments: Sequence[str]) -> None:
    """Become `python -m benchmarks.presign` with `arguments`, in a virtual environment with the peers.

    Raises:
        OpsError: that could not be set up.
    """
    CACHE.mkdir(exist_ok=True)
    log = CACHE / "benchmark.log"
    log.write_bytes(b"")
    aws = install_in_venv("presign's peers", requirements=REQUIREMENTS, home=HOME, executable="aws", log=log)
    python = aws.with_name("python")
    _install_presign(python, log)
    os.chdir(ROOT)
    os.execv(python, [str(python), "-m", "benchmarks.presign", *arguments])


def _install_presign(python: Path, log: Path) -> None:
    """Install the checkout's presign as `pipx install .` does: its executable is one of the contestants."""
    with tempfile.TemporaryDirectory(prefix="presign-") as folder:
        # From a copy, because setuptools leaves files of its own next to what it builds.
        shutil.copytree(ROOT / "presign", Path(folder, "presign"))
        shutil.copy(ROOT / "pyproject.toml", folder)
        command: list[str | Path] = [
            *(python, "-m", "pip", "install", "--disable-pip-version-check", "--no-index", "--no-deps"),
            *("--no-build-isolation", "--force-reinstall", folder),
        ]
        check(command, env=os.environ, cwd=ROOT, log=log)
