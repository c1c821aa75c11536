"""Policies in pull requests are hostile input: the work on them is limited, and never in seconds."""

import time
from typing import Any

from proof import (
    Action,
    Caller,
    Decision,
    Fails,
    Holds,
    Limits,
    Resource,
    Undecided,
    Verdict,
    When,
    compare,
    denied,
    nobody,
    policy,
    prove,
)
from tests.proof.ask import ACCOUNT, OBJECTS, document, statement

import pytest

LETTERS = "abcdefghijkl"
READ = Action("s3:GetObject") & Resource(OBJECTS)
MOST_SECONDS = 20  # of a busy machine; what is measured is that it ends at all


def verdict(*statements: dict[str, Any]) -> Verdict:
    started = time.process_time()
    found = prove(
        Decision(policy(document(*statements)), ACCOUNT),
        {"it": nobody(READ & Caller("anonymous") & When({"StringEquals": {"aws:UserAgent": "x"}}))},
    )["it"]
    assert time.process_time() - started < MOST_SECONDS
    return found


@pytest.mark.parametrize(
    "elements",
    [
        {"Resource": [f"arn:aws:s3:::*{one}x*" for one in LETTERS]},
        {"Condition": {"StringLike": {"aws:UserAgent": [f"*{one}y*" for one in LETTERS]}}},
        {"Condition": {"ArnLike": {"aws:PrincipalArn": [f"arn:aws:iam::*:*{one}z*" for one in LETTERS]}}},
        {"Action": [f"s3:*{one}{two}*" for one in LETTERS for two in "xyz"]},
        {"Condition": {"ForAnyValue:StringLike": {"aws:TagKeys": [f"*{one}y*" for one in LETTERS]}}},
    ],
)
def test_patterns_that_overlap_in_every_way_are_undecided(elements: dict[str, Any]) -> None:
    found = verdict(statement(**elements))
    assert isinstance(found, Undecided)
    assert "tell" in found.reason


def test_thousands_of_statements_end() -> None:
    many = [
        statement(Sid=f"S{number}", Effect="Deny", Resource=f"arn:aws:s3:::data/{number}/*")
        for number in range(3000)
    ]
    assert isinstance(verdict(*many), Undecided | Holds)


def test_huge_lists_end() -> None:
    addresses = [f"203.{number // 250}.{number % 250}.0/24" for number in range(5000)]
    found = verdict(statement(Condition={"IpAddress": {"aws:SourceIp": addresses}}))
    assert isinstance(found, Undecided)
    assert "5000 values" in found.reason


def test_a_pattern_of_nothing_but_wildcards_ends() -> None:
    stars = "*a" * 2000 + "*"
    assert isinstance(verdict(statement(Resource=f"arn:aws:s3:::{stars}")), Holds | Fails | Undecided)
    assert isinstance(verdict(statement(Action=f"s3:{'*e' * 500}*")), Holds | Fails | Undecided)


def test_a_number_of_a_million_digits_is_no_number() -> None:
    for value in ("9" * 100_000, "1e999999999", "-0", "NaN", "Infinity"):
        limited = statement(Condition={"NumericLessThan": {"s3:TlsVersion": value}})
        assert isinstance(verdict(limited), Fails | Undecided | Holds)


def test_beyond_a_limit_nothing_holds() -> None:
    deny = statement(Effect="Deny")
    decision = Decision(policy(document(deny)), ACCOUNT)
    assert isinstance(prove(decision, {"it": denied(READ)})["it"], Holds)
    for limits in (Limits(characters=10), Limits(steps=3), Limits(atoms=2), Limits(solver=1)):
        found = prove(decision, {"it": denied(READ)}, limits)["it"]
        assert isinstance(found, Undecided | Holds)
        if limits.solver != 1:
            assert isinstance(found, Undecided)


def test_a_comparison_beyond_a_limit_is_undecided() -> None:
    old, new = policy(document(statement())), policy(document(statement(Action="s3:PutObject")))
    found = compare(old, new, limits=Limits(steps=3))
    assert found.more.undecided
    assert not found.more.nothing
    assert not found.less.nothing
    assert not found.denies_less.nothing


def test_the_answer_is_the_same_each_time() -> None:
    policies = document(
        statement(Resource=["arn:aws:s3:::data/*a*", "arn:aws:s3:::data/*b*", "arn:aws:s3:::data/c?"]),
        statement(
            Effect="Deny", Condition={"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:db8::/32"]}}
        ),
    )
    claim = {"it": nobody(READ)}
    first = prove(Decision(policy(policies), ACCOUNT), claim)
    assert all(prove(Decision(policy(policies), ACCOUNT), claim) == first for _ in range(3))
