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


def put_setting(file: Path, section: str, setting: str) -> None:
    """Write a setting into a section of a settings file, however the file writes that section.

    Args:
        file: the settings file.
        section: such as `state`.
        setting: such as `lifecycle = false`; another value of it in the file must be on one line.
    """
    text = file.read_text(encoding="utf-8")
    old = rf"{setting.partition('=')[0].strip()}[ \t]*="
    if header := re.search(rf"^[ \t]*\[[ \t]*{section}[ \t]*\].*\n?", text, re.MULTILINE):
        # The next section is a name in brackets; a value of several lines may begin one with other brackets.
        within = rf"\A((?:(?!^[ \t]*\[+[ \t]*[A-Za-z_]).*\n)*?)[ \t]*{old}.*\n?"
        rest = re.sub(within, r"\1", text[header.end() :], flags=re.MULTILINE)
        text = f"{text[: header.end()].rstrip()}\n{setting}\n{rest}"
    elif inline := re.search(rf"^{section}[ \t]*=[ \t]*\{{(.*)\}}", text, re.MULTILINE):
        others = re.sub(rf"{old}[^,]*,?", "", inline[1]).strip().rstrip(",")
        inside = ", ".join(filter(None, [setting, others]))
        text = f"{text[: inline.start()]}{section} = {{ {inside} }}{text[inline.end() :]}"
    elif re.search(rf"^{section}\.", text, re.MULTILINE):  # `state.bucket = …`, above all sections
        others = re.sub(rf"^{section}\.{old}.*\n?", "", text, flags=re.MULTILINE)
        text = f"{section}.{setting}\n{others}"
    else:
        text = f"{text.rstrip()}\n\n[{section}]\n{setting}\n"
    file.write_text(text, encoding="utf-8")
