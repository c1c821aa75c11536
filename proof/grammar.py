"""Policy documents, typed.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from proof.operators import Operator

Effect = Literal["Allow", "Deny"]
PrincipalKind = Literal["*", "AWS", "Service", "Federated", "CanonicalUser"]


class DocumentError(ValueError):
    """A policy document that IAM would not accept, or that uses something unsupported; one line."""


@dataclass(frozen=True)
class Listed:
    """A list of patterns, or all but them.

    Attributes:
        texts: the patterns.
        negated: whether it is a Not… element.
    """

    texts: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True)
class Named:
    """One entry of a Principal element.

    Attributes:
        kind: of which sort; "*" for `"Principal": "*"`.
        text: such as an ARN; "*" for everybody of that kind.
    """

    kind: PrincipalKind
    text: str


@dataclass(frozen=True)
class Principals:
    """Who a statement is for.

    Attributes:
        named: the entries.
        negated: whether it is a NotPrincipal element.
    """

    named: tuple[Named, ...]
    negated: bool = False


@dataclass(frozen=True)
class Condition:
    """One key under one operator; a statement's conditions must all hold.

    Attributes:
        operator: how it compares.
        key: the key's name in lower case, in which IAM compares it.
        values: one of them must compare.
    """

    operator: Operator
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Statement:
    """One statement.

    Attributes:
        sid: its Sid, or its number where it has none.
        effect: what it does.
        principals: whom it is for; None in the policy of an identity.
        actions: what it is about.
        resources: on what; None for every resource (only in a trust policy).
        conditions: under what conditions.
        variables: whether `${…}` is a policy variable: only with Version 2012-10-17.
    """

    sid: str
    effect: Effect
    principals: Principals | None
    actions: Listed
    resources: Listed | None
    conditions: tuple[Condition, ...]
    variables: bool


@dataclass(frozen=True)
class Policy:
    """A policy document.

    Attributes:
        statements: in their order.
        name: what messages call it.
    """

    statements: tuple[Statement, ...]
    name: str = "policy"

    @cached_property
    def _hash(self) -> int:
        return hash((self.statements, self.name))

    def __hash__(self) -> int:
        """Return its hash, which is counted once: it is asked for with every claim."""
        return self._hash
