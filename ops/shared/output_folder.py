"""Where cdktf writes what it synthesizes, and where a state lies that is not in its bucket yet.

cdktf takes the folder from CDKTF_OUTPUT, where that is set, and else from cdktf.json.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from ops.shared.toolchain import ROOT


def output_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder that cdktf writes to; a relative one is within the checkout, where we start cdktf."""
    return ROOT / (environ.get("CDKTF_OUTPUT") or "cdktf.out")


def stack_folder(stack: str, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of a synthesized stack, which Terraform runs in."""
    return output_folder(environ) / "stacks" / stack


def local_state(stack: str, environ: Mapping[str, str]) -> Path:
    """Return where the state of `stack` lies until bootstrap has moved it to its bucket."""
    return output_folder(environ).parent / f"terraform.{stack}.tfstate"


def unsaved_states(stack: str = "*") -> list[Path]:
    """Return the states that Terraform could not save, where it left them."""
    return sorted(stack_folder("").glob(f"{stack}/errored.tfstate"))


def outputs_file(environment: str, stack: str = "") -> str:
    """Return the name of the file with the outputs of a stack: of CI's where `stack` is ".ci"."""
    return f"outputs.{environment}{stack}.json"
