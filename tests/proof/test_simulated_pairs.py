"""The engine against iam-simulate, on random policies and requests; where the two differ, and why."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from proof import Decision, Identity, policy
from tests.policy.engine import Engine, EngineRequest
from tests.proof.brute_force import SEVERAL, Request, session_arn
from tests.proof.pinned import Answer, decided, exactly
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
    # To iam-simulate, a resource with a wildcard is a set of resources, and no negated Arn operator holds of
    # what is no ARN, as a service's name; AWS does not say what ARN a service has.
    return [
        Case(resource, identity, one)
        for one in asked
        if "*" not in one.resource and not (one.kind == "service" and "aws:principalarn" in one.context)
    ]


def said_by_proof(found: list[Case]) -> list[Answer]:
    """What the proof says of each request."""
    arns = {case.request.arn for case in found if case.request.kind in ("user", "role")}
    identity = Identity(tuple(sorted(map(str, arns))), (policy(found[0].identity, "identity"),))
    # Of root and federated users the proof assumes that IAM allows them everything.
    decision = Decision(policy(found[0].resource, "resource"), OWNER, (identity,) if arns else ())
    pinned = [
        exactly(
            session_arn(one.request) or one.request.arn,
            one.request.action,
            one.request.resource,
            one.request.context,
            NAMES,
        )
        for one in found
    ]
    return decided(decision, pinned, "anything")


def simulated(engine: Engine, found: list[Case]) -> list[bool]:
    """Whether iam-simulate allows each request."""
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
        f":{case.request.account}:" in str(one["NotPrincipal"]) for one in denies
    )


def by_a_role_with_a_path(case: Case) -> bool:
    return case.request.kind == "role" and str(case.request.arn).count("/") > 1


def under_a_moment_in_seconds(case: Case) -> bool:
    return "1767225600" in str((case.resource, case.identity))


def under_variables_of_an_older_version(case: Case) -> bool:
    policies = (case.resource, case.identity)
    return any("${" in str(one) for one in policies if one.get("Version") != "2012-10-17")


def under_a_variable_in_not_resource(case: Case) -> bool:
    statements = (*case.resource["Statement"], *case.identity["Statement"])
    return any("${aws:" in str(one.get("NotResource")) for one in statements)


def under_an_ipv4_address_from_an_ipv6_one(case: Case) -> bool:
    of_network = str(case.request.context.get("aws:sourceip"))
    return ":" in of_network and "NotIpAddress" in str((case.resource, case.identity))


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
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value
    "an entry of NotResource whose variable has no value names nothing; iam-simulate drops the statement": (
        under_a_variable_in_not_resource
    ),
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
    "no IPv6 address is the IPv4 one of NotIpAddress; any is to iam-simulate, unless that is a network": (
        under_an_ipv4_address_from_an_ipv6_one
    ),
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
    "before version 2012-10-17 there are no variables; iam-simulate replaces them": (
        under_variables_of_an_older_version
    ),
}


@dataclass
class Compared:
    """What came of it.

    Attributes:
        alike: how many requests are decided alike.
        listed: by listed difference, how many are not.
        open: how many nobody can decide, and iam-simulate does.
        disagreements: the others.
    """

    alike: int = 0
    listed: Counter[str] = field(default_factory=Counter)
    open: int = 0
    disagreements: list[tuple[int, Case, Answer]] = field(default_factory=list)


def compared(engine: Engine, seeds: range) -> Compared:
    out = Compared()
    for seed in seeds:
        found = cases(seed)
        for case, ours, theirs in zip(found, said_by_proof(found), simulated(engine, found), strict=True):
            if ours.reason == "undecided":
                out.open += 1
            elif ours.allowed is theirs:
                out.alike += 1
            elif reasons := [reason for reason, differs in DIFFERENCES.items() if differs(case)]:
                out.listed.update(reasons)
            else:
                out.disagreements.append((seed, case, ours))
    return out


def test_random_requests_are_decided_as_by_iam_simulate(engine: Engine) -> None:
    found = compared(engine, range(30))
    assert found.disagreements == []
    assert found.alike > 200


@pytest.mark.slow
def test_thousands_of_random_requests_are_decided_as_by_iam_simulate(engine: Engine) -> None:
    found = compared(engine, range(1000, 1000 + 600 * THOUSANDS))
    assert found.disagreements == []
    assert found.alike >= 5000 * THOUSANDS
    assert found.listed.keys() == DIFFERENCES.keys(), "each listed difference is still one"
