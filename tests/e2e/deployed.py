"""An environment that terraform deployed, and the roles that use it."""

import json
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ops.demo.main_job import Workplace
from ops.embedded.aws import EmbeddedAws
from ops.shared.toolchain import tool_environment
from tests import handed_out


@dataclass
class Deployed:
    """An environment that is deployed.

    Attributes:
        place: where links are made and used, by a role with `SecureS3Access-…` alone.
        administrator: who bootstraps.
        deployer: a role with exactly `ops deploy-policy`.
        planner: a role with exactly `ops deploy-policy --read-only`.
    """

    place: Workplace
    administrator: EmbeddedAws
    deployer: EmbeddedAws
    planner: EmbeddedAws
    outputs: dict[str, Any]
    state: dict[str, Any]
    folder: Path

    def terraform(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return terraform(self.folder, self.deployer, *arguments)

    def holding(self, policy: str) -> Workplace:
        """The same place, for a role with one managed policy of the environment's alone."""
        name = policy.replace("ENV", self.folder.name.removeprefix("secure-storage-"))
        return at_work(self.place, handed_out.role(root_of(self.place.aws), name, managed=(name,)))

    @property
    def s3(self) -> Any:
        """What somebody who may do everything sees, whom the bucket policy binds all the same."""
        return self.administrator.client("s3")

    @property
    def bucket(self) -> str:
        return str(self.outputs["S3BucketName"])


def root_of(aws: EmbeddedAws) -> EmbeddedAws:
    return EmbeddedAws(aws.endpoint, aws.certificate)


def at_work(place: Workplace, aws: EmbeddedAws) -> Workplace:
    return replace(place, aws=aws, env=aws.environment(tool_environment()))


def terraform(folder: Path, aws: EmbeddedAws, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = aws.environment(tool_environment())
    return subprocess.run(
        ["terraform", *arguments], cwd=folder, env=env, capture_output=True, text=True, check=False
    )


def deploy(folder: Path, aws: EmbeddedAws) -> dict[str, Any]:
    """Apply the stack in `folder`; return its outputs in the shape of `terraform output -json`."""
    for arguments in (["init", "-input=false"], ["apply", "-input=false", "-auto-approve"]):
        done = terraform(folder, aws, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
    outputs: dict[str, Any] = json.loads(terraform(folder, aws, "output", "-json").stdout)
    return outputs


def values(outputs: dict[str, Any]) -> dict[str, Any]:
    return {name: output["value"] for name, output in outputs.items()}
