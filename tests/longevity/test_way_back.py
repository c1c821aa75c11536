"""The way back from version 6 of the AWS provider: 5.100.0 plans on a state that version 6 has written.

No such provider was at hand: what it writes besides is added to a state of 5.100.0, by the newest bindings.
They do not say whether version 6 raises the schema version of a type. Terraform refuses such a state, and
then the state from before has to be restored: docs/longevity.md.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from ops.embedded.aws import embedded_aws
from tests.e2e.overrides import providers
from tests.longevity.longevity_support import DEMO, LOCAL_STATE, read, terraform
from tests.review.version_6 import ADDED, attributes

import pytest

pytestmark = pytest.mark.slow

NO_CHANGES = ("plan", "-input=false", "-detailed-exitcode")


def test_5_100_0_plans_no_change_on_a_state_of_version_6(
    stack_folders: dict[str, Path], tmp_path: Path
) -> None:
    folder = tmp_path / DEMO
    shutil.copytree(stack_folders[DEMO], folder)
    (folder / "test_override.tf.json").write_text(json.dumps(LOCAL_STATE | providers(read(folder))))
    with embedded_aws(tmp_path / "log") as aws:
        terraform(folder, aws, "init", "-input=false")
        terraform(folder, aws, "apply", "-input=false", "-auto-approve")
        file = folder / "terraform.tfstate"
        before = file.read_bytes()
        state = json.loads(before)
        changed = as_version_6_writes(state)
        assert {"aws_kms_key", "aws_s3_bucket", "aws_s3_bucket_policy"} < changed
        file.write_text(json.dumps(state))
        terraform(folder, aws, *NO_CHANGES)
        # A type whose schema is newer is refused, and the state from before is taken again.
        for resource in state["resources"]:
            if resource["type"] == "aws_kms_key":
                resource["instances"][0]["schema_version"] += 1
        file.write_text(json.dumps(state))
        said = terraform(folder, aws, *NO_CHANGES, status=1)
        assert "managed by newer provider version" in said
        file.write_bytes(before)
        terraform(folder, aws, *NO_CHANGES)


def as_version_6_writes(state: dict[str, Any]) -> set[str]:
    """Add to a state what version 6 writes besides; return the types that got something."""
    changed = set()
    for resource in state["resources"]:
        if resource["type"] in ADDED:
            for instance in resource["instances"]:
                before = dict(instance["attributes"])
                instance["attributes"] |= attributes(resource["type"], before)
                if instance["attributes"] != before:
                    changed.add(resource["type"])
    state["serial"] += 1
    return changed
