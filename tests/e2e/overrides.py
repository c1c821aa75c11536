"""What a stack's configuration needs on the embedded AWS."""

from collections.abc import Mapping
from typing import Any


def providers(stack: Mapping[str, Any]) -> dict[str, Any]:
    """Settings for every provider of a stack: 127.0.0.1 has no host names of buckets below it."""
    found = stack["provider"]["aws"]
    aliases = [{"alias": one["alias"]} if "alias" in one else {} for one in found]
    return {"provider": {"aws": [{**alias, "s3_use_path_style": True} for alias in aliases]}}
