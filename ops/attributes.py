"""The attributes of a resource, as in Terraform's plan JSON and state."""

from collections.abc import Mapping
from typing import Any

Attributes = Mapping[str, Any]


def first(attributes: object, *path: str) -> object:
    """Return what lies at the end of `path` through blocks, of which Terraform makes lists; else None."""
    value = attributes
    for name in path:
        if isinstance(value, list):
            value = value[0] if value else None
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def differs(before: Attributes, after: Attributes, name: str) -> bool:
    """Return whether an attribute changes."""
    return before.get(name) != after.get(name)
