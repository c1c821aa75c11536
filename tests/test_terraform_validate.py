"""Terraform itself accepts every synthesized stack."""

import json
import shutil
import subprocess
from pathlib import Path

from ops.toolchain import tool_environment
from tests.conftest import CI_STACKS, STACKS

import pytest


@pytest.fixture(scope="module")
def initialized(tmp_path_factory: pytest.TempPathFactory, stack_folders: dict[str, Path]) -> Path:
    """A folder in which `terraform init` ran once, for all stacks: they need the same provider."""
    folder = tmp_path_factory.mktemp("terraform")
    shutil.copy(stack_folders["secure-storage-dev"] / "cdk.tf.json", folder)
    done = terraform(folder, "init", "-backend=false", "-input=false")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def terraform(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["terraform", *arguments],
        cwd=folder,
        env=tool_environment(),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("stack", [*STACKS, *CI_STACKS])
def test_stack_is_valid(stack: str, initialized: Path, stack_folders: dict[str, Path]) -> None:
    shutil.copy(stack_folders[stack] / "cdk.tf.json", initialized)
    verdict = json.loads(terraform(initialized, "validate", "-json").stdout)
    assert verdict["diagnostics"] == []
    assert verdict["valid"]


def test_a_stack_with_a_wrong_argument_is_not_valid(
    initialized: Path, stack_folders: dict[str, Path]
) -> None:
    text = (stack_folders["secure-storage-dev"] / "cdk.tf.json").read_text()
    (initialized / "cdk.tf.json").write_text(text.replace('"enable_key_rotation"', '"enable_rotation"'))
    verdict = json.loads(terraform(initialized, "validate", "-json").stdout)
    assert not verdict["valid"]
