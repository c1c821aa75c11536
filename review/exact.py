"""What `proof` says about two policies: whether a request is allowed that was not, with an example."""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from review.clauses import test_of
from review.policies import Condition, Policy, Statement


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
EVERYTHING = frozenset("*")
KINDS_OF_PRINCIPALS = ("Service", "Federated", "CanonicalUser")


def is_surprising(statement: Statement) -> bool:
    """Return whether the meaning of a statement depends on what only AWS knows.

    That is who NotPrincipal means, and a resource that is not named by an ARN.
    """
    elements = statement.elements
    resources = (*elements.get("Resource", ()), *elements.get("NotResource", ()))
    return "NotPrincipal" in elements or not all(one.startswith(("arn:", "*")) for one in resources)


def is_proof(old: Policy, new: Policy) -> bool:
    """Return whether two policies mean the same if no request of `proof` shows a difference.

    A statement of both that never applies to `proof` hides nothing. One that always does, as no request has
    its key, may.
    """
    same = {one.content for one in old.statements} & {one.content for one in new.statements}
    return all(
        is_known(one)
        for one in (*old.statements, *new.statements)
        if one.content not in same or _applies_without_keys(one)
    )


def _applies_without_keys(statement: Statement) -> bool:
    tests = (test_of(*place, values) for place, values in statement.conditions.items())
    return any(one.optional or one.operator == "null" or one.set_of for one in tests)


def is_known(statement: Statement) -> bool:
    """Return whether `proof` has a request for each principal, action, resource, condition key and value.

    Where it has none, that no request shows a difference says nothing: a kind of ARN, an action, a key or a
    form of principal may be younger than what it knows, or of a sort that it does not follow.
    """
    actions = statement.elements.get("Action", EVERYTHING)
    resources = EVERYTHING if "NotResource" in statement.elements else statement.elements.get("Resource")
    principals = statement.elements.get("Principal", EVERYTHING)
    return (
        all(_is_met(frozenset([one]), resources) for one in actions)
        and all(_is_met(actions, frozenset([one])) for one in resources or ())
        and all(_is_met(actions, resources, frozenset([one])) for one in principals)
        and all(_is_test_known(actions, principals, *one) for one in statement.conditions.items())
    )


def _is_test_known(
    actions: Collection[str], principals: frozenset[str], place: Condition, values: Collection[str]
) -> bool:
    """Return whether requests for each action, and the principals' own, can have a key, with each value."""
    operator, key = place
    # That an action does not have a key of its own service is documented.
    own = key.lower().partition(":")[0] + ":"
    asked = frozenset(f"{own}*" if one.startswith(own) else one for one in actions)
    present = {"Null": {key: "false"}}
    # A value of a form that no request has tells nothing apart, whether it is asked for or excluded.
    like = re.sub("not", "", operator, flags=re.IGNORECASE)
    tests = [present if like.lower() == "null" else present | {like: {key: one}} for one in values]
    return (
        bool(tests)
        and all(_is_met(frozenset([one]), None, principals, json.dumps(present)) for one in asked)
        and all(_is_met(asked, None, condition=json.dumps(one)) for one in tests)
    )


@lru_cache(maxsize=4096)
def _is_met(
    actions: frozenset[str],
    resources: frozenset[str] | None,
    principals: frozenset[str] = EVERYTHING,
    condition: str = "{}",
) -> bool:
    statement: dict[str, object] = {
        "Effect": "Allow",
        "Principal": _principal(principals),
        "Action": sorted(actions),
        "Condition": json.loads(condition),
    }
    if resources is not None:
        statement["Resource"] = sorted(resources)
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return not exactly(NOTHING, document, frozenset()).nothing_more


def _principal(names: Collection[str]) -> object:
    """Return a Principal element with these names, each as `review.policies` writes it."""
    if "*" in names:  # {"AWS": "*"} may not be services
        return "*"
    found: dict[str, list[str]] = {}
    for one in sorted(names):
        kind, _, name = one.partition(" ")
        kind, name = (kind, name) if kind in KINDS_OF_PRINCIPALS else ("AWS", one)
        found.setdefault(kind, []).append(name)
    return found


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
