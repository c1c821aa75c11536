"""What the tests of uploads in parts share."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.presign.presign_support import Result

MIB = 1024**2
PARTS = ("--multipart", "--part-size", "5MiB")

_TIMEOUT_SECONDS = 60
_TOOLS = ("awk", "cat", "curl", "dd", "grep", "ls", "mkdir", "mv", "rm", "sed", "sleep", "tr", "wc")


def saved(made: Result, folder: Path, name: str = "upload.sh") -> Path:
    """Save the script that was printed."""
    assert made.code == 0, made.err
    (folder / name).write_text(made.out, encoding="utf-8")
    return folder / name


def environment(**variables: str) -> dict[str, str]:
    """Return what somebody without credentials has; the script is retried without long pauses."""
    return {"PATH": os.environ["PATH"], "NO_PROXY": "127.0.0.1", "TRIES": "3", **variables}


def run(
    script: Path, *arguments: str | Path, shell: str = "dash", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a script to its end."""
    return subprocess.run(
        [shutil.which(shell) or shell, script, *arguments],
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=_TIMEOUT_SECONDS,
    )


def path_with(folder: Path, *extra: str) -> str:
    """Return a PATH with curl, what POSIX has of tools, and `extra`."""
    here = folder / "-".join(["bin", *extra])
    here.mkdir()
    for tool in (*_TOOLS, *extra):
        where = shutil.which(tool)
        assert where is not None, tool
        (here / tool).symlink_to(where)
    return str(here)
