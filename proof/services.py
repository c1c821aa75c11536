"""The table of real actions: which condition keys each knows, and on what it is done.

services.jsonl is made by `python -m proof.make_services`, a line a service.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from proof.facts import is_claim, is_global, is_of_some_actions

_TABLE = Path(__file__).with_name("services.jsonl")
_PLACE_HOLDER = re.compile(r"\\\$\\\{[^}]*\\\}|<[^>]*>")


@dataclass(frozen=True)
class Group:
    """Actions of one service that know the same keys and are done on the same things.

    Attributes:
        types: the names of the types of resource.
        keys: the condition keys, in lower case, as AWS lists them (`aws:resourcetag/${tagkey}`).
        names: the actions, such as `GetObject`.
    """

    types: tuple[str, ...]
    keys: frozenset[str]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Service:
    """One service.

    Attributes:
        prefix: what its actions begin with, such as `s3`.
        types: the form of the ARN of each type of resource.
        keys: the type of each condition key.
        groups: its actions.
    """

    prefix: str
    types: Mapping[str, str]
    keys: Mapping[str, str]
    groups: tuple[Group, ...]
    _patterns: dict[str, str | None] = field(default_factory=dict, compare=False)

    def listed(self, key: str) -> str | None:
        """Return the key as AWS lists it, with a place for what varies; None if the service has none."""
        if key not in self._patterns:
            self._patterns[key] = next((one for one in self.keys if _fits(one, key)), None)
        return self._patterns[key]

    def knows(self, group: Group, key: str) -> bool | None:
        """Say whether the actions of `group` know `key`, which is in lower case.

        None where the service does not list it at all: it may be younger than the table, or one of another
        service that is known to this one too.
        """
        listed = self.listed(key)
        if is_global(key) or listed in group.keys:
            return True
        if is_claim(key) and self.prefix == "sts":
            # sub and aud stand in no table: …/reference_policies_iam-condition-keys.html#condition-keys-wif
            return any(name.startswith("AssumeRoleWith") for name in group.names)
        return False if listed is not None or is_of_some_actions(key) else None


def _fits(listed: str, key: str) -> bool:
    if listed == key:
        return True
    if "$" not in listed and "<" not in listed:
        return False
    return re.fullmatch(_PLACE_HOLDER.sub(".+", re.escape(listed)), key, re.DOTALL) is not None


@cache
def _lines() -> dict[str, str]:
    lines = _TABLE.read_text().splitlines()
    return {line[len('{"service":"') :].partition('"')[0]: line for line in lines}


@cache
def service(prefix: str) -> Service | None:
    """Return the service whose actions begin with `prefix`; None for one that the table does not have."""
    line = _lines().get(prefix)
    if line is None:
        return None
    found = json.loads(line)
    keys = list(found["keys"])
    groups = (
        Group(tuple(types), frozenset(keys[number] for number in known), tuple(names))
        for types, known, names in found["groups"]
    )
    return Service(prefix, found["types"], found["keys"], tuple(groups))


def services() -> list[Service]:
    """Return every service that the table has."""
    return [found for prefix in _lines() if (found := service(prefix)) is not None]


def listed_type(key: str) -> str | None:
    """Return the type that AWS's reference gives `key`, which is in lower case; None for an unknown key."""
    found = service(key.partition(":")[0])
    if found is None:
        return None
    listed = found.listed(key)
    return None if listed is None else found.keys[listed]
