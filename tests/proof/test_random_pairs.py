"""The engine against brute force, on random pairs of policies and requests."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from proof import Comparison, Difference, Witness, compare, policy
from tests.example_count import examples
from tests.proof import brute_force
from tests.proof.brute_force import Answer, Request, allowed, identity_allows, whatever_is_unknown
from tests.proof.random_cases import ACCOUNTS, Cases

import pytest

OWNER = ACCOUNTS[0]
REQUESTS = 40


def as_request(witness: Witness) -> Request:
    """The witness, as brute force takes it."""
    session = str(witness.principal).rpartition("/")[2] if witness.kind == "role" else None
    return Request(
        witness.kind, witness.action, witness.resource, witness.arn, witness.account, session, witness.context
    )


def ways(request: Request) -> list[tuple[bool, bool, Request]]:
    """What IAM may say besides, and whether the caller has a boundary."""
    boundaries = [request]
    if request.kind in ("user", "role"):
        boundaries = [Request(**(request.__dict__ | {"boundary": boundary})) for boundary in (False, True)]
    return [(iam, limits, one) for iam in (True, False) for limits in (True, False) for one in boundaries]


def more(old: dict[str, Any], new: dict[str, Any], request: Request, *, identity: bool) -> bool | None:
    """Whether `new` lets the request through and `old` does not; None where nobody can know."""
    if identity:
        return whatever_is_unknown(partial(differs, partial(identity_allows, request), old, new))
    found = []
    for iam, limits, one in ways(request):
        let_in = partial(allowed, one, account=OWNER, iam=iam, limits=limits)
        found.append(whatever_is_unknown(partial(differs, let_in, old, new)))
    return brute_force.either(found)


def differs(allows: Callable[[dict[str, Any]], Answer], old: dict[str, Any], new: dict[str, Any]) -> Answer:
    """Whether `allows` is true of the new policy, and not of the old one."""
    return brute_force.both([allows(new), brute_force.opposite(allows(old))])


def category(request: Request) -> str:
    """Whose request it is, as a comparison calls them."""
    if request.account is None:
        return "anybody" if request.kind == "anonymous" else "an AWS service"
    return "this account" if request.account == OWNER else "another account"


def allows_nothing(difference: Difference, who: str) -> bool:
    """Whether the engine says that there is no such request of theirs."""
    asked = {example.who for example in difference.examples}
    return who not in asked and not any(
        text.startswith(f"{who}: ") or ": " not in text for text in difference.undecided
    )


@dataclass
class Compared:
    """What came of it.

    Attributes:
        decisions: how many requests brute force has decided to check what the engine says of them.
        disagreements: by whom they are not decided alike.
    """

    decisions: int = 0
    disagreements: list[str] = field(default_factory=list)

    def pair(self, seed: int) -> None:
        """Compare the two policies of that seed."""
        cases = Cases(seed)
        identity = cases.random.random() < 0.25
        old = cases.policy(identity=identity)
        new = cases.one([cases.changed(old, identity=identity), cases.policy(identity=identity)])
        found: Comparison = compare(policy(old), policy(new), account=OWNER)
        for difference, before, after in ((found.more, old, new), (found.less, new, old)):
            for said in self._of(difference, before, after, cases, identity=identity):
                self.disagreements.append(f"{seed}: {said}\n{before}\n{after}")

    def _of(
        self,
        difference: Difference,
        old: dict[str, Any],
        new: dict[str, Any],
        cases: Cases,
        *,
        identity: bool,
    ) -> Iterator[str]:
        for example in difference.examples:
            self.decisions += 1
            if more(old, new, as_request(example.witness), identity=identity) is not True:
                yield f"no witness for brute force: {example}"
        for request in [cases.request(identity=identity) for _ in range(REQUESTS)]:
            if allows_nothing(difference, category(request)):
                self.decisions += 1
                if more(old, new, request, identity=identity):
                    yield f"missed by the engine: {request}"


def compared(seeds: Iterable[int]) -> Compared:
    out = Compared()
    for seed in seeds:
        out.pair(seed)
    return out


@pytest.mark.parametrize("ten", range(examples(20)))
def test_pairs_are_distinguished_as_by_brute_force(ten: int) -> None:
    assert compared(range(10 * ten, 10 * ten + 10)).disagreements == []


THOUSANDS = int(os.environ.get("RANDOM_THOUSANDS", "1"))
"""How many thousands of pairs `make test-slow` compares: one takes half a minute of a core."""


@pytest.mark.slow
@pytest.mark.parametrize("thousand", range(THOUSANDS))
def test_thousands_of_pairs_are_distinguished_as_by_brute_force(thousand: int) -> None:
    found = compared(range(1000 * (thousand + 1), 1000 * (thousand + 2)))
    assert found.disagreements == []
    assert found.decisions >= 40_000
