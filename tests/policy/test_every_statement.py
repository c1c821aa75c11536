"""No statement is there for nothing: each decides a request, and no part of one is missed without notice."""

import copy
from collections.abc import Iterator
from dataclasses import replace

from tests.conftest import STACKS
from tests.policy.deployment import Deployment
from tests.policy.engine import Engine
from tests.policy.mutants import Mutant, without_part, without_statement
from tests.policy.simulation import Outcome, Simulator
from tests.policy.table import Row

import pytest

# What no request can notice, and why it is there all the same.
WITHOUT_EFFECT = {
    # The principals in the table are of this account anyhow; the last test is about those that are not.
    "key policy: AllowSpecifiedPrincipals without StringEquals kms:CallerAccount",
    "replica key policy: AllowSpecifiedPrincipals without StringEquals kms:CallerAccount",
}
# Attacks that KMS stops as well: the role that replicates may use no other key. That without the statement S3
# would let them through, the promises of tests/proof notice.
STOPPED_BY_KMS_TOO = {
    ("bucket policy", "DenyIncorrectKMSKeyOfReplicas"),
    ("replica bucket policy", "DenyIncorrectKMSKeyOfReplicas"),
}


EVERY_STACK = [name.removeprefix("secure-storage-") for name in STACKS]
# dev and staging have the same statements as prod, and so have all state stacks. The other tests are about
# every stack; the one that takes long is about these.
ONE_OF_A_KIND = [
    name for name in EVERY_STACK if name not in ("dev", "staging") and not name.endswith("-state")
] + ["prod-state"]


# Of a statement, what can have several values; what else a mutant lacks is a condition.
PLACES = ("Action", "Resource", "Principal", "Condition")
Asked = dict[str, tuple[Row, Outcome]]
NOTICED: dict[str, str] = {}
"""Which request noticed a mutant, in the stack that was last."""


@pytest.fixture(params=EVERY_STACK)
def deployment(request: pytest.FixtureRequest, deployments: dict[str, Deployment]) -> Deployment:
    return deployments[request.param]


@pytest.fixture
def asked(deployment: Deployment, outcomes: dict[Row, Outcome]) -> Asked:
    """The requests to the deployment, by what the table calls them in every stack."""
    prefix = f"{deployment.stack}: "
    return {
        str(row).removeprefix(prefix): (row, outcome)
        for row, outcome in outcomes.items()
        if row.stack == deployment.stack
    }


def statements(deployment: Deployment) -> Iterator[tuple[str, str, str]]:
    """Every statement of every policy, as (name of the policy, Sid, effect)."""
    for name, policy in deployment.policies.items():
        for statement in policy["Statement"]:
            yield name, statement["Sid"], statement["Effect"]


def simulator(engine: Engine, deployment: Deployment, mutant: Mutant) -> Simulator:
    """Simulate against `deployment` with one policy changed."""
    changed = {**deployment.policies, mutant.policy: mutant.document}
    return Simulator(engine, replace(deployment, policies=changed))


def noticed_by(engine: Engine, deployment: Deployment, mutant: Mutant, asked: Asked) -> str | None:
    """The first request whose answer is another one with `mutant`, as `asked` calls it."""
    simulate = simulator(engine, deployment, mutant)

    def noticing(requests: list[str]) -> Iterator[str]:
        start, size = 0, 1
        while some := requests[start : start + size]:
            start, size = start + size, 2 * size
            for request, outcome in zip(some, simulate([asked[one][0] for one in some]), strict=True):
                if outcome.answer != asked[request][1].answer:
                    yield request

    # Most often it is the one that noticed the same in another stack, or one like it.
    mutation = str(mutant).replace(deployment.stack, "")
    before = NOTICED.get(mutation, "")
    found = next(noticing([before]), None) if before in asked else None
    if found is None:
        one = (mutant.policy, mutant.sid)
        does = {row.does for row, outcome in asked.values() if one in outcome.statements}
        # Without a condition, what the statement did not decide comes first.
        wider = " " in mutant.lacks and mutant.lacks.partition(" ")[0] not in PLACES

        def place(request: str) -> tuple[bool, ...]:
            row, outcome = asked[request]
            unlike = request.partition("=")[0] != before.partition("=")[0]
            decided = one in outcome.statements
            return unlike, row.does not in does, row.does not in mutant.lacks, decided is wider

        found = next(noticing(sorted(asked, key=place)), None)
    if found is not None:
        NOTICED[mutation] = found
    return found


