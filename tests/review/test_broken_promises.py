"""What a bucket policy of ours promises stands on top: what no longer holds, and what holds now."""

import json
from typing import Any

from review.around import Around
from review.judge import attribute_findings
from review.model import DANGEROUS, GOOD
from tests.review.review_support import reviewed

import pytest

ACCOUNT = "111122223333"
HTTP = "Nobody can access a bucket or publish an alarm over plain HTTP"


def deny(sid: str, **condition: Any) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::data", "arn:aws:s3:::data/*"],
        "Condition": condition,
    }


PLAIN = deny("DenyInsecureTransport", Bool={"aws:SecureTransport": "false"})
OLD = deny("DenyOutdatedTLS", NumericLessThan={"s3:TlsVersion": "1.2"})


def said(*sides: list[dict[str, Any]], accounts: tuple[str, ...] = (ACCOUNT,)) -> list[tuple[str, str]]:
    before, after = (
        {"bucket": "data", "policy": json.dumps({"Version": "2012-10-17", "Statement": side})}
        for side in sides
    )
    found = attribute_findings("aws_s3_bucket_policy", before, after, Around(accounts))
    return [(one.severity, one.said) for one in found]


def test_a_promise_that_breaks_is_the_first_thing_said_and_one_that_is_kept_is_good() -> None:
    assert said([PLAIN, OLD], [OLD])[0] == (DANGEROUS, f"no longer holds: {HTTP}")
    assert (GOOD, f"holds now: {HTTP}") in said([OLD], [PLAIN, OLD])


def test_a_promise_that_another_statement_keeps_is_not_broken() -> None:
    twice = [PLAIN, OLD, PLAIN | {"Sid": "Again"}]
    assert said(twice, [OLD, PLAIN | {"Sid": "Again"}]) == []


@pytest.mark.parametrize(
    ("sides", "accounts"),
    [
        (([PLAIN | {"Sid": "Theirs"}, OLD], [OLD]), (ACCOUNT,)),
        (([PLAIN, OLD], [OLD]), ()),
    ],
)
def test_nothing_is_said_of_promises_that_are_not_ours_or_whose_account_is_not_known(
    sides: tuple[list[dict[str, Any]], ...], accounts: tuple[str, ...]
) -> None:
    assert not [words for _, words in said(*sides, accounts=accounts) if "holds" in words]


def test_a_real_plan_says_which_promises_break() -> None:
    first, second, *_ = reviewed("policy-tls-removed").findings
    assert [first.said, second.said] == [
        f"no longer holds: {HTTP}",
        "no longer holds: Nobody can access a bucket with TLS below 1.2",
    ]
