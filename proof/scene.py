"""One request: who, what, on what, with which condition keys; and what ties these together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from proof import asking
from proof.actions import Actions
from proof.caller import DECIDED_BY_CALLER
from proof.callers import Callers
from proof.facts import (
    KeyFact,
    Presence,
    fact,
    is_global,
)
from proof.grammar import Principals, Statement
from proof.keys import Key
from proof.limits import LimitError, Limits
from proof.logic import Formula, Var, every, negate, some
from proof.matches import Match
from proof.material import Material
from proof.resources import Resources
from proof.services import listed_type

# Values that tie other things, which must be distinguished although no policy compares them.
DISTINGUISHED = {
    "aws:viaawsservice": (Match("bool", "equals", "true"),),
    "s3:signatureversion": (Match("text", "equals", "AWS"),),
}
_ALWAYS = frozenset({"always", "unsourced value"})
_TELL_THEIR_ACCOUNT = frozenset({"iam", "kms", "s3", "sns", "sqs", "sts"})


# Keys for one name each, and the key that lists these names: GK (see proof/facts.py), and for KMS
# https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
LISTED_IN = {
    "aws:requesttag/": "aws:tagkeys",
    "s3:requestobjecttag/": "s3:requestobjecttagkeys",
    "kms:encryptioncontext:": "kms:encryptioncontextkeys",
}


def listed_in(key: str) -> tuple[str, Match] | None:
    """Return the key that lists the name in `key`, and what it must match: names of keys have no case."""
    for prefix, names in LISTED_IN.items():
        if key.startswith(prefix):
            return names, Match("text", "equals", key.removeprefix(prefix), ignore_case=True)
    return None


# The same moment in two ways: …/reference_policies_condition-keys.html#condition-keys-epochtime
_NOW, _EPOCH = "aws:currenttime", "aws:epochtime"


def _of_one_moment(matches: Mapping[str, tuple[Match, ...]]) -> Mapping[str, tuple[Match, ...]]:
    """Return what each key is compared with; both keys of the moment with the same."""
    both = tuple(dict.fromkeys((*matches.get(_NOW, ()), *matches.get(_EPOCH, ()))))
    return {key: both if key in (_NOW, _EPOCH) else found for key, found in matches.items()}


class Scene:
    """A request that the policies at hand decide.

    Attributes:
        callers: who can make it.
        actions: what it can be.
        resources: on what.
        keys: its condition keys.
        forwarded: true for a call that a service makes on with its caller's identity.
    """

    def __init__(
        self,
        material: Material,
        callers: Callers,
        limits: Limits,
        *,
        name: str = "",
        share: Scene | None = None,
    ) -> None:
        """Find what `material` tells apart.

        Args:
            material: policies and questions.
            callers: who can make the request.
            limits: of the work.
            name: tells several requests of one operation apart.
            share: another request of the same operation, with the same caller.

        Raises:
            LimitError: more than that.
        """
        if material.characters() > limits.characters:
            raise LimitError(f"its policies are longer than {limits.characters} characters")
        self.name, self.callers = name, callers
        self.forwarded = Var(f"{name}forwarded")
        found = _of_one_moment(material.matches)
        facts = {key: fact(key, listed_type(key)) for key in found}
        matches = {
            key: tuple(
                dict.fromkeys(
                    (
                        *compared,
                        *DISTINGUISHED.get(key, ()),
                        *(one[1] for other in found if (one := listed_in(other)) and one[0] == key),
                        *(material.of_callers.get(key, ()) if facts[key].of_caller else ()),
                    )
                )
            )
            for key, compared in found.items()
        }
        self.actions = Actions(material.actions(), sorted(matches), name, limits)
        self.resources = Resources(
            material.resources(), self.actions.all, name, limits, material.resource_globs
        )
        self.keys: dict[str, Key] = {
            key: share.keys[key]
            if share is not None and facts[key].of_caller and key in share.keys
            else self._key(key, facts[key], values, limits)
            for key, values in matches.items()
        }
        if _EPOCH in self.keys and _NOW in self.keys:
            self.keys[_EPOCH] = self.keys[_NOW]

    def _key(self, name: str, known: KeyFact, matches: tuple[Match, ...], limits: Limits) -> Key:
        def carried(*presence: Presence) -> Formula:
            return self.callers.of_kind(*(kind for kind, one in known.carried.items() if one in presence))

        unsure = some((carried("unsourced", "all unsourced"), self.actions_that(name, known=None)))
        if name == "aws:viaawsservice":  # a call that is forwarded has it
            unsure = every((unsure, negate(self.forwarded)))
        return Key(
            name,
            known,
            matches,
            self._said_by_callers(name),
            unsure_presence=unsure,
            unsure_value=carried("unsourced value", "all unsourced"),
            where=self.name,
            limits=limits,
        )

    def _said_by_callers(self, key: str) -> tuple[str, ...]:
        if key not in DECIDED_BY_CALLER:
            return ()
        values = (caller.value(key) for caller in self.callers.all)
        return tuple(dict.fromkeys(value for value in values if value is not None))

    def action_known(self) -> Formula:
        """Return the formula of the actions that exist, or that the table does not have."""
        return self.actions.where(kind.real for kind in self.actions.all)

    # What statements and questions are about

    def matches(self, statement: Statement) -> Formula:
        """Return the formula of the requests that `statement` is about."""
        return every((self.by(statement.principals), self.matches_but_for_principal(statement)))

    def matches_but_for_principal(self, statement: Statement) -> Formula:
        """Return the formula of the requests that `statement` is about, made by anybody."""
        actions = self.actions.matching(statement.actions.texts)
        parts = [negate(actions) if statement.actions.negated else actions]
        if statement.resources is not None:
            found = self.resources.matching(statement.resources.texts, variables=statement.variables)
            parts.append(negate(found) if statement.resources.negated else found)
        for condition in statement.conditions:
            parts.append(self.keys[condition.key].holds(condition, variables=statement.variables))
        return every(parts)

    def by(self, principals: Principals | None) -> Formula:
        """Return the formula of the callers that a Principal or NotPrincipal element is about."""
        if principals is None:
            return True
        if principals.negated:
            return negate(self.callers.spared(principals))
        return some(self.callers.named(named) for named in principals.named)

    def where(self, asked: asking.Where) -> Formula:
        """Return the formula of the requests that are asked about."""
        match asked:
            case asking.Both(parts):
                return every(self.where(part) for part in parts)
            case asking.Either(parts):
                return some(self.where(part) for part in parts)
            case asking.Other(part):
                return negate(self.where(part))
            case asking.Action(patterns):
                return self.actions.matching(patterns)
            case asking.Resource(patterns):
                return self.resources.matching(patterns, variables=True)
            case asking.Principal(named):
                return some(self.callers.named(one) for one in named)
            case asking.Caller(kinds):
                return self.callers.of_kind(*kinds)
            case asking.Account(accounts):
                return some(self.callers.of_account(account) for account in accounts)
            case asking.When(conditions):
                return every(self.keys[one.key].holds(one, variables=True) for one in conditions)
        raise TypeError(asked)

    # For what ties a request together

    def service_is(self, services: Iterable[str]) -> Formula:
        """Return the formula of the actions of these services."""
        wanted = frozenset(services)
        return self.actions.where(kind.service in wanted for kind in self.actions.all)

    def actions_that(self, key: str, *, known: bool | None) -> Formula:
        """Return the formula of the actions that know a key, or do not, or of which that is not known."""
        if is_global(key):
            return known is True
        return self.actions.where(kind.knows(key) is known for kind in self.actions.all)

    def present(self, *names: str) -> list[Formula]:
        """Return, for each of these keys that is at hand, the formula of its being there."""
        return [self.keys[name].present for name in names if name in self.keys]

    def is_exactly(self, name: str, text: str) -> Formula:
        """Return the formula of a key having exactly that value; False where the key is not at hand."""
        key = self.keys.get(name)
        return False if key is None else key.is_value(key.alike(text))
