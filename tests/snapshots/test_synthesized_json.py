"""The synthesized JSON of every stack is what was reviewed; `make snapshots` renews it."""

import json
from typing import Any

from tests.conftest import CI_STACKS, SHARED_STACKS, STACKS

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

POLICIES = ("policy", "assume_role_policy")


def readable(value: Any) -> Any:
    """Return `value` with every policy, a long string in Terraform JSON, written out."""
    match value:
        case dict():
            return {k: json.loads(v) if k in POLICIES else readable(v) for k, v in value.items()}
        case list():
            return [readable(item) for item in value]
    return value


@pytest.mark.parametrize("stack", [*STACKS, *CI_STACKS, *SHARED_STACKS])
def test_reviewed(stack: str, stacks: dict[str, dict[str, Any]], snapshot: SnapshotAssertion) -> None:
    assert readable(stacks[stack]) == snapshot(extension_class=JSONSnapshotExtension)
