"""The engine against brute force, on random pairs of policies and requests."""

import os
from collections.abc import Callable
from functools import partial
from typing import Any

from proof import Comparison, Difference, Witness, compare, policy
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


def disagreement(seed: int) -> str | None:
    """What the engine and brute force say differently of the pair of that seed."""
    cases = Cases(seed)
    identity = cases.random.random() < 0.25
    old = cases.policy(identity=identity)
    new = cases.one([cases.changed(old, identity=identity), cases.policy(identity=identity)])
    found: Comparison = compare(policy(old), policy(new), account=OWNER)
    for difference, before, after in ((found.more, old, new), (found.less, new, old)):
        if said := of_difference(difference, before, after, cases, identity=identity):
            return f"{seed}: {said}\n{before}\n{after}"
    return None


def of_difference(
    difference: Difference, old: dict[str, Any], new: dict[str, Any], cases: Cases, *, identity: bool
) -> str | None:
    for finding in difference.findings:
        if more(old, new, as_request(finding.witness), identity=identity) is not True:
            return f"no witness for brute force: {finding}"
    for _ in range(REQUESTS):
        request = cases.request(identity=identity)
        if difference.nothing and more(old, new, request, identity=identity):
            return f"missed by the engine: {request}"
    return None


@pytest.mark.parametrize("seed", range(200))
def test_a_pair_is_told_apart_as_by_brute_force(seed: int) -> None:
    assert disagreement(seed) is None


THOUSANDS = int(os.environ.get("RANDOM_THOUSANDS", "1"))
"""How many thousands of pairs `make test-slow` compares: one takes two to three minutes of a core."""


@pytest.mark.slow
@pytest.mark.parametrize("thousand", range(THOUSANDS))
def test_thousands_of_pairs_are_told_apart_as_by_brute_force(thousand: int) -> None:
    seeds = range(1000 * (thousand + 1), 1000 * (thousand + 2))
    assert [said for seed in seeds if (said := disagreement(seed))] == []
