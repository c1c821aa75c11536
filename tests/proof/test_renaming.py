"""The same question under other names is proven once; a name that changes the answer is never replaced."""

from collections.abc import Callable
from random import Random
from typing import Any

from proof import (
    Account,
    Action,
    Caller,
    Decision,
    Fails,
    Holds,
    Principal,
    Resource,
    Undecided,
    When,
    denied,
    nobody,
    policy,
    prove,
)
from proof.asking import EVERY, Where
from proof.properties import Ask, ProofCache, Property, check, model
from proof.properties.replicas import Replication, Side
from proof.properties.things import Bucket
from proof.proving import Claim
from tests.example_count import examples
from tests.proof.ask import ACCOUNT, OBJECTS, document, statement

import pytest

Question = tuple[Decision, Claim]
READ = Action("s3:GetObject")
READ_DATA = READ & Resource(OBJECTS)


def question(claim: Claim, *statements: dict[str, Any]) -> Question:
    return Decision(policy(document(*statements)), ACCOUNT), claim


def verdict(asked: Question, known: ProofCache) -> type:
    (proven,) = check([Property("it", "It.", "Why.", (Ask("it", *asked),))], known)
    return type(proven.verdicts[0])


def read_by(arn: str, **elements: Any) -> dict[str, Any]:
    return statement(**{"Principal": {"AWS": arn}, "Action": "s3:GetObject", **elements})


def of_bucket(name: str) -> Question:
    """Its readers read below a prefix, and nobody else does."""
    reader = f"arn:aws:iam::111122223333:role/secure-{name}-etl"
    own = Resource(f"arn:aws:s3:::acme-{name}/in/*") & Principal(reader)
    return question(
        nobody(READ & ~own & ~Caller("root"), without_iam=True),
        read_by(reader, Resource=f"arn:aws:s3:::acme-{name}/in/*"),
    )


