"""What the tests of longevity share: the stack of the demo, and Terraform on an embedded AWS."""

import json
import subprocess
from pathlib import Path
from typing import Any

from ops.embedded.aws import EmbeddedAws
from ops.shared.toolchain import tool_environment

DEMO = "secure-storage-dev"
# Where state lies is tested elsewhere.
LOCAL_STATE: dict[str, Any] = {"terraform": {"backend": {"local": {}}}}


def read(folder: Path) -> dict[str, Any]:
    """Return the JSON that is synthesized in a folder."""
    content: dict[str, Any] = json.loads((folder / "cdk.tf.json").read_bytes())
    return content


def terraform(folder: Path, aws: EmbeddedAws, *arguments: str, status: int = 0) -> str:
    """Run Terraform and return what it says; fail where it ends with another status."""
    done = subprocess.run(
        ["terraform", *arguments, "-no-color"],
        cwd=folder,
        env=aws.environment(tool_environment()),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr
