"""Runs as `main.py`, but synthesizes the same settings only once: then it copies what was written.

For tests of commands that begin with a synthesis, which takes seconds of CPU.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parent.parent
READ = ("AWS_REGION", "CDK_BINDINGS", "COMMIT_AUTHOR", "EAGER_BINDINGS", "ENVIRONMENT_SUFFIX", "REPOSITORY")
"""The variables that change what is written."""


def write_main(folder: Path) -> Path:
    """Write a `main.py` that keeps in its folder what it synthesizes, where there is none; return it."""
    file = folder / "main.py"
    if not file.exists():
        file.write_text(
            f"import sys\n\nsys.path.insert(0, {str(ROOT)!r})\n"
            f"from tests.synthesized_once import synthesize\n\nsynthesize({str(folder)!r})\n"
        )
    return file


def synthesize(folder: str) -> None:
    """Synthesize `environments/`, or copy what that wrote before; end as `main.py` does."""
    kept = Path(folder, _asked(os.environ))
    if not kept.exists():
        part = tempfile.mkdtemp(dir=folder)
        command = [sys.executable, "-O", str(ROOT / "main.py")]
        env = {**os.environ, "CDKTF_OUTDIR": part}
        env.pop("PYTHONDONTWRITEBYTECODE", None)  # in a new clone, each would compile the bindings
        done = subprocess.run(command, env=env, check=False)
        if done.returncode != 0:
            sys.exit(done.returncode)
        with contextlib.suppress(OSError):  # another process had written the same
            Path(part).rename(kept)
    shutil.copytree(kept, os.environ["CDKTF_OUTDIR"], dirs_exist_ok=True)


def _asked(variables: Mapping[str, str]) -> str:
    lines = [f"{name}={variables.get(name)}" for name in READ]
    lines += [f"{file}: {file.read_text()}" for file in sorted(Path("environments").glob("*"))]
    return sha256("\n".join(lines).encode()).hexdigest()
