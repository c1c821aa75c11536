"""Where cdktf writes what it synthesizes, and where a state lies that is not in its bucket yet.

cdktf takes the folder from CDKTF_OUTPUT, where that is set, and else from cdktf.json.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from ops.shared.sandbox_variable import FOLDER, sandbox_is_wanted
from ops.shared.toolchain import ROOT

SEVERAL = "several"
"""The part of the output folder that has a folder for each of several environments."""


def output_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder that cdktf writes to; a relative one is within the checkout, where we start cdktf."""
    return ROOT / (environ.get("CDKTF_OUTPUT") or "cdktf.out")


def output_folder_of(environment: str, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder for an environment that is planned or deployed side by side with others."""
    return output_folder(environ) / SEVERAL / environment


def stack_folder(stack: str, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of a synthesized stack, which Terraform runs in."""
    return output_folder(environ) / "stacks" / stack


def local_state(stack: str, environ: Mapping[str, str]) -> Path:
    """Return where the state of `stack` lies until bootstrap has moved it to its bucket."""
    return output_folder(environ).parent / f"terraform.{stack}.tfstate"


def remove_local_state(state: Path) -> None:
    """Remove a local state, with what Terraform leaves next to it; the state itself comes last.

    While it exists, another run finds what is left to remove.
    """
    for name in (f".{state.name}.lock.info", f"{state.name}.backup", state.name):
        state.with_name(name).unlink(missing_ok=True)


def outputs_file(environment: str, kind: str = "", environ: Mapping[str, str] = os.environ) -> str:
    """Return the name of the file in the checkout that a deploy writes its outputs to.

    Args:
        environment: its name.
        kind: `.ci` for those of the roles of CI.
        environ: the variables, which may ask for the sandbox: its outputs must not pass for real ones.
    """
    where = ".sandbox" if sandbox_is_wanted(environ) else ""
    return f"outputs.{environment}{kind}{where}.json"


def unsaved_states(stack: str = "*") -> list[Path]:
    """Return the states that Terraform could not save, where it left them."""
    folders = [output_folder(), *output_folder().glob(f"{SEVERAL}/*")]
    return sorted(copy for folder in folders for copy in folder.glob(f"stacks/{stack}/errored.tfstate"))


def kept_states_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder to which the unsaved states are moved that lie in the output folder.

    The place decides, not the variable SANDBOX: a command that does not enter the sandbox, such as
    `make synth SANDBOX=1`, finds states of real deploys. The sandbox's folder is deleted with its data.
    """
    return FOLDER if output_folder(environ).resolve().is_relative_to(FOLDER.resolve()) else ROOT


def kept_states(stack: str) -> list[Path]:
    """Return the unsaved states of a stack that were moved already, the oldest first."""
    return sorted(kept_states_folder().glob(f"terraform.{stack}.errored-*.tfstate"))
