"""CDK Terrain in the place of CDKTF: the same stacks, and a deployed environment that does not change."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from ops.embedded.aws import embedded_aws
from ops.fork.switch import fork_variables
from tests.conftest import ROOT, VARIANTS
from tests.e2e.overrides import providers
from tests.longevity.longevity_support import DEMO, LOCAL_STATE, read, terraform

import pytest

SYNTHESIZE = """
import sys
from pathlib import Path
from settings.loading import load_environments
from stacks.app import build
for number, folder in enumerate(sys.argv[2:]):
    Path(sys.argv[1], str(number)).mkdir()
    build(load_environments(Path(folder), {}), outdir=f"{sys.argv[1]}/{number}").synth()
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def fork_folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folder with the JSON that the fork synthesizes of each stack, by the stack's name."""
    out = tmp_path_factory.mktemp("cdktn.out")
    asked = {**os.environ, "CDK_BINDINGS": "cdktn"}
    done = subprocess.run(
        [
            *(sys.executable, "-W", "error", "-c", SYNTHESIZE, out),
            *(ROOT / "environments", VARIANTS, VARIANTS / "ci", VARIANTS / "shared"),
        ],
        cwd=ROOT,
        env=asked | fork_variables(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return {folder.name: folder for folder in out.glob("*/stacks/*")}


def test_both_synthesize_the_same_stacks(
    fork_folders: dict[str, Path], stacks: dict[str, dict[str, Any]]
) -> None:
    assert fork_folders.keys() == stacks.keys()
    for name, folder in fork_folders.items():
        fork, ours = read(folder), json.loads(json.dumps(stacks[name]))
        assert fork != ours  # or it was not the fork that wrote it
        versions = [one["//"]["metadata"].pop("version") for one in (ours, fork)]
        assert versions == ["0.21.0", "0.24.0"]
        sources = [one["terraform"]["required_providers"]["aws"].pop("source") for one in (ours, fork)]
        assert sources == ["aws", "hashicorp/aws"]  # two names of the same provider
        # A note that the provider's version, which is compared below, was set by stacks/account.py.
        assert fork["//"]["metadata"]["overrides"].pop("stack") == ["terraform"]
        assert fork == ours, name


@pytest.mark.parametrize("first", ["cdktf", "cdktn"])
def test_what_either_deployed_the_other_does_not_change(
    first: str, stack_folders: dict[str, Path], fork_folders: dict[str, Path], tmp_path: Path
) -> None:
    sources = {"cdktf": stack_folders[DEMO], "cdktn": fork_folders[DEMO]}
    before, after = (sources.pop(first), *sources.values())
    folder = tmp_path / DEMO
    shutil.copytree(before, folder)
    (folder / "test_override.tf.json").write_text(json.dumps(LOCAL_STATE | providers(read(before))))
    with embedded_aws(tmp_path / "log") as aws:
        terraform(folder, aws, "init", "-input=false")
        terraform(folder, aws, "apply", "-input=false", "-auto-approve")
        for source in (after, before):
            shutil.copy(source / "cdk.tf.json", folder)
            terraform(folder, aws, "init", "-input=false", "-lockfile=readonly")
            terraform(folder, aws, "plan", "-input=false", "-detailed-exitcode")  # fails of any change
            terraform(folder, aws, "apply", "-input=false", "-auto-approve")
        # The plans do compare: another description is a change.
        changed = read(before)
        (key,) = changed["resource"]["aws_kms_key"].values()
        key["description"] += ", changed"
        (folder / "cdk.tf.json").write_text(json.dumps(changed))
        terraform(folder, aws, "plan", "-input=false", "-detailed-exitcode", status=2)