def test_every_statement_decides_a_request(deployment: Deployment, asked: Asked) -> None:
    deciding = {one for _, outcome in asked.values() for one in outcome.statements}
    unused = [f"{name}: {sid}" for name, sid, _ in statements(deployment) if (name, sid) not in deciding]
    assert not unused, f"{deployment.stack}: no request is decided by {unused}"


@pytest.mark.real
def test_every_attack_succeeds_without_the_statement_that_stops_it(
    engine: Engine, deployment: Deployment, asked: Asked
) -> None:
    unproven = []
    for name, sid, effect in statements(deployment):
        if effect != "Deny" or (name, sid) in STOPPED_BY_KMS_TOO:
            continue
        attacks = [
            row
            for row, outcome in asked.values()
            if not outcome.allowed and outcome.statements == ((name, sid),)
        ]
        mutant = without_statement(name, deployment.policies[name], sid)
        simulate = simulator(engine, deployment, mutant)
        if not any(simulate([attack])[0].allowed for attack in attacks):
            unproven.append(f"{mutant}: of {len(attacks)} attacks that it stops, none succeeds without it")
    assert not unproven, f"{deployment.stack}: {unproven}"


NO_REQUEST = (
    "{}: no request has another answer with {}: write one into a table in tests/policy/requests, or add the "
    "stack to `stacks` of the rows for it"
)


@pytest.mark.real
def test_the_table_notices_when_a_statement_is_missing(
    engine: Engine, deployment: Deployment, asked: Asked
) -> None:
    mutants = [
        without_statement(name, deployment.policies[name], sid) for name, sid, _ in statements(deployment)
    ]
    unnoticed = [str(one) for one in mutants if noticed_by(engine, deployment, one, asked) is None]
    assert not unnoticed, NO_REQUEST.format(deployment.stack, unnoticed)


@pytest.mark.real
@pytest.mark.parametrize("deployment", ONE_OF_A_KIND, indirect=True)
def test_the_table_notices_when_a_part_of_a_statement_is_missing(
    engine: Engine, deployment: Deployment, asked: Asked
) -> None:
    mutants = [one for name, policy in deployment.policies.items() for one in without_part(name, policy)]
    unnoticed = [
        str(one)
        for one in mutants
        if str(one) not in WITHOUT_EFFECT and noticed_by(engine, deployment, one, asked) is None
    ]
    assert not unnoticed, NO_REQUEST.format(deployment.stack, unnoticed)


def test_a_named_principal_of_another_account_cannot_use_the_key(
    engine: Engine, deployments: dict[str, Deployment]
) -> None:
    prod = deployments["prod"]
    policy = copy.deepcopy(prod.policies["key policy"])
    (use,) = (one for one in policy["Statement"] if one["Sid"] == "AllowSpecifiedPrincipals")
    use["Principal"]["AWS"].append("arn:aws:iam::999988887777:root")
    row = Row("prod", "a stranger", "kms:Decrypt", "", through="S3", context="this bucket")

    def answer() -> str:
        return simulator(engine, prod, Mutant("key policy", use["Sid"], "", policy))([row])[0].answer

    assert answer() == "denied: KMS, AdministratorAccess alone is not enough"
    del use["Condition"]["StringEquals"]["kms:CallerAccount"]
    assert answer() == "allowed: KMS by AdministratorAccess + AllowSpecifiedPrincipals"
