"""A checkout with settings of its own, which real cdktf and terraform deploy to an embedded AWS."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.embedded.aws import EmbeddedAws
from ops.shared.toolchain import tool_environment
from tests.conftest import ROOT
from tests.e2e.drifting import drifted
from tests.ops.ops_support import checkout_of_ops
from tests.ops.preflight_support import Account


@dataclass(frozen=True)
class Site:
    """An account, and a checkout that describes one environment in it.

    Attributes:
        aws: the account's AWS.
        checkout: where `python -m ops` runs.
        environment: the environment's name.
    """

    aws: EmbeddedAws
    checkout: Path
    environment: str

    @property
    def account(self) -> Account:
        """The account, to look at."""
        return Account(self.aws.endpoint)

    def describe(self, settings: str) -> None:
        """Write the environment's file."""
        (self.checkout / "environments" / f"{self.environment}.toml").write_text(settings)

    def ops(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `python -m ops COMMAND ENV`."""
        return subprocess.run(
            [sys.executable, "-m", "ops", command, self.environment, *arguments],
            cwd=self.checkout,
            env=self.aws.environment(tool_environment()) | {"PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )

    def cdktf(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run `ops deploy` or `ops destroy` without asking anybody, and the first without its preflight."""
        unchecked = ["--no-preflight"] if command == "deploy" else []
        return self.ops(command, *unchecked, "--auto-approve", "--skip-provider-lock")

    def deploy(self) -> None:
        """Deploy, which must succeed."""
        done = self.cdktf("deploy")
        assert done.returncode == 0, done.stdout + done.stderr

    def _terraform(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run terraform itself, of whose errors cdktf does not show all."""
        return subprocess.run(
            ["terraform", *arguments],
            cwd=self.checkout / "cdktf.out" / "stacks" / f"secure-storage-{self.environment}",
            env=self.aws.environment(tool_environment()),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def _plan(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._terraform("plan", "-detailed-exitcode", "-input=false", "-no-color", *arguments)

    def assert_nothing_to_change(self) -> None:
        """Look for drift, and plan once more what was deployed."""
        assert drifted(self._terraform) == []
        done = self._plan()
        assert done.returncode == 0, done.stdout + done.stderr

    def assert_protected(self) -> None:
        """Try to destroy it, which must fail for the right reason."""
        assert self.cdktf("destroy").returncode == 1
        refused = self._plan("-destroy")
        assert refused.returncode == 1
        assert "prevent_destroy" in refused.stderr

    def contents(self, bucket: str) -> dict[str, list[bytes]]:
        """Return what every version of every object holds, the newest first."""
        s3: Any = self.account.s3
        found: dict[str, list[bytes]] = {}
        for version in s3.list_object_versions(Bucket=bucket).get("Versions", []):
            body = s3.get_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])["Body"]
            found.setdefault(version["Key"], []).append(body.read())
        return found


def make_site(aws: EmbeddedAws, folder: Path, environment: str) -> Site:
    """Make a checkout in `folder`, and the bucket that its environment's state is kept in."""
    checkout = checkout_of_ops(folder)
    for name in (".venv", "node_modules", "cdktf.json", "Pipfile", "Pipfile.lock"):
        (checkout / name).symlink_to(ROOT / name)
    site = Site(aws, checkout, environment)
    state_bucket = f"secure-{environment}-terraform-state"
    s3 = site.account.s3
    s3.create_bucket(Bucket=state_bucket)
    s3.put_bucket_versioning(Bucket=state_bucket, VersioningConfiguration={"Status": "Enabled"})
    return site
