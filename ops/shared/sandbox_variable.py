"""The variable `SANDBOX`, which asks for the embedded AWS that stays."""

import os
import re
from collections.abc import Mapping

from ops.shared.errors import OpsError
from ops.shared.toolchain import CACHE

VARIABLE = "SANDBOX"
FOLDER = CACHE / "sandbox"
"""All files of the sandbox."""

_COMMAND = re.compile(r"make (?!sandbox)[a-z-]+ ENV=(?:'[^']*'|[\w…-]++)(?! SANDBOX=)")


def sandbox_is_wanted(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the variable asks for it; raises OpsError if it has another value than 1."""
    value = environ.get(VARIABLE, "")
    if value not in ("", "1"):
        raise OpsError(f'{VARIABLE} must be 1, or not set; it is "{value}"')
    return value == "1"


def as_here(text: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return a message whose make commands work where this one does: with SANDBOX=1, if it is set."""
    return _COMMAND.sub(rf"\g<0> {VARIABLE}=1", text) if environ.get(VARIABLE) == "1" else text
