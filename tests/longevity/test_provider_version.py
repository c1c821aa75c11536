"""terraform.provider_version: the mirror, Terraform's lock file and the preflight follow it.

No provider of version 6 was at hand. A link gives the tested one that name, which Terraform believes: it
compares no version but that of the folder. So the plans here are those of 5.100.0.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from ops.embedded.aws import EmbeddedAws, embedded_aws
from ops.shared.provider_mirror import MIRROR_VARIABLE, PROVIDER, _platform, find_mirror
from ops.shared.toolchain import tool_environment
from settings.names.provider import TESTED
from tests.conftest import ROOT
from tests.ops.ops_support import checkout_of_ops, run_ops

import pytest

NEWER = "6.45.0"
STACK = "secure-storage-dev"
LINE = f'[terraform]\nprovider_version = "{NEWER}"\nprovider_version_untested = true\n'

pytestmark = pytest.mark.slow


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """A filesystem mirror with 5.100.0, which is also there as a version 6."""
    tested = find_mirror({}, TESTED)
    if tested is None:
        pytest.skip("no mirror with the provider is on this machine")
    for version in (TESTED, NEWER):
        folder = tmp_path / "mirror" / PROVIDER / version
        folder.mkdir(parents=True)
        (folder / _platform()).symlink_to(tested / PROVIDER / TESTED / _platform())
    return tmp_path / "mirror"


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[EmbeddedAws]:
    with embedded_aws(tmp_path / "aws.log") as aws:
        yield aws


def test_the_lock_file_follows_the_setting_and_returns(
    aws: EmbeddedAws, mirror: Path, tmp_path: Path
) -> None:
    checkout = checkout_of_ops(tmp_path / "checkout")
    (checkout / "cdktf.json").symlink_to(ROOT / "cdktf.json")
    folder = checkout / "cdktf.out" / "stacks" / STACK
    folder.mkdir(parents=True)
    # The state bucket does not exist here, and where the state lies is tested elsewhere.
    (folder / "backend_override.tf.json").write_text('{"terraform": {"backend": {"local": {}}}}')
    file = checkout / "environments" / "dev.toml"
    before = file.read_text()
    variables = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), MIRROR_VARIABLE: str(mirror)}
    for text, version in ((before, TESTED), (before + LINE, NEWER), (before, TESTED)):
        file.write_text(text)
        base = tool_environment(variables, provider_version=version)
        done = subprocess.run(
            ["cdktf", "diff", STACK, "--app", f"{sys.executable} main.py"],
            cwd=checkout,
            env=aws.environment(base) | {"ENVIRONMENT_SUFFIX": "dev"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "to add, 0 to change, 0 to destroy" in done.stdout
        assert f'version     = "{version}"' in (folder / ".terraform.lock.hcl").read_text()


def test_a_version_that_no_mirror_has_is_named_in_one_line(mirror: Path, tmp_path: Path) -> None:
    checkout = checkout_of_ops(tmp_path / "checkout")
    file = checkout / "environments" / "dev.toml"
    file.write_text(file.read_text() + LINE.replace(NEWER, "6.46.0"))
    done = run_ops(checkout, "plan", "dev", **{MIRROR_VARIABLE: str(mirror)})
    wanted = f"{PROVIDER}/6.46.0/{_platform()}"
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"Error: {MIRROR_VARIABLE} names {mirror}, which has no folder {wanted}\n"
