"""What the tests of ops share: stub executables, and checkouts of their own to run in."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.forked import ROOT, run_module

DONE_SECONDS = 120
"""How long anything may take on a busy machine, before a test fails rather than waits."""

PACKAGE_CACHE = os.environ.get("JSII_RUNTIME_PACKAGE_CACHE_ROOT") or str(
    Path.home() / ".cache" / "aws" / "jsii" / "package-cache"
)
"""Where jsii unpacks the bindings: 380 MB, which takes ten seconds of CPU where they are not there yet."""


def stub(path: Path, script: str) -> Path:
    """Write an executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def link_tools(folder: Path, *names: str) -> Path:
    """Make a folder that, as the only one on PATH, has nothing but these tools of the machine."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        found = shutil.which(name)
        assert found is not None, name
        (folder / name).symlink_to(found)
    return folder


def copy_ops(target: Path) -> Path:
    """Copy `ops` with what Python compiled, but not what another process is just about to write."""
    return Path(shutil.copytree(ROOT / "ops", target, ignore=shutil.ignore_patterns("*.pyc.*")))


def checkout_of_ops(folder: Path, ops: Path | None = None) -> Path:
    """Make a checkout in which `python -m ops` runs with a .cache, environments and tools of its own.

    A copy `ops` is moved into it; else a new one is made.
    """
    folder.mkdir(parents=True)
    if ops is None:
        copy_ops(folder / "ops")
    else:
        ops.rename(folder / "ops")
    shutil.copytree(ROOT / "environments", folder / "environments")
    for name in ("constructs_lib", "presign", "proof", "review", "settings", "stacks"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "main.py").symlink_to(ROOT / "main.py")
    return folder


def run_ops(checkout: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m ops` in a checkout, and with no other variables than the necessary."""
    return run_module(
        "ops",
        *arguments,
        folder=checkout,
        variables=ops_environment(checkout) | variables,
        seconds=DONE_SECONDS,
    )


def ops_environment(checkout: Path) -> dict[str, str]:
    """Variables that keep what is run in a checkout away from the user's own files."""
    home = checkout.parent / "home"
    home.mkdir(exist_ok=True)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHONDONTWRITEBYTECODE": "1",
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": PACKAGE_CACHE,
        "AWS_EC2_METADATA_DISABLED": "true",  # nor does it look for credentials on the network
    }
