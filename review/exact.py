"""What `proof` says about two policies: whether a request is allowed that was not, with an example."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from review.policies import Statement


@dataclass(frozen=True)
class Exact:
    """How two policies differ, for every request.

    Attributes:
        nothing_more: whether it is certain that no more requests are allowed, and no fewer are denied.
        allowed: a request in words that a statement lets through now, by the statement's Sid.
        refused: a request in words that a statement refused before and none does now, by the statement's Sid.
        undecided: why that is not known; empty if it is.
    """

    nothing_more: bool = False
    allowed: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    undecided: str = ""


NOTHING = json.dumps({"Version": "2012-10-17", "Statement": []})


def is_known(statement: Statement) -> bool:
    """Return whether `proof` has a request for each principal, action and resource of a statement.

    Where it has none, that no request shows a difference says nothing: a form of principal or ARN, or an
    action, may be younger than what it knows.
    """
    principals = statement.elements.get("Principal", frozenset("*"))
    actions = statement.elements.get("Action", frozenset("*"))
    resources = frozenset("*") if "NotResource" in statement.elements else statement.elements.get("Resource")
    return (
        all(_is_met(one, actions, resources) for one in principals)
        and all(_is_met("*", frozenset([one]), resources) for one in actions)
        and all(_is_met("*", actions, frozenset([one])) for one in resources or ())
    )


@lru_cache(maxsize=4096)
def _is_met(principal: str, actions: frozenset[str], resources: frozenset[str] | None) -> bool:
    kind, space, name = principal.partition(" ")
    who = {kind: name} if space and kind in ("CanonicalUser", "Federated", "Service") else {"AWS": principal}
    statement: dict[str, object] = {"Effect": "Allow", "Principal": who, "Action": sorted(actions)}
    if resources is not None:
        statement["Resource"] = sorted(resources)
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return not exactly(NOTHING, document, frozenset()).nothing_more


@lru_cache(maxsize=1024)
def exactly(before: str, after: str, own: Collection[str]) -> Exact:
    """Compare two policies in JSON; `own` are the accounts that are ours, if that is known."""
    # Loading the solver takes a tenth of a second, which most plans can do without.
    from proof import Comparison, DocumentError, Example, compare, policy_text, sentence

    def sentences(examples: Iterable[Example], *, refused: bool) -> dict[str, str]:
        # Of two that one statement is about, the worse comes first: anybody before another account.
        words: dict[str, str] = {}
        for one in examples:
            for name in one.denied_by if refused else one.allowed_by:
                words.setdefault(name.partition("/")[2], sentence(one.witness, "could now"))
        return words

    account = next(iter(own)) if len(own) == 1 else None
    try:
        found: Comparison = compare(policy_text(before, "old"), policy_text(after, "new"), account=account)
    except DocumentError as error:
        return Exact(undecided=str(error))
    undecided = [*found.more.undecided, *found.denies_less.undecided]
    return Exact(
        found.more.nothing and found.denies_less.nothing,
        sentences(found.more.examples, refused=False),
        sentences(found.denies_less.examples, refused=True),
        undecided[0] if undecided else "",
    )
