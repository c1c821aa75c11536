"""What changed since the last release, as changes.toml lists it and as it is."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.upgrading.contract import Contract, contracts_of
from tests.upgrading.differences import differences
from tests.upgrading.release import last_release

FILE = Path(__file__).with_name("changes.toml")
REFUSALS = ("is new, a Deny", "refuses more", "allows less", "is gone, an Allow", "is Deny, was Allow")
"""How a line ends that may refuse what went well before."""


TODAY: dict[str, Any] = {}
"""Each stack of this checkout's settings by its name, where they were synthesized before."""


@dataclass(frozen=True)
class Change:
    """One change, listed.

    Attributes:
        lines: the differences that it makes, as differences.py words them.
        happens: what happens to who has deployed the last release.
    """

    lines: tuple[str, ...]
    happens: str

    @property
    def refuses(self) -> bool:
        """Whether something is refused that went well before."""
        return any(line.endswith(REFUSALS) for line in self.lines)


def listed() -> list[Change]:
    """Return the changes that changes.toml lists."""
    content = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return [Change(tuple(one["lines"]), one["happens"]) for one in content.get("change", [])]


@cache
def now() -> dict[str, Contract]:
    """Return what the stacks of the last release's settings promise today, by the stack's name."""
    return contracts_of(last_release().settings, TODAY)


@cache
def made() -> dict[str, set[str]]:
    """Return the stacks that each difference is in; a stack that is gone is a difference, too."""
    stacks: dict[str, set[str]] = {}
    for name, before in last_release().contracts.items():
        for line in differences(before, now()[name]) if name in now() else {f"stack {name}: is gone"}:
            stacks.setdefault(line, set()).add(name)
    return stacks