@pytest.fixture
def proofs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many claims were put each time that something was proven."""
    counted: list[int] = []

    def counting(decision: Any, claims: Any, *rest: Any, **options: Any) -> Any:
        counted.append(len(claims))
        return prove(decision, claims, *rest, **options)

    monkeypatch.setattr(model, "prove", counting)
    return counted


@pytest.mark.parametrize("names", [("dev", "prod"), ("e", "secure-long"), ("role", "user"), ("x.y", "s3")])
def test_questions_that_differ_in_names_only_are_proven_once(
    names: tuple[str, str], proofs: list[int]
) -> None:
    known = ProofCache()
    for name in names:
        assert verdict(of_bucket(name), known.under((f"acme-{name}", name))) is Holds
    assert proofs == [1]


def test_what_does_not_hold_is_proven_again_as_its_request_has_names(proofs: list[int]) -> None:
    known = ProofCache()
    for name in ("dev", "prod"):
        decision, _ = of_bucket(name)
        asked = (decision, nobody(READ & Resource(f"arn:aws:s3:::acme-{name}/*")))
        assert verdict(asked, known.under((f"acme-{name}", name))) is Fails
    assert proofs == [1, 1]


def a_wildcard_within_a_piece(name: str) -> Question:
    other = Resource(f"arn:aws:s3:::{name}/*")
    return question(
        denied(READ & other), statement(Effect="Deny", Action="s3:*", Resource="arn:aws:s3:::acme*/*")
    )


def one_character(name: str) -> Question:
    there = Resource(f"arn:aws:s3:::{name}/*")
    return question(
        denied(READ & there), statement(Effect="Deny", Action="s3:*", Resource="arn:aws:s3:::dev?/*")
    )


def a_sort_of_caller(name: str) -> Question:
    arn = f"arn:aws:iam::{ACCOUNT}:{name}/etl"
    return question(nobody(READ & Caller("role"), without_iam=True), read_by(arn))


def an_account(name: str) -> Question:
    root = f"arn:aws:iam::{name}:root"
    return question(nobody(READ & ~Account(ACCOUNT), without_iam=True), read_by(root))


def a_number(name: str) -> Question:
    old = When({"NumericGreaterThan": {"s3:signatureAge": "500"}})
    late = {"NumericGreaterThan": {"s3:signatureAge": name}}
    return question(denied(READ_DATA & old), statement(Effect="Deny", Action="s3:*", Condition=late))


def an_address(name: str) -> Question:
    inside = When({"IpAddress": {"aws:SourceIp": "FD00::/16"}})
    block = {"IpAddress": {"aws:SourceIp": f"{name}::/16"}}
    return question(denied(READ_DATA & inside), statement(Effect="Deny", Action="s3:*", Condition=block))


def an_action(name: str) -> Question:
    return question(denied(READ_DATA), statement(Effect="Deny", Action=f"{name}:*"))


def a_caller_of_any_case(name: str) -> Question:
    own = When({"StringEquals": {"aws:UserAgent": "DEV"}})
    any_case = {"StringEqualsIgnoreCase": {"aws:UserAgent": name}}
    return question(denied(READ_DATA & own), statement(Effect="Deny", Action="s3:*", Condition=any_case))


def no_account(name: str) -> Question:
    anonymous = {"StringEquals": {"aws:PrincipalAccount": name}}
    return question(
        denied(READ_DATA & Caller("anonymous")), statement(Effect="Deny", Action="s3:*", Condition=anonymous)
    )


def a_type_of_principal(name: str) -> Question:
    of_type = {"StringEquals": {"aws:PrincipalType": name}}
    return question(
        denied(READ_DATA & Caller("user")), statement(Effect="Deny", Action="s3:*", Condition=of_type)
    )


def an_address_of_a_key_that_nobody_lists(name: str) -> Question:
    inside = When({"IpAddress": {"aws:NewAddress": "FD00::/16"}})
    block = {"IpAddress": {"aws:NewAddress": f"{name}::/16"}}
    return question(denied(READ_DATA & inside), statement(Effect="Deny", Action="s3:*", Condition=block))


def a_part_of_a_piece(name: str) -> Question:
    """AWS gives the ARN as `…:report-plan:${ReportPlanName}-${ReportPlanId}`."""
    arn = f"arn:aws:backup:us-east-1:{ACCOUNT}:report-plan:{name}"
    describe = "backup:DescribeReportPlan"
    return question(nobody(Action(describe) & Resource(arn)), statement(Action=describe, Resource=arn))


def a_name_that_stands_elsewhere(name: str) -> Question:
    there = Resource("arn:aws:s3:::dev/*")
    return question(
        denied(READ & there), statement(Effect="Deny", Action="s3:*", Resource=f"arn:aws:s3:::{name}/*")
    )


def the_name_of_a_user(name: str) -> Question:
    by = Principal(f"arn:aws:iam::{ACCOUNT}:user/staff/dev")
    called = {"StringEquals": {"aws:username": name}}
    return question(denied(READ_DATA & by), statement(Effect="Deny", Action="s3:*", Condition=called))


def the_name_of_a_tag(name: str) -> Question:
    """A condition key has the same name in it, which is not replaced."""
    keys = "s3:RequestObjectTagKeys"
    tagged = When(
        {"StringEquals": {"s3:RequestObjectTag/d": "1"}, "ForAllValues:StringNotEquals": {keys: "D"}}
    )
    deny = statement(Effect="Deny", Action="s3:*", Condition={"ForAnyValue:StringEquals": {keys: name}})
    return question(denied(Action("s3:PutObject") & Resource("arn:aws:s3:::data/*") & tagged), deny)


def a_partition(name: str) -> Question:
    """Only ARNs of AWS's partitions are those of requests."""
    there = f"arn:{name}:s3:::data/*"
    return question(nobody(READ & Resource(there), without_iam=True), statement(Resource=there))


def a_policy_variable(name: str) -> Question:
    """A key has letters, digits, points and hyphens: what else is in braces is text."""
    braced = f"arn:aws:s3:::data/${{{name}:x}}"
    other = READ & Resource("arn:aws:s3:::data/other") & Caller("anonymous")
    return question(nobody(other, without_iam=True), statement(Resource=braced))


