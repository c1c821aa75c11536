"""The checkout that the commands work in, and its settings."""

import os
from collections.abc import Mapping
from pathlib import Path

from ops.shared.errors import OpsError
from ops.shared.toolchain import ROOT
from settings.loading import load_environments
from settings.model import Settings
from settings.problems import SettingsError

ENVIRONMENTS = Path("environments")
"""The folder of the settings files in the checkout."""


def enter_checkout(environ: Mapping[str, str]) -> tuple[Settings, ...]:
    """Change to the checkout and return what `environ` picks of its environments.

    Raises:
        OpsError: the settings are wrong; the message has a line for each problem.
    """
    os.chdir(ROOT)
    try:
        return load_environments(ENVIRONMENTS, environ)
    except SettingsError as error:
        raise OpsError("\n".join(error.problems)) from error
