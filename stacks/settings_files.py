"""Finds and reads the files in environments/; what goes wrong becomes one line."""

import tomllib
from pathlib import Path
from typing import Any

from stacks.settings_errors import SettingsError


def toml_files(directory: Path) -> list[Path]:
    """Give the *.toml files of a directory, sorted; raise SettingsError where there is none."""
    try:
        # A hidden file is an editor's, not an environment.
        found = sorted(p for p in directory.iterdir() if p.suffix == ".toml" and not p.name.startswith("."))
    except OSError as error:
        raise SettingsError([f"{directory.as_posix()}: cannot be read: {_reason(error)}"]) from error
    if not found:
        line = f"{directory.as_posix()}: has no *.toml file; each environment is one, like dev.toml"
        raise SettingsError([line])
    return found


def read_toml(path: Path) -> dict[str, Any]:
    """Give the content of a TOML file; raise SettingsError where it cannot be read or is not TOML."""
    file = path.as_posix()
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        problem = f"{file}: cannot be read: {_reason(error)}"
    except UnicodeDecodeError as error:
        problem = f"{file}: must be UTF-8: byte {error.start + 1} is not"
    except ValueError as error:  # also tomllib's own, which gives line and column
        problem = f"{file}: is not valid TOML: {error}"
    except RecursionError:
        problem = f"{file}: is not usable TOML: its lists or tables are nested too deeply"
    raise SettingsError([problem])


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
