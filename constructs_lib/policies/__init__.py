"""Policy documents as pure functions that return dicts, with no CDKTF in them.

A document is a file; a statement is a function named after its Sid. ARNs and
account ids go in as strings, which may hold Terraform references.
"""

import json
from typing import Any

Statement = dict[str, Any]
Document = dict[str, Any]


def document(*statements: Statement) -> Document:
    """Return the policy document that holds `statements`, in that order."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def to_json(policy: Document) -> str:
    """Return `policy` as the JSON text that Terraform's `policy` arguments take."""
    return json.dumps(policy, separators=(",", ":"))
