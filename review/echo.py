"""Removes from what drifted what a resource only repeats of others; `review.facts.echoes` lists it.

A plan never has such a difference: what it changes, the configuration sets, be it in a dynamic block.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from review.facts.echoes import ECHOES, Echo
from review.plan import Change

Json = Any


class Owners:
    """What the resources of a plan set that others repeat."""

    def __init__(self, resources: Iterable[tuple[str, Json]]) -> None:
        """Take `resources`: the type and the attributes of each, on either side of each change."""
        self._named: dict[tuple[str, str], set[tuple[str, str]]] = {}
        wanted = {(echo.owner, echo.by, echo.member) for kind in ECHOES.values() for echo in kind.values()}
        by_kind: dict[str, set[tuple[str, str]]] = {}
        for owner, by, member in wanted:
            by_kind.setdefault(owner, set()).add((by, member))
        for kind, attributes in resources:
            side = attributes if isinstance(attributes, dict) else {}
            for by, member in by_kind.get(kind, ()):
                name = side.get(by)
                if isinstance(name, str) and name:  # else it is not made yet, and nothing repeats it
                    self._named.setdefault((kind, by), set()).add((name, str(side.get(member))))

    def without_echoes(self, change: Change, configured: Collection[str] = ()) -> Change:
        """Return `change` with each echo at its old value; a `configured` attribute is no echo."""
        echoes = {name: one for name, one in ECHOES.get(change.type, {}).items() if name not in configured}
        before, after = change.before, change.after
        if not echoes or not isinstance(before, dict) or not isinstance(after, dict):
            return change
        clean = dict(after)
        for attribute, echo in echoes.items():
            if before.get(attribute) != after.get(attribute):
                clean |= self._old_values(attribute, echo, before, after)
        unknown = change.unknown
        if isinstance(unknown, dict):
            unknown = {k: v for k, v in unknown.items() if k not in echoes or clean.get(k) is after.get(k)}
        return replace(change, after=clean, unknown=unknown)

    def _old_values(
        self, attribute: str, echo: Echo, before: Mapping[str, Json], after: Mapping[str, Json]
    ) -> dict[str, Json]:
        names = {str(before.get(name) or after.get(name)) for name in echo.of}
        owned = {member for name, member in self._named.get((echo.owner, echo.by), ()) if name in names}
        if not owned:
            return {}
        if echo.counted:
            return {attribute: before.get(attribute)} if after.get(attribute) == len(owned) else {}
        if not echo.member:
            return {attribute: before.get(attribute)}
        old, new = (side.get(attribute) or [] for side in (before, after))
        if not isinstance(old, list) or not isinstance(new, list):
            return {}
        others = [one for one in new if one in old or _member(one, echo) not in owned]
        gone = [one for one in old if one not in new and _member(one, echo) in owned]
        return {attribute: [*others, *gone] if others + gone != old else old}


def _member(one: Json, echo: Echo) -> str:
    return str(one.get(echo.member) if isinstance(one, dict) else one)
