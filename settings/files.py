"""Finds and reads the files in environments/; each error becomes one line."""

import tomllib
from pathlib import Path, PurePath
from typing import Any

from settings.problems import SettingsError


def environment_of(file: PurePath) -> str | None:
    """Return the environment that a file in environments/ describes; None where it describes none.

    A hidden file, such as an editor's lock `.#prod.toml`, describes none.
    """
    return file.stem if file.suffix == ".toml" and not file.name.startswith(".") else None


def settings_file(environment: str, directory: Path) -> Path:
    """Return the file in `directory` that describes an environment: dev.toml if it has no file of its own."""
    return environment_files(directory).get(environment, directory / "dev.toml")


def environment_files(directory: Path) -> dict[str, Path]:
    """Return the file of each environment by its name, sorted; raise SettingsError where there is none."""
    try:
        found = {name: path for path in sorted(directory.iterdir()) if (name := environment_of(path))}
    except OSError as error:
        raise SettingsError([f"{directory.as_posix()}: cannot be read: {_reason(error)}"]) from error
    if not found:
        problem = f"{directory.as_posix()}: has no *.toml file; each environment is one, like dev.toml"
        raise SettingsError([problem])
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
