"""Sets of requests to ask about, combined with `&`, `|` and `~`.

    Action("s3:Get*") & Resource("arn:aws:s3:::acme/*") & ~Principal("arn:aws:iam::111122223333:role/etl")
    & When({"Bool": {"aws:SecureTransport": "false"}})

Each is compared as in a policy of Version 2012-10-17.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from proof.facts import AWS_KINDS, KINDS, Kind
from proof.grammar import Condition, DocumentError, Named
from proof.parse import conditions


class Where:
    """A set of requests."""

    def __and__(self, other: Where) -> Where:
        """Return the requests that are in both."""
        return Both((self, other))

    def __or__(self, other: Where) -> Where:
        """Return the requests that are in one of them."""
        return Either((self, other))

    def __invert__(self) -> Where:
        """Return all other requests."""
        return Other(self)

    def leaves(self) -> Iterator[Where]:
        """Yield what it is put together from."""
        yield self


@dataclass(frozen=True)
class Both(Where):
    """The requests that are in all of `parts`; all requests for no part."""

    parts: tuple[Where, ...]

    def leaves(self) -> Iterator[Where]:
        """Yield what it is put together from."""
        for part in self.parts:
            yield from part.leaves()


@dataclass(frozen=True)
class Either(Where):
    """The requests that are in one of `parts`; none for no part."""

    parts: tuple[Where, ...]

    def leaves(self) -> Iterator[Where]:
        """Yield what it is put together from."""
        for part in self.parts:
            yield from part.leaves()


@dataclass(frozen=True)
class Other(Where):
    """The requests that are not in `part`."""

    part: Where

    def leaves(self) -> Iterator[Where]:
        """Yield what it is put together from."""
        yield from self.part.leaves()


@dataclass(frozen=True)
class Action(Where):
    """The requests for actions that match one of `patterns`."""

    patterns: tuple[str, ...]

    def __init__(self, *patterns: str) -> None:
        """Take patterns such as `s3:Get*`."""
        object.__setattr__(self, "patterns", patterns)


@dataclass(frozen=True)
class Resource(Where):
    """The requests on resources that match one of `patterns`."""

    patterns: tuple[str, ...]

    def __init__(self, *patterns: str) -> None:
        """Take patterns of ARNs, as in a Resource element."""
        object.__setattr__(self, "patterns", patterns)


@dataclass(frozen=True)
class Principal(Where):
    """The requests of the callers that a Principal element names: a role's ARN stands for its sessions."""

    named: tuple[Named, ...]

    def __init__(self, *aws: str, service: tuple[str, ...] = (), federated: tuple[str, ...] = ()) -> None:
        """Name ARNs or accounts of AWS, services, and identity providers."""
        named = (
            *(Named("AWS", text) for text in aws),
            *(Named("Service", text) for text in service),
            *(Named("Federated", text) for text in federated),
        )
        object.__setattr__(self, "named", named)


@dataclass(frozen=True)
class Caller(Where):
    """The requests of these kinds of caller, such as `anonymous`; see `proof.facts.KINDS`."""

    kinds: tuple[Kind, ...]

    def __init__(self, *kinds: Kind) -> None:
        """Take kinds of caller."""
        if unknown := set(kinds) - set(KINDS):
            raise DocumentError(f"no kind of caller: {sorted(unknown)}; allowed are {', '.join(KINDS)}")
        object.__setattr__(self, "kinds", kinds)


@dataclass(frozen=True)
class Account(Where):
    """The requests of root, users, roles and federated users of one of these accounts."""

    accounts: tuple[str, ...]

    def __init__(self, *accounts: str) -> None:
        """Take ids of accounts."""
        object.__setattr__(self, "accounts", accounts)


@dataclass(frozen=True)
class When(Where):
    """The requests for which a Condition element holds."""

    conditions: tuple[Condition, ...]

    def __init__(self, condition: Mapping[str, Any]) -> None:
        """Take a Condition element.

        Raises:
            DocumentError: it is none.
        """
        object.__setattr__(self, "conditions", tuple(conditions(condition)))


EVERY: Where = Both(())
AWS_IDENTITY: Where = Caller(*AWS_KINDS)
