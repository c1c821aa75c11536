"""A checkout for a demo: the code and the tools of this one, and settings of its own."""

import re
import shutil
from pathlib import Path

from ops.shared.toolchain import ROOT

LINKED = (
    *("main.py", "cdktf.json", "Pipfile", "Pipfile.lock", ".venv", "node_modules"),
    *("constructs_lib", "presign", "proof", "review", "settings", "stacks"),
)
"""What a demo only reads. `ops` is copied, as it works in the checkout that it lies in."""


def make_checkout(folder: Path) -> Path:
    """Make a checkout in which `python -m ops` and cdktf run, with a copy of the settings; return it."""
    folder.mkdir()
    for name in ("ops", "environments"):
        # With what Python compiled, but not what another process is just about to write.
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("*.pyc.*"))
    for name in LINKED:
        if (ROOT / name).exists():
            (folder / name).symlink_to(ROOT / name)
    return folder


def add_setting(file: Path, section: str, setting: str) -> None:
    """Add a line to a section of a settings file, however the file writes that section.

    Args:
        file: the settings file.
        section: such as `state`.
        setting: such as `lifecycle = false`; the file must not have it yet.
    """
    text = file.read_text(encoding="utf-8")
    header = re.search(rf"^\[{section}\].*\n?", text, re.MULTILINE)
    if header:
        text = f"{text[: header.end()].rstrip()}\n{setting}\n{text[header.end() :]}"
    elif re.search(
        rf"^{section}\.", text, re.MULTILINE
    ):  # `state.bucket = …`, which stands above the sections
        text = f"{section}.{setting}\n{text}"
    else:
        text = f"{text.rstrip()}\n\n[{section}]\n{setting}\n"
    file.write_text(text, encoding="utf-8")
