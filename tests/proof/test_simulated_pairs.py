"""The engine against iam-simulate, on random policies and requests; where the two differ, and why."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from proof import (
    Action,
    Claim,
    Decision,
    Fails,
    Identity,
    Principal,
    Resource,
    Undecided,
    When,
    Where,
    nobody,
    policy,
    prove,
)
from proof import Caller as CallerOf
from tests.policy.engine import Engine, EngineRequest
from tests.proof.brute_force import Request, session_arn
from tests.proof.random_cases import ACCOUNTS, KEYS, Cases
from tests.proof.test_random_pairs import THOUSANDS

import pytest

OWNER = ACCOUNTS[0]
NAMES = {key.lower(): key for key in KEYS} | {"aws:principaltype": "aws:PrincipalType"}
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
IDENTITY_POLICIES = {
    "root": ["everything"],
    "federated user": ["everything"],
    "user": ["identity"],
    "role": ["identity"],
}
SEVERAL = {"s3:requestobjecttagkeys"}


@dataclass(frozen=True)
class Case:
    """A request, and the policies that decide it."""

    resource: dict[str, Any]
    identity: dict[str, Any]
    request: Request


def cases(seed: int, requests: int = 10) -> list[Case]:
    """Requests that one policy of a resource and one of an identity decide."""
    source = Cases(seed)
    resource, identity = source.policy(), source.policy(identity=True)
    asked = [source.request() for _ in range(requests)]
    # A resource with a wildcard is a set of resources to iam-simulate.
    return [Case(resource, identity, one) for one in asked if "*" not in one.resource]


def exactly(request: Request) -> Where:
    """The set of which the request is the only member, as far as policies can tell."""
    keys = [key for key in NAMES if key not in ("aws:principalarn",)]
    known = {key: request.context.get(key, ()) for key in keys}
    where = Action(request.action) & Resource(literal(request.resource)) & caller(request)
    for key, values in known.items():
        where = where & pinned(key, values)
    return where


def literal(text: str) -> str:
    return text.replace("$", "${$}").replace("*", "${*}").replace("?", "${?}")


def caller(request: Request) -> Where:
    if request.kind == "service":
        arn = request.context.get("aws:principalarn", ())
        return Principal(service=(str(request.arn),)) & pinned("aws:principalarn", arn)
    if request.kind == "anonymous":
        return CallerOf("anonymous")
    named = Principal(session_arn(request) or str(request.arn))
    arn = (str(request.arn),)
    return named & CallerOf(request.kind) & pinned("aws:principalarn", arn)  # type: ignore[arg-type]


def pinned(key: str, values: tuple[str, ...]) -> Where:
    if not values:
        return When({"Null": {key: "true"}})
    if key in SEVERAL:
        every: Where = When({"ForAllValues:StringEquals": {key: list(values)}})
        for value in values:
            every = every & When({"ForAnyValue:StringEquals": {key: value}})
        return every
    sort = KEYS.get(NAMES[key], ("text",))[0] if key in NAMES else "text"
    name = {"bool": "Bool", "ip": "IpAddress", "number": "NumericEquals", "date": "DateEquals"}.get(
        sort, "StringEquals"
    )
    value = values[0] + ("/128" if sort == "ip" and ":" in values[0] else "")
    return When({name: {key: literal(value) if name == "StringEquals" else value}})


def said_by_proof(found: list[Case]) -> list[bool | None]:
    """Whether each request is allowed; None where that is not decided."""
    first = found[0]
    out: list[bool | None] = []
    for case in found:
        arn = case.request.arn
        identities = (
            (Identity((arn,), (policy(case.identity, "identity"),)),)
            if arn is not None and case.request.kind in ("user", "role")
            else ()
        )
        decision = Decision(policy(first.resource, "resource"), OWNER, identities)
        claim: Claim = nobody(exactly(case.request))
        verdict = prove(decision, {"it": claim})["it"]
        out.append(None if isinstance(verdict, Undecided) else isinstance(verdict, Fails))
    return out


def simulated(engine: Engine, found: list[Case]) -> list[bool]:
    """Whether iam-simulate allows each request."""
    # Of root and federated users the proof assumes that IAM allows them everything.
    policies = {"resource": found[0].resource, "identity": found[0].identity, "everything": EVERYTHING}
    requests = [
        EngineRequest(
            session_arn(case.request) or case.request.arn,
            case.request.action,
            case.request.resource,
            OWNER,
            {
                NAMES[key]: list(values) if key in SEVERAL else values[0]
                for key, values in case.request.context.items()
            },
            IDENTITY_POLICIES.get(case.request.kind, []),
            "resource",
        )
        for case in found
    ]
    return [one.result == "Allowed" for one in engine.evaluate(requests, policies)]


def by_root_on_the_buckets_policy(case: Case) -> bool:
    return case.request.kind == "root" and case.request.action.endswith("BucketPolicy")


def under_not_principal(case: Case) -> bool:
    denies = [one for one in case.resource["Statement"] if "NotPrincipal" in one]
    return case.request.account is not None and any(
        f":{case.request.account}:root" in str(one["NotPrincipal"]) for one in denies
    )


def by_a_role_with_a_path(case: Case) -> bool:
    return case.request.kind == "role" and str(case.request.arn).count("/") > 1


def under_a_moment_in_seconds(case: Case) -> bool:
    return "1767225600" in str((case.resource, case.identity))


def under_variables_of_an_older_version(case: Case) -> bool:
    policies = (case.resource, case.identity)
    return any("${" in str(one) for one in policies if one.get("Version") != "2012-10-17")


# Where the two may differ, and why AWS's page is followed.
DIFFERENCES: dict[str, Callable[[Case], bool]] = {
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketPolicy.html
    "the owner's root can always change the bucket's policy; iam-simulate lets a Deny stop it": (
        by_root_on_the_buckets_policy
    ),
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
    "NotPrincipal spares only whom it names in full; iam-simulate spares all of an account that it names": (
        under_not_principal
    ),
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    "a session does not show the path of its role; iam-simulate takes it for a role without": (
        by_a_role_with_a_path
    ),
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
    "a moment may be in seconds since 1970; iam-simulate compares them with milliseconds": (
        under_a_moment_in_seconds
    ),
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
    "before version 2012-10-17 there are no variables; iam-simulate replaces them": (
        under_variables_of_an_older_version
    ),
}


def disagreements(engine: Engine, seeds: range) -> Iterator[tuple[int, Case, bool | None, bool]]:
    for seed in seeds:
        found = cases(seed)
        for case, ours, theirs in zip(found, said_by_proof(found), simulated(engine, found), strict=True):
            if ours is not None and ours != theirs and not any(one(case) for one in DIFFERENCES.values()):
                yield seed, case, ours, theirs


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as running:
        yield running


def test_random_requests_are_decided_as_by_iam_simulate(engine: Engine) -> None:
    assert list(disagreements(engine, range(30))) == []


@pytest.mark.slow
def test_thousands_of_random_requests_are_decided_as_by_iam_simulate(engine: Engine) -> None:
    assert list(disagreements(engine, range(100, 100 + 100 * THOUSANDS))) == []
