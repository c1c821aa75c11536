"""Single requests, decided by the engine: every request is pinned, down to the keys that it lacks."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from proof import Action, Caller, Decision, Operation, Principal, Resource, When, Where
from proof.asker import blame
from proof.decide import Unwritten
from proof.facts import Kind
from proof.limits import LimitError, Limits
from proof.logic import Var, evaluate, every, implies, negate
from proof.proving import Bench

Context = Mapping[str, Sequence[str]]

_OPERATORS = {
    "aws:securetransport": "Bool",
    "aws:viaawsservice": "Bool",
    "aws:principalisawsservice": "Bool",
    "aws:sourceip": "IpAddress",
    "aws:vpcsourceip": "IpAddress",
    "aws:currenttime": "DateEquals",
    "aws:tokenissuetime": "DateEquals",
    "s3:tlsversion": "NumericEquals",
    "s3:signatureage": "NumericEquals",
    "s3:max-keys": "NumericEquals",
}
_SEVERAL = {
    "aws:calledvia",
    "aws:tagkeys",
    "kms:encryptioncontextkeys",
    "kms:resourcealiases",
    "s3:requestobjecttagkeys",
}


_KINDS: dict[str, Kind] = {
    "assumed-role": "role",
    "federated-user": "federated user",
    "root": "root",
    "user": "user",
}
_MAY_BE_EMPTY = re.compile(r"tag/|:prefix$|:delimiter$")
_LIMITS = Limits(characters=1_000_000)
"""Hundreds of requests are one large question."""


@dataclass(frozen=True)
class Answer:
    """What the engine says of one request.

    Attributes:
        allowed: whether it is allowed; None where nobody can know, or there is no such request.
        allows: the statements that allow it, as `policy/Sid`.
        denies: those that deny it.
        reason: why there is no answer.
    """

    allowed: bool | None
    allows: tuple[str, ...] = ()
    denies: tuple[str, ...] = ()
    reason: str = ""


def literal(text: str) -> str:
    """The pattern that matches this text alone."""
    return text.replace("$", "${$}").replace("*", "${*}").replace("?", "${?}")


def pinned(key: str, values: Sequence[str]) -> Where:
    """The requests with exactly these values of a key; without it for none."""
    name = key.lower()
    if not values:
        absent = When({"Null": {key: "true"}})
        # An empty value may count as null.
        return absent & When({"StringNotEquals": {key: ""}}) if _MAY_BE_EMPTY.search(name) else absent
    if name in _SEVERAL:
        every_value = [literal(value) for value in values]
        found: Where = When({"ForAllValues:StringEquals": {key: every_value}})
        for value in every_value:
            found = found & When({"ForAnyValue:StringEquals": {key: value}})
        return found
    (value,) = values
    operator = _OPERATORS.get(name, "StringEquals")
    if operator == "IpAddress" and ":" in value:
        value += "/128"
    return When({operator: {key: literal(value) if operator == "StringEquals" else value}})


def caller(principal: str | None) -> Where:
    """Who that is: an ARN, the name of a service, or nobody in particular for None."""
    if principal is None:
        return Caller("anonymous")
    if principal.endswith(".amazonaws.com"):
        return Principal(service=(principal,))
    if ":oidc-provider/" in principal:
        return Principal(federated=(principal,))
    kind = principal.split(":", 5)[5].partition("/")[0]
    return Principal(principal) & Caller(_KINDS[kind])


def exactly(
    principal: str | None, action: str, resource: str, context: Context, keys: Iterable[str]
) -> Where:
    """The set of which one request is the only member, as far as policies that ask for `keys` can tell."""
    known = {name.lower(): values for name, values in context.items()}
    where = caller(principal) & Action(action) & Resource(literal(resource))
    for key in dict.fromkeys((*known, *map(str.lower, keys))):
        where = where & pinned(key, known.get(key, ()))
    return where


def keys_of(policies: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The condition keys that policies ask for."""
    for policy in policies:
        statements = policy["Statement"]
        for statement in statements if isinstance(statements, list) else [statements]:
            for keys in statement.get("Condition", {}).values():
                yield from keys


def decided(
    decision: Decision | Operation, requests: Sequence[Where], unwritten: Unwritten = "nothing"
) -> list[Answer]:
    """Say of each pinned request whether it is allowed, and by which statements; all in one scene.

    Policies that are not given allow what is `unwritten`.
    No page says that every request to KMS tells its caller's account; here, that of an operation does.
    """
    try:
        bench = Bench(decision, tuple(requests), _LIMITS, reasons=False)
        return [_decided(bench, one, unwritten) for one in requests]
    except LimitError as error:
        return [Answer(None, reason=str(error))] * len(requests)


def _decided(bench: Bench, request: Where, unwritten: Unwritten) -> Answer:
    outcome = bench._decide(unwritten)
    scene, solver = bench._scene, bench._asker.solver
    there = [use.there for use in outcome.uses if isinstance(use.there, Var)]
    asked = [every((scene.action_known(), scene.where(request))), *there]
    if bench._call is not None:
        account = bench._call.scene.keys.get("kms:calleraccount")
        asked += [implies(bench._call.made, account.present)] if account is not None else []
    true = solver.check(asked)
    if true is None:
        return Answer(None, reason="there is no such request")
    allowed = evaluate(outcome.allowed, true)
    other = negate(outcome.allowed) if allowed else outcome.allowed
    if solver.check([*asked, other]) is not None:
        return Answer(None, reason="undecided")
    return Answer(allowed, blame(outcome.uses, "Allow", true), blame(outcome.uses, "Deny", true))
