"""Random pairs of policies: what lets more through is found, and what only says the same otherwise is not."""

import json
import os
from typing import Any

from proof import compare, policy
from review.around import Around
from review.judge import attribute_findings
from review.model import GOOD, Finding
from tests.example_count import examples
from tests.proof.random_cases import ACCOUNTS, Cases

import pytest

OWNER = ACCOUNTS[0]
PAIRS = int(os.environ.get("RANDOM_POLICIES", examples(150)))
CHUNKS = 5


def found(old: dict[str, Any], new: dict[str, Any], *, identity: bool = False) -> list[Finding]:
    kind = "aws_iam_policy" if identity else "aws_s3_bucket_policy"
    sides = ({"bucket": "data", "policy": json.dumps(one)} for one in (old, new))
    before, after = sides
    return attribute_findings(kind, before, after, Around([OWNER]))


def unseen(seed: int) -> str | None:
    """What a pair lets through in addition and no finding tells."""
    cases = Cases(seed)
    identity = cases.random.random() < 0.25
    old = cases.policy(identity=identity)
    new = cases.one([cases.changed(old, identity=identity), cases.policy(identity=identity)])
    exact = compare(policy(old), policy(new), account=OWNER)
    more = exact.more.examples or exact.denies_less.examples
    if more and not [one for one in found(old, new, identity=identity) if one.severity != GOOD]:
        return f"{seed}: {more[0]}\n{json.dumps(old)}\n{json.dumps(new)}"
    return None


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_pair_lets_more_through_without_a_finding(chunk: int) -> None:
    missed = [said for seed in range(chunk, PAIRS, CHUNKS) if (said := unseen(seed))]
    assert not missed, "\n\n".join(missed[:5])


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def in_other_words(cases: Cases, document: dict[str, Any]) -> dict[str, Any]:
    """Return the policy split, reordered, renamed and spelled otherwise."""
    statements = []
    for number, one in enumerate(document["Statement"]):
        parts = [dict(one)]
        if "Action" in one:
            parts = [{**one, "Action": [action.replace("s3:", "S3:")]} for action in listed(one["Action"])]
        for place, part in enumerate(parts):
            principal = part.get("Principal")
            if isinstance(principal, dict) and principal.get("AWS") in ACCOUNTS:
                part["Principal"] = principal | {"AWS": [f"arn:aws:iam::{principal['AWS']}:root"]}
            if "Resource" in part:
                part["Resource"] = listed(part["Resource"])[::-1]
            statements.append(part | {"Sid": f"Part{number}x{place}"})
    cases.random.shuffle(statements)
    return document | {"Statement": statements}


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_pair_that_says_the_same_in_other_words_has_a_finding(chunk: int) -> None:
    for seed in range(chunk, PAIRS, CHUNKS):
        cases = Cases(seed)
        identity = cases.random.random() < 0.25
        old = cases.policy(identity=identity)
        new = in_other_words(cases, old)
        assert found(old, new, identity=identity) == [], f"{seed}\n{json.dumps(old)}\n{json.dumps(new)}"