@pytest.mark.parametrize(
    ("build", "kept", "broken"),
    [
        (a_wildcard_within_a_piece, "acme-dev", "other-dev"),
        (one_character, "dev1", "prod"),
        (a_sort_of_caller, "user", "role"),
        (an_account, ACCOUNT, "999988887777"),
        (a_number, "100", "900"),
        (an_address, "fd00", "fe80"),
        (an_action, "s3", "kms"),
        (a_caller_of_any_case, "dev", "prod"),
        (an_address_of_a_key_that_nobody_lists, "fd00", "fe80"),
        (a_part_of_a_piece, "dev", "dev-1"),
        (a_type_of_principal, "User", "Account"),
        (no_account, "anonymous", "somebody"),
        (a_name_that_stands_elsewhere, "dev", "prod"),
        (the_name_of_a_user, "dev", "prod"),
        (the_name_of_a_tag, "d", "e"),
        (a_partition, "dev", "aws-cn"),
    ],
)
def test_a_name_that_changes_the_answer_is_not_replaced(
    build: Callable[[str], Question], kept: str, broken: str
) -> None:
    known = ProofCache()
    assert verdict(build(kept), known.under((kept,))) is Holds
    assert verdict(build(broken), known.under((broken,))) is Fails


def test_a_name_within_a_policy_variable_is_not_replaced() -> None:
    known = ProofCache()
    assert verdict(a_policy_variable("d+v"), known.under(("d+v",))) is Holds
    assert verdict(a_policy_variable("dev"), known.under(("dev",))) is Undecided


def test_what_is_replicated_is_asked_in_the_same_words_each_time() -> None:
    """Otherwise what was proven before would not be found again."""
    buckets = [Bucket(name, f"arn:aws:s3:::{name}", ACCOUNT, policy(document())) for name in "abcdefgh"]
    sides = tuple(Side(one, (f"arn:aws:kms:::key/{one.what}",), (), ()) for one in buckets)
    asked = Replication(sides[:4], sides[4:], deletes=False, locks=False).reference()
    named = [text for leaf in asked.leaves() if isinstance(leaf, Resource) for text in leaf.patterns]
    assert [text for text in named if ":kms:" in text] == [key for side in sides for key in side.keys]


NAMES = (
    "dev",
    "prod",
    "role",
    "user",
    "s3",
    "alias",
    "fd00",
    "x",
    "a.b",
    "my-env",
    "another-session",
    "aws-x",
)
PIECES = ("{}", "acme-{}", "{}-x", "{}.x", "dev", "acme-prod", "x", "role", "*", "acme-*", "")


def any_question(made: Random, name: str) -> Question:
    """Return a question about a name; with the same numbers the same one."""

    def text(start: str) -> str:
        return start + "/".join(made.choice(PIECES) for _ in range(made.randint(1, 3))).replace("{}", name)

    bucket, role = "arn:aws:s3:::", "arn:aws:iam::111122223333:role/"
    key = made.choice(("aws:PrincipalArn", "s3:prefix", "aws:username", "aws:UserAgent", "aws:PrincipalType"))
    compare = made.choice(("StringEquals", "StringLike", "StringNotLike", "StringNotEquals"))
    of_key = role if key == "aws:PrincipalArn" else ""
    given = statement(
        Effect=made.choice(("Allow", "Deny")),
        Principal=made.choice(("*", {"AWS": text(role).replace("*", "x")})),
        Action="s3:*",
        Resource=text(bucket),
        Condition=made.choice((None, {compare: {key: text(of_key)}})),
    )
    asked: Where = made.choice((Resource(text(bucket)), When({compare: {key: text(of_key)}}), EVERY))
    return question(made.choice((nobody(READ & asked, without_iam=True), denied(READ & asked))), given)


def test_random_questions_that_are_taken_for_the_same_have_the_same_answer() -> None:
    shared, seeds = 0, examples(40)
    for seed in range(seeds):
        answers: dict[tuple[str, ...], type] = {}
        for name in NAMES:
            asked = any_question(Random(seed), name)  # noqa: S311
            known = ProofCache().under((f"acme-{name}", name))
            key, answer = known.key(*asked), verdict(asked, known)
            shared += key in answers
            assert answers.setdefault(key, answer) is answer
    assert shared > 4 * seeds - 10
