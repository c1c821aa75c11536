"""Removes from a change what the provider reads for the first time, and nobody set; `UNSET` lists it."""

from dataclasses import replace
from typing import Any

from review.attributes import Attributes, leaves
from review.facts.echoes import UNSET, UNSET_ANYWHERE
from review.plan import Change

Json = Any


def without_unset(change: Change) -> Change:
    """Return `change` without what was null before, and is what the provider reads if nobody sets it."""
    before, after = change.before, change.after
    if not isinstance(before, dict) or not isinstance(after, dict):
        return change
    now: dict[str, Json] = after
    for path, values in {**UNSET_ANYWHERE, **UNSET.get(change.type, {})}.items():
        read = leaves(now, path)
        if read and not leaves(before, path) and (not values or set(read) <= set(values)):
            now = _as_before(before, now, path)
    return replace(change, after=now)


def _as_before(before: Attributes, after: Attributes, path: str) -> dict[str, Json]:
    name, _, inner = path.partition(".")
    if not inner:
        return {**after, name: before.get(name)}
    return {**after, name: [{k: v for k, v in block.items() if k != inner} for block in after[name]]}
