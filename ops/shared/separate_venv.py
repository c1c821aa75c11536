"""Python tools in virtual environments of their own, as their requirements conflict with ours."""

import hashlib
import os
import sys
from pathlib import Path

from ops.shared.errors import OpsError
from ops.shared.process import check
from ops.shared.toolchain import ROOT


def install_in_venv(what: str, *, requirements: Path, home: Path, executable: str, log: Path) -> Path:
    """Return an executable of a virtual environment, which is created or replaced if it is not up to date.

    Args:
        what: the name of the tool, for the user.
        requirements: a pip requirements file with exact versions and hashes.
        home: the virtual environment's folder.
        executable: its name in `bin`.
        log: the file that pip's output goes to.

    Raises:
        OpsError: it could not be installed.
    """
    path, stamp = home / "bin" / executable, home / ".made-from"
    # The folder counts too: the scripts in bin name it.
    wanted = hashlib.sha256(requirements.read_bytes() + f"{home} {sys.version}".encode()).hexdigest()
    if path.is_file() and stamp.is_file() and stamp.read_text() == wanted:
        return path
    print(f"Setting up {what} in {home} (once, about a minute; log in {log}) …", file=sys.stderr)
    # With PYTHONPATH, pip leaves out what it finds there.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    pip: list[str | Path] = [home / "bin" / "python", "-m", "pip", "install", "--disable-pip-version-check"]
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        check([sys.executable, "-m", "venv", "--clear", home], env=env, cwd=ROOT, log=log)
        check([*pip, "--require-hashes", "-r", requirements], env=env, cwd=ROOT, log=log)
    except OpsError as error:
        raise OpsError(f"{what} could not be set up: {error}") from error
    stamp.write_text(wanted)
    return path
