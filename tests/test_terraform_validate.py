"""Terraform itself accepts every synthesized stack."""

import json
import subprocess
from pathlib import Path
from typing import Any

from ops.shared.toolchain import tool_environment
from tests.conftest import CI_STACKS, STACKS

import pytest

pytestmark = pytest.mark.real

ONLY_IN_A_ROOT = ("backend", "import")
"""What Terraform takes in no child module; the deploys of tests/e2e have both."""


def verdict_on(folder: Path, stacks: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What Terraform says of the stacks as modules of one root.

    It starts the provider once more for each configuration of it: a stack has its own only where it differs
    from those before in more than its strings, and the root's otherwise.
    """
    shapes: list[Any] = []
    (folder / "main.tf.json").write_text(
        json.dumps({"module": {name: {"source": f"./{name}"} for name in stacks}})
    )
    for name, stack in stacks.items():
        described = {key: value for key, value in stack.items() if key not in ONLY_IN_A_ROOT}
        settings = {key: value for key, value in stack["terraform"].items() if key not in ONLY_IN_A_ROOT}
        if (shape := without_strings(stack["provider"])) in shapes and len(stack["provider"]["aws"]) == 1:
            del described["provider"]
        shapes.append(shape)
        (folder / name).mkdir()
        (folder / name / "cdk.tf.json").write_text(json.dumps(described | {"terraform": settings}))
    done = terraform(folder, "init", "-backend=false", "-input=false")
    assert done.returncode == 0, done.stdout + done.stderr
    verdict: dict[str, Any] = json.loads(terraform(folder, "validate", "-json").stdout)
    return verdict


def without_strings(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_strings(one) for key, one in value.items()}
    if isinstance(value, list):
        return [without_strings(one) for one in value]
    return "" if isinstance(value, str) else value


def terraform(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["terraform", *arguments],
        cwd=folder,
        env=tool_environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_stack_is_valid_and_one_with_a_wrong_argument_is_not(
    tmp_path: Path, stacks: dict[str, dict[str, Any]]
) -> None:
    """In one run, as each takes seconds: what is wrong in one module hides nothing in another."""
    ours = {name: stacks[name] for name in (*STACKS, *CI_STACKS)}
    wrong = json.dumps(stacks["secure-storage-dev"]).replace('"enable_key_rotation"', '"enable_rotation"')
    verdict = verdict_on(tmp_path, {"first": json.loads(wrong), **ours, "wrong": json.loads(wrong)})
    assert not verdict["valid"]
    found = [one["range"]["filename"] for one in verdict["diagnostics"]]
    assert sorted(found) == ["first/cdk.tf.json", "wrong/cdk.tf.json"], verdict["diagnostics"]
