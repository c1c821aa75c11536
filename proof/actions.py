"""The actions that the given patterns distinguish: real actions, by their condition keys and resources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from proof.globs import Glob, Token
from proof.limits import LimitError, Limits
from proof.logic import Choice, Formula
from proof.machine import texts
from proof.patterns import action_pattern, action_regex
from proof.services import Group, service

_WORD = Token(":")  # any character but a colon
_FORM: Glob = (_WORD, _WORD._replace(many=True), Token(":", literal=True), _WORD, _WORD._replace(many=True))


@dataclass(frozen=True)
class Kind:
    """Actions that no given policy distinguishes.

    Attributes:
        name: one of them.
        matches: the patterns that match, as a bit set.
        service: the prefix.
        group: what they know and are done on; None where the table does not have the service.
        real: whether there is such an action.
    """

    name: str
    matches: int
    service: str
    group: Group | None
    real: bool

    def knows(self, key: str) -> bool | None:
        """Say whether requests for it can have `key`, as `Service.knows`; any key if the table lacks it."""
        found = service(self.service)
        return True if found is None or self.group is None else found.knows(self.group, key)


def _services(patterns: Iterable[str]) -> tuple[list[str], bool]:
    """Return the services that patterns name, and whether one of them matches several services."""
    named, several = set(), False
    for pattern in patterns:
        prefix, colon, _ = pattern.lower().partition(":")
        if not colon or "*" in prefix or "?" in prefix:
            several = True
        else:
            named.add(prefix)
    return sorted(named), several


@lru_cache(maxsize=512)
def _real(prefix: str, listed: tuple[str, ...], keys: tuple[str, ...]) -> list[Kind]:
    """Return the actions of a service, one for each kind."""
    found = service(prefix)
    if found is None:
        return []
    matching = _matcher(listed)
    kinds: dict[tuple[int, tuple[str, ...], tuple[bool | None, ...]], Kind] = {}
    for group in found.groups:
        known = tuple(found.knows(group, key) for key in keys)
        for name in group.names:
            full = f"{found.prefix}:{name}"
            matches = matching(full.lower())
            kinds.setdefault(
                (matches, group.types, known),
                Kind(full, matches, found.prefix, group, real=True),
            )
    return list(kinds.values())


def _matcher(listed: Sequence[str]) -> Callable[[str], int]:
    """Return what says which patterns match an action, as a bit set."""
    exact = {pattern: 1 << at for at, pattern in enumerate(listed)}
    open_ended = [
        (1 << at, action_regex(pattern).match)
        for at, pattern in enumerate(listed)
        if "*" in pattern or "?" in pattern
    ]

    def matching(action: str) -> int:
        return sum((bit for bit, match in open_ended if match(action)), exact.get(action, 0))

    return matching


class Actions:
    """The actions; a request has one of them."""

    def __init__(self, patterns: Iterable[str], keys: Sequence[str], where: str, limits: Limits) -> None:
        """Find the actions that `patterns` tell apart.

        Args:
            patterns: of all policies and questions.
            keys: the condition keys at hand, in lower case.
            where: tells the actions of several requests apart.
            limits: of the work.

        Raises:
            LimitError: more than that.
        """
        listed = list(dict.fromkeys(pattern.lower() for pattern in patterns))
        self._number = {pattern: number for number, pattern in enumerate(listed)}
        named, several = _services(listed)
        self.all: list[Kind] = []
        for prefix in named:
            self.all += _real(prefix, tuple(listed), tuple(keys))
        self.all += self._others(listed, limits, several=several)
        if len(self.all) > limits.atoms:
            raise LimitError(f"its policies tell more than {limits.atoms} actions apart")
        self.choice = Choice(f"{where}action", len(self.all))

    def _others(self, listed: list[str], limits: Limits, *, several: bool) -> list[Kind]:
        """Return actions that the table does not have: of other services, or nonexistent ones."""
        names = {kind.name.lower() for kind in self.all}
        # A pattern that names one real action matches no other.
        open_ended = [pattern for pattern in listed if pattern not in names]
        globs = tuple(action_pattern(pattern) for pattern in open_ended)
        out = []
        for found in texts(globs, _FORM, limits.steps, limits.atoms):
            prefix = found.text.partition(":")[0]
            matches = sum(
                1 << self._number[pattern] for at, pattern in enumerate(open_ended) if found.matches >> at & 1
            )
            # A pattern for one service decides which it is; others stand for services that nothing names.
            of_one = any(
                found.matches >> at & 1
                for at, pattern in enumerate(open_ended)
                if not _services([pattern])[1]
            )
            real = service(prefix) is None if of_one else several
            out.append(Kind(found.text, matches, prefix, None, real=real))
        return out

    def matching(self, patterns: Iterable[str]) -> Formula:
        """Return the formula of the actions that match one of `patterns`."""
        wanted = sum(1 << number for number in {self._number[pattern.lower()] for pattern in patterns})
        return self.where(kind.matches & wanted != 0 for kind in self.all)

    def where(self, chosen: Iterable[bool]) -> Formula:
        """Return the formula of the actions for which `chosen` is true, in their order."""
        return self.choice.where(sum(1 << at for at, one in enumerate(chosen) if one))
