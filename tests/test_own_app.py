"""The example of another team's app: it synthesizes, Terraform takes it, and a page lists the constructs."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from ops.pages.constructs_page import PAGE, page
from ops.shared.toolchain import tool_environment
from tests.conftest import ROOT
from tests.test_terraform_validate import verdict_on

import pytest

APP = ROOT / "examples" / "own_app" / "main.py"
STACK = "measurements"


@pytest.fixture(scope="module")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The app's stack, made as its owner makes it: without any file of ours but the constructs."""
    folder = tmp_path_factory.mktemp("own-app")
    environment = {**tool_environment(), "PYTHONPATH": str(ROOT), "CDKTF_OUTDIR": str(folder / "out")}
    done = subprocess.run(
        [sys.executable, str(APP)], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    stack: dict[str, Any] = json.loads((folder / "out" / "stacks" / STACK / "cdk.tf.json").read_text())
    return stack


def statements(resource: dict[str, dict[str, Any]]) -> list[str]:
    (only,) = resource.values()
    return [one["Sid"] for one in json.loads(only["policy"])["Statement"]]


@pytest.mark.real
def test_the_bucket_is_as_hard_as_ours(
    synthesized: dict[str, Any], stacks: dict[str, dict[str, Any]]
) -> None:
    ours = stacks["secure-storage-dev"]["resource"]["aws_s3_bucket_policy"]
    theirs = synthesized["resource"]["aws_s3_bucket_policy"]
    assert statements(theirs) == statements(ours)


@pytest.mark.real
def test_it_has_the_outputs_that_presign_needs(synthesized: dict[str, Any]) -> None:
    needed = {"S3BucketName", "S3BucketRegion", "KMSKeyArn", "UploadHeaders", "PresignMaxSeconds"}
    assert needed <= synthesized["output"].keys()


@pytest.mark.real
def test_terraform_takes_it(tmp_path: Path, synthesized: dict[str, Any]) -> None:
    verdict = verdict_on(tmp_path, {STACK: synthesized})
    assert (verdict["valid"], verdict["diagnostics"]) == (True, [])


def test_the_page_is_what_the_sources_say() -> None:
    assert (ROOT / PAGE).read_text() == page(), "run `make docs`"


def test_the_page_lists_every_construct_and_each_of_its_arguments() -> None:
    written = (ROOT / PAGE).read_text()
    constructs = {
        node.name
        for file in (ROOT / "constructs_lib").glob("*.py")
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.ClassDef) and node.bases  # a dataclass has none
    }
    assert {line[3:] for line in written.splitlines() if line.startswith("## ")} == constructs
    assert "| `key_arn` | the KMS key for default encryption; None encrypts with SSE-S3. |" in written
