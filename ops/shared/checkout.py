"""The settings of the checkout that we are in, and the files that have them."""

import os
from collections.abc import Mapping
from pathlib import Path

from ops.shared.errors import OpsError
from ops.shared.toolchain import ROOT
from settings.files import settings_file
from settings.loading import load_environments
from settings.model import Settings
from settings.problems import SettingsError


def environments_folder() -> Path:
    """Return the folder with the environments' files, as messages write it."""
    # Relative, as messages name the files: `environments/dev.toml`.
    return Path(os.path.relpath(ROOT / "environments"))


def load_settings(environ: Mapping[str, str]) -> tuple[Settings, ...]:
    """Return what `environ` picks of the checkout's environments.

    Raises:
        OpsError: the settings are wrong; the problem has a line for each.
    """
    try:
        return load_environments(environments_folder(), environ)
    except SettingsError as error:
        raise OpsError("\n".join(error.problems)) from error


def load_all_settings() -> tuple[Settings, ...]:
    """Return the settings of every environment of the checkout with a file; raises OpsError as above."""
    return load_settings({name: value for name, value in os.environ.items() if name != "ENVIRONMENT_SUFFIX"})


def settings_of(environment: str, environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of one environment; raises OpsError where they are wrong."""
    (settings,) = load_settings({**environ, "ENVIRONMENT_SUFFIX": environment})
    return settings


def file_of(environment: str) -> str:
    """Return the file that describes an environment, for a message; dev's if it has none of its own."""
    file = settings_file(environment, environments_folder())
    return file.as_posix() if file.stem == environment else f"{file.as_posix()} (for {environment})"
