"""One request: who, what, on what, with which condition keys; and what ties these together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from proof import asking
from proof.actions import Actions
from proof.caller import DECIDED_BY_CALLER
from proof.callers import Callers
from proof.facts import (
    ANONYMOUS_SERVICES,
    AWS_KINDS,
    WEB_IDENTITY_ACTIONS,
    KeyFact,
    Kind,
    Presence,
    fact,
    is_global,
)
from proof.grammar import Principals, Statement
from proof.keys import Key
from proof.limits import LimitError, Limits
from proof.logic import Formula, Var, every, implies, negate, same, some
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
        found = material.matches
        facts = {key: fact(key, listed_type(key)) for key in found}
        matches = {
            key: tuple(
                dict.fromkeys(
                    (
                        *compared,
                        *DISTINGUISHED.get(key, ()),
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

    def _key(self, name: str, known: KeyFact, matches: tuple[Match, ...], limits: Limits) -> Key:
        def carried(*presence: Presence) -> Formula:
            return self.callers.of_kind(*(kind for kind, one in known.carried.items() if one in presence))

        unsure = some((carried("unsourced", "all unsourced"), self._actions_that(name, known=None)))
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

    # What ties a request together

    def ties(self, owner: str | None = None) -> Iterator[Formula]:
        """Yield what holds for every request; `owner` is the account of what it is about, where known."""
        yield from self.resources.of_their_type(self.actions.all, self.actions.choice)
        yield from self._callers_of_actions()
        for key in self.keys.values():
            yield from self._known_to_action(key)
            yield from self._carried(key)
            if key.name in DECIDED_BY_CALLER:
                yield from self._decided_by_caller(key)
        yield from self._network()
        yield from self._forward_access()
        yield from self._signature()
        if owner is not None:
            yield from self._owner(owner)

    def _service_is(self, services: Iterable[str]) -> Formula:
        wanted = frozenset(services)
        return self.actions.where(kind.service in wanted for kind in self.actions.all)

    def _callers_of_actions(self) -> Iterator[Formula]:
        yield implies(self.callers.of_kind("anonymous"), self._service_is(ANONYMOUS_SERVICES))
        of_web_identities = self.actions.where(
            kind.name.lower() in WEB_IDENTITY_ACTIONS for kind in self.actions.all
        )
        yield implies(self.callers.of_kind("web identity"), of_web_identities)
        signed = self.actions.where(
            kind.name.lower() not in WEB_IDENTITY_ACTIONS - {"sts:tagsession"} for kind in self.actions.all
        )
        yield some((signed, self.callers.of_kind("web identity")))

    def _actions_that(self, key: str, *, known: bool | None) -> Formula:
        """Return the formula of the actions that know a key, or do not, or of which that is not known."""
        if is_global(key):
            return known is True
        return self.actions.where(kind.knows(key) is known for kind in self.actions.all)

    def _known_to_action(self, key: Key) -> Iterator[Formula]:
        yield implies(key.present, negate(self._actions_that(key.name, known=False)))

    def _carried(self, key: Key) -> Iterator[Formula]:
        always: list[Kind] = [kind for kind, one in key.fact.carried.items() if one in _ALWAYS]
        never: list[Kind] = [kind for kind, one in key.fact.carried.items() if one == "never"]
        if always:
            yield implies(self.callers.of_kind(*always), key.present)
        if never:
            yield implies(self.callers.of_kind(*never), negate(key.present))

    def _decided_by_caller(self, key: Key) -> Iterator[Formula]:
        by_value: dict[str, list[int]] = {}
        for number, caller in enumerate(self.callers.all):
            value = caller.value(key.name)
            if value is not None:
                by_value.setdefault(value, []).append(number)
        for value, callers in by_value.items():
            yield implies(self.callers.where(callers), key.would_be(key.alike(value)))

    def _present(self, *names: str) -> list[Formula]:
        return [self.keys[name].present for name in names if name in self.keys]

    def _is(self, name: str, text: str) -> Formula:
        """Return the formula of a key having exactly that value; False where the key is not at hand."""
        key = self.keys.get(name)
        return False if key is None else key.is_value(key.alike(text))

    def _direct(self) -> Formula:
        """Return the formula of requests whose network AWS documents.

        Calls of services, also on a caller's behalf, may come without.
        """
        by_service = self.callers.of_kind("service")
        return negate(some((by_service, self.forwarded)))

    def _network(self) -> Iterator[Formula]:
        """Yield that a request comes from an address, or else through an endpoint.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourceip
        """
        endpoint = Var(f"{self.name}through an endpoint")
        for present in self._present("aws:sourceip"):
            yield implies(self._direct(), same(present, negate(endpoint)))
        for present in self._present("aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip"):
            yield implies(self._direct(), same(present, endpoint))
        for present in self._present(
            "aws:sourcevpcarn", "aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths"
        ):
            yield implies(present, some((endpoint, negate(self._direct()))))

    def _forward_access(self) -> Iterator[Formula]:
        """Yield what shows that a service calls on.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
        """
        forwarded = self.forwarded
        yield implies(forwarded, self.callers.of_kind(*AWS_KINDS))
        via = self.keys.get("aws:viaawsservice")
        if via is not None:
            yield implies(forwarded, via.present)
            yield same(forwarded, via.would_be(via.alike("true")))
        for present in self._present("aws:calledvia", "aws:calledviafirst", "aws:calledvialast"):
            yield same(present, forwarded)
        for present in self._present("kms:viaservice"):
            yield implies(present, forwarded)

    def _signature(self) -> Iterator[Formula]:
        """Yield that the age of a signature of Version 2 is always 0.

        https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html
        """
        age = self.keys.get("s3:signatureage")
        if age is not None:
            old = self._is("s3:signatureversion", "AWS")
            yield implies(every((old, age.present)), age.is_value(age.alike("0")))

    def _owner(self, owner: str) -> Iterator[Formula]:
        """Yield that what is asked for is the account's own.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resourceaccount
        """
        for name in ("aws:resourceaccount", "s3:resourceaccount"):
            if name in self.keys:
                yield implies(self.keys[name].present, self._is(name, owner))
        for present in self._present("aws:resourceaccount"):
            yield implies(self._service_is(_TELL_THEIR_ACCOUNT), present)
