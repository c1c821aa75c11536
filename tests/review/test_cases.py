"""Plans of a few lines, each with the verdict that AWS's documentation gives it.

A line of cases.jsonl is a plan: `changes` and `drift` are lists of the type, the actions, and the attributes
before and after, with policies as their statements; `parts` stand in the plan as they are. Where `account`
is not false, the plan has a resource of ours that tells which account it is. `says` is a part of what is
found, where it matters by which rule.
"""

import json
from pathlib import Path
from typing import Any

from tests.review.review_support import review_of

import pytest

CASES = [json.loads(line) for line in (Path(__file__).parent / "cases.jsonl").read_text().splitlines()]
PROVIDER = "registry.terraform.io/hashicorp/aws"
OURS = "arn:aws:iam::111122223333:role/ours"
POLICIES = ("assume_role_policy", "policy")


def attributes(side: dict[str, Any] | None) -> dict[str, Any] | None:
    if side is None:
        return None
    documents = {
        name: json.dumps(
            {"Version": "2012-10-17", "Statement": side[name]} if isinstance(side[name], list) else side[name]
        )
        for name in POLICIES
        if isinstance(side.get(name), list | dict)
    }
    return side | documents


def resource(number: int, kind: str, actions: str, before: Any, after: Any, more: Any = None) -> Any:
    more = more or {}
    change = {
        "actions": actions.split("+"),
        "before": attributes(before),
        "after": attributes(after),
        "after_unknown": more.get("unknown", {}),
        "before_sensitive": {},
        "after_sensitive": more.get("sensitive", {}),
        "replace_paths": more.get("replace_paths", []),
    }
    change |= {name: more[name] for name in ("importing",) if name in more}
    found = {
        "address": f"{kind}.x" if number == 0 else f"{kind}.x{number}",
        "mode": "managed",
        "type": kind,
        "provider_name": more.get("provider", PROVIDER),
        "change": change,
    }
    return found | {name: more[name] for name in ("previous_address",) if name in more}


def plan(case: dict[str, Any]) -> dict[str, Any]:
    changes = [resource(number, *one) for number, one in enumerate(case.get("changes", []))]
    if case.get("account", True):
        anchor = resource(0, "aws_iam_role", "no-op", {"arn": OURS}, {"arn": OURS})
        changes.append(anchor | {"address": "aws_iam_role.ours"})
    drift = [resource(number, *one) for number, one in enumerate(case.get("drift", []))]
    document: dict[str, Any] = {"format_version": "1.2", "resource_changes": changes, "resource_drift": drift}
    document |= case.get("parts", {})
    return document


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["plan"])
def test_a_plan_is_called_what_the_documentation_of_aws_says(case: dict[str, Any]) -> None:
    result = review_of(plan(case))
    assert result.verdict == case["verdict"], result.findings
    said = [one.said for one in (*result.findings, *result.strengthenings)]
    assert [one for one in said if case.get("says", "") in one] or "says" not in case, said


def test_there_are_plans_of_every_verdict() -> None:
    assert len(CASES) >= 106
    assert {case["verdict"] for case in CASES} == {"safe", "careful", "dangerous"}
