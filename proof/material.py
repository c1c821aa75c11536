"""What policies and questions name: everything that distinguishes requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from proof import asking
from proof.caller import DECIDED_BY_CALLER
from proof.callers import Asked, Callers
from proof.facts import KINDS, Kind
from proof.globs import Glob
from proof.grammar import Condition, Named, Statement
from proof.keys import matches_of
from proof.limits import Limits
from proof.matches import Match


@dataclass(frozen=True)
class Material:
    """All that a scene must tell apart.

    Attributes:
        statements: of every policy.
        questions: what is asked about.
        accounts: other accounts that matter, in addition to the named ones.
        identities: other identities that matter.
        resource_globs: what else distinguishes resources.
        of_callers: what the caller's keys are compared with in another request of the same operation.
    """

    statements: tuple[Statement, ...]
    questions: tuple[asking.Where, ...] = ()
    accounts: frozenset[str] = frozenset()
    identities: tuple[Named, ...] = ()
    resource_globs: tuple[Glob, ...] = ()
    of_callers: Mapping[str, tuple[Match, ...]] = field(default_factory=dict)

    @cached_property
    def leaves(self) -> tuple[asking.Where, ...]:
        """What the questions are put together from."""
        return tuple(leaf for question in self.questions for leaf in question.leaves())

    def conditions(self) -> Iterator[tuple[Condition, bool]]:
        """Yield every condition, with whether `${…}` in it is a variable."""
        for statement in self.statements:
            for condition in statement.conditions:
                yield condition, statement.variables
        for leaf in self.leaves:
            if isinstance(leaf, asking.When):
                yield from ((condition, True) for condition in leaf.conditions)

    @cached_property
    def matches(self) -> dict[str, tuple[Match, ...]]:
        """What each key is compared with."""
        found: dict[str, dict[Match, None]] = {}
        for condition, variables in self.conditions():
            of_key = found.setdefault(condition.key, {})
            of_key.update(dict.fromkeys(matches_of(condition, variables=variables)))
        return {key: tuple(matches) for key, matches in found.items()}

    def named(self) -> Iterator[Named]:
        """Yield the entries of every Principal element, and all other identities that matter."""
        yield from self.identities
        for statement in self.statements:
            if statement.principals is not None:
                yield from statement.principals.named
        for leaf in self.leaves:
            if isinstance(leaf, asking.Principal):
                yield from leaf.named

    def actions(self) -> Iterator[str]:
        """Yield every pattern of actions."""
        for statement in self.statements:
            yield from statement.actions.texts
        for leaf in self.leaves:
            if isinstance(leaf, asking.Action):
                yield from leaf.patterns

    def resources(self) -> Iterator[tuple[str, bool]]:
        """Yield every pattern of resources, with whether `${…}` in it is a variable."""
        for statement in self.statements:
            if statement.resources is not None:
                yield from ((text, statement.variables) for text in statement.resources.texts)
        for leaf in self.leaves:
            if isinstance(leaf, asking.Resource):
                yield from ((text, True) for text in leaf.patterns)

    def all_accounts(self) -> frozenset[str]:
        """Return the accounts that matter."""
        asked = (leaf.accounts for leaf in self.leaves if isinstance(leaf, asking.Account))
        return self.accounts.union(*asked)

    def characters(self) -> int:
        """How long all patterns and values are together."""
        values = [value for condition, _ in self.conditions() for value in (condition.key, *condition.values)]
        texts = [*values, *self.actions(), *(text for text, _ in self.resources())]
        return sum(map(len, texts)) + sum(len(one.text) for one in self.named())


def callers_of(materials: Sequence[Material], limits: Limits, kinds: tuple[Kind, ...] = KINDS) -> Callers:
    """Return the callers that all of `materials` tell apart."""
    matches: dict[str, dict[Match, None]] = {}
    for material in materials:
        for key, found in material.matches.items():
            if key in DECIDED_BY_CALLER:
                matches.setdefault(key, {}).update(dict.fromkeys(found))
    asked = Asked(
        tuple(dict.fromkeys(named for material in materials for named in material.named())),
        {key: tuple(found) for key, found in matches.items()},
        tuple(sorted({account for material in materials for account in material.all_accounts()})),
        kinds,
    )
    return Callers(asked, limits)
