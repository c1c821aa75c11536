"""Questions as text in which some names are replaced, so that equal questions under other names are equal.

A name is replaced only where nothing that decides can tell, see `Renaming`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from proof import asking
from proof.caller import DECIDED_BY_CALLER
from proof.decide import Decision, Identity
from proof.facts import fact
from proof.grammar import Condition, Listed, Named, Policy, Principals, Statement
from proof.key_values import SOME_TEXT
from proof.proving import Claim
from proof.scene import DISTINGUISHED, LISTED_IN
from proof.services import listed_type, services

_SEPARATORS = re.compile(r"([/:])")
_PLACE = "\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}"
_PARTITION = re.compile(r"aws[a-z-]*")
_WORDS = frozenset({"another-session", "assumed-role", "root", "sts"})
"""What `proof.caller` and `proof.callers` know, in addition to the forms of ARNs."""
# ARNs and names of users are texts of policies; the others have values that the engine knows.
_OF_POLICIES = {"aws:principalarn", "aws:username"}
_VALUES_KNOWN = {*DECIDED_BY_CALLER, *DISTINGUISHED, *LISTED_IN.values()} - _OF_POLICIES


class _TellsError(Exception):
    """Something that could tell one name from another."""


class Renaming:
    """Replaces names in what is asked.

    What is compared is cut at `/` and `:`; each piece is replaced as a whole, by a rule that maps different
    pieces to different ones, the same everywhere. That is exact: texts are compared as wholes or by
    wildcards that stand for whole pieces, so that what was equal is, and what differed does; and no piece
    that the engine knows, such as `role`, is replaced or comes to be. What has another sort of value
    (numbers, addresses, actions, services, `…IgnoreCase`) keeps its names. Where a wildcard stands within a
    piece, or a policy variable anywhere, nothing is replaced.
    """

    def __init__(self, names: Iterable[str]) -> None:
        """Replace `names`, in each the part after its last `/`; if two begin at one place, the first."""
        self._names: dict[str, str] = {}
        for at, name in enumerate(names):
            piece = _SEPARATORS.split(name)[-1]
            if re.search("[a-z]", piece):  # others could be numbers
                self._names.setdefault(piece, f"{_PLACE}{at}")
        alternatives = "|".join(map(re.escape, self._names)) or "(?!)"
        self._pattern = re.compile(rf"(?<![A-Za-z0-9])(?:{alternatives})(?![A-Za-z0-9])")
        self._known: dict[str, str] = {}
        self._policies: dict[Policy, str] = {}

    def asked(self, decision: Decision, claim: Claim) -> tuple[str, ...]:
        """Return the question as texts: the same for the same question under other names."""
        try:
            put_together = (
                decision.account,
                decision.resource is not None,
                [self._identity(one) for one in decision.identities],
                *(claim.promise, claim.without_iam, self._where(claim.where)),
            )
            return repr(put_together), *map(self._policy, decision.documents)
        except _TellsError:
            return "as it is", repr(decision), repr(claim)

    def _text(self, text: str) -> str:
        """Return a text that is compared as a whole or in whole pieces."""
        if text not in self._known:
            if "?" in text or "$" in text or _PLACE in text:
                raise _TellsError
            self._known[text] = "".join(map(self._piece, _SEPARATORS.split(text)))
        return self._known[text]

    def _piece(self, piece: str) -> str:
        if "*" in piece and piece != "*":
            raise _TellsError
        if piece in _pieces_known() or _PARTITION.fullmatch(piece):
            return piece
        return self._pattern.sub(lambda found: self._names[found[0]], piece)

    def _texts(self, texts: Iterable[str]) -> tuple[str, ...]:
        return tuple(map(self._text, texts))

    # Policies

    def _identity(self, identity: Identity) -> tuple[Any, ...]:
        limits = (identity.boundary is not None, identity.session is not None)
        return self._texts(identity.arns), len(identity.policies), limits

    def _policy(self, policy: Policy) -> str:
        if policy not in self._policies:
            statements = [self._statement(one) for one in policy.statements]
            self._policies[policy] = repr((self._text(policy.name), statements))
        return self._policies[policy]

    def _statement(self, statement: Statement) -> tuple[Any, ...]:
        return (
            statement.sid,
            statement.effect,
            None if statement.principals is None else self._principals(statement.principals),
            _actions(statement.actions.texts),
            statement.actions.negated,
            None if statement.resources is None else self._resources(statement.resources),
            [self._condition(one) for one in statement.conditions],
            statement.variables,
        )

    def _principals(self, principals: Principals) -> tuple[Any, ...]:
        return ([self._named(one) for one in principals.named], principals.negated)

    def _named(self, named: Named) -> tuple[str, str]:
        return (named.kind, self._text(named.text) if named.kind == "AWS" else named.text)

    def _resources(self, resources: Listed) -> tuple[Any, ...]:
        return (self._texts(resources.texts), resources.negated)

    def _condition(self, condition: Condition) -> tuple[Any, ...]:
        compares = condition.operator
        values: tuple[str, ...] = condition.values
        if _any_text(condition.key):
            if compares.ignore_case or compares.family == "binary":
                raise _TellsError
            if compares.family == "text":
                values = self._texts(values)
        return (compares.name, condition.key, values)

    # Requests

    def _where(self, asked: asking.Where) -> tuple[Any, ...]:
        match asked:
            case asking.Both(parts) | asking.Either(parts):
                return (type(asked).__name__, [self._where(part) for part in parts])
            case asking.Other(part):
                return ("Other", self._where(part))
            case asking.Action(patterns):
                return ("Action", _actions(patterns))
            case asking.Resource(patterns):
                return ("Resource", self._texts(patterns))
            case asking.Principal(named):
                return ("Principal", [self._named(one) for one in named])
            case asking.Caller(kinds):
                return ("Caller", kinds)
            case asking.Account(accounts):
                return ("Account", accounts)
            case asking.When(conditions):
                return ("When", [self._condition(one) for one in conditions])
        raise TypeError(asked)


@cache
def _any_text(key: str) -> bool:
    """Say whether a key may have any text, and the engine knows only the empty text."""
    found = fact(key, listed_type(key))
    return found.family in ("text", None) and found.forms == (SOME_TEXT,) and key not in _VALUES_KNOWN


def _actions(patterns: Sequence[str]) -> Sequence[str]:
    """Return patterns of actions as they are."""
    if _odd_services().intersection(pattern.partition(":")[0].lower() for pattern in patterns):
        raise _TellsError
    return patterns


@cache
def _arns() -> dict[str, list[str]]:
    """Return the pieces of the forms of all ARNs, by service."""
    return {
        one.prefix: [piece for arn in one.types.values() for piece in _SEPARATORS.split(arn)]
        for one in services()
    }


@cache
def _pieces_known() -> frozenset[str]:
    return _WORDS.union(piece for found in _arns().values() for piece in found if "$" not in piece)


@cache
def _odd_services() -> frozenset[str]:
    """Return the services with ARNs in which less than a piece is known, such as `o-${OrganizationId}`."""
    part = re.compile(r"\$\{\w+\}")
    odd = {
        prefix
        for prefix, found in _arns().items()
        if any("$" in piece and not part.fullmatch(piece) for piece in found)
    }
    return frozenset(odd)
