"""Review and drift of plans as version 6 of the AWS provider shapes them: what it adds is no finding."""

import copy
import json
from collections.abc import Callable
from typing import Any

from review.drift_findings import drifts_of
from review.judge import attribute_findings
from review.model import DANGEROUS
from review.plan import read_plan
from tests.review.review_support import REVIEWED, configurations, plan_of, review_of, reviewed
from tests.review.version_6 import ADDED, BLOCKED, ENCRYPTION, as_version_6, upgraded

import pytest

Json = Any
SSE_C = "uploads with a key of the uploader's (SSE-C) are no longer blocked"

GOES_TOO = ("destroy-everything", "encryption-removed", "replace-bucket")
"""Plans that take the default encryption away: then its block on SSE-C goes too, which is said."""


def said(result: Any) -> list[tuple[str, str, str]]:
    return [(one.severity, one.address, one.words) for one in result.findings]


def drifts(plan: Json) -> list[Any]:
    return list(drifts_of(read_plan(json.dumps(plan).encode(), "plan.json")))


def test_the_transformation_changes_every_real_plan_of_ours() -> None:
    for name in REVIEWED:
        kinds = {one["type"] for one in plan_of(name)["resource_changes"]}
        assert (as_version_6(plan_of(name)) != plan_of(name)) == bool(kinds & ADDED.keys()), name


@pytest.mark.parametrize("shape", [as_version_6, upgraded])
@pytest.mark.parametrize("name", REVIEWED)
def test_a_review_says_the_same_of_either_version(name: str, shape: Callable[[Json], Json]) -> None:
    was, now = reviewed(name), review_of(shape(plan_of(name)), **configurations(name))
    assert now.verdict == was.verdict
    if name in GOES_TOO:
        plain = [one for one in said(now) if SSE_C not in one[2]]
        assert plain == [one for one in said(was) if one in plain]
        assert len(said(now)) == len(said(was))
    else:
        assert said(now) == said(was)


@pytest.mark.parametrize("name", ["no-changes", "drift-policy", "drift-versioning"])
def test_the_first_refresh_of_version_6_is_no_drift(name: str) -> None:
    assert drifts(upgraded(plan_of(name))) == drifts(plan_of(name))
    refreshed = [one["change"] for one in upgraded(plan_of(name))["resource_drift"]]
    assert sum(one["before"] != one["after"] for one in refreshed) > 5


def blocked(plan: Json, before: list[str] | None, after: list[str] | None) -> Json:
    """Let the kinds of encryption that the bucket's encryption blocks differ in a plan's drift."""
    plan = as_version_6(plan)
    (encryption,) = (one for one in plan["resource_changes"] if one["type"] == ENCRYPTION)
    sides = {"before": copy.deepcopy(encryption["change"]["before"]), "after": encryption["change"]["before"]}
    for side, kinds in (("before", before), ("after", after)):
        sides[side] = copy.deepcopy(sides[side])
        sides[side]["rule"][0][BLOCKED] = kinds
    plan["resource_drift"] = [encryption | {"change": sides | {"actions": ["update"]}}]
    return plan


@pytest.mark.parametrize("after", [["NONE"], [], None])
def test_a_block_on_sse_c_that_somebody_took_away_is_dangerous(after: list[str] | None) -> None:
    plan = blocked(plan_of("no-changes"), ["SSE-C"], after)
    (drift,) = drifts(plan)
    assert [(one.severity, one.words) for one in drift.findings] == [(DANGEROUS, SSE_C)]
    assert SSE_C in str(said(review_of(plan)))


def test_a_block_on_sse_c_that_somebody_set_is_drift_and_not_dangerous() -> None:
    (drift,) = drifts(blocked(plan_of("no-changes"), ["NONE"], ["SSE-C"]))
    assert [one.severity for one in drift.findings] == ["good"]


@pytest.mark.parametrize("before", [[], None])
@pytest.mark.parametrize("after", [["NONE"], ["SSE-C"]])
def test_what_is_read_for_the_first_time_is_no_drift(before: list[str] | None, after: list[str]) -> None:
    assert drifts(blocked(plan_of("no-changes"), before, after)) == []


def test_the_perpetual_difference_of_6_22_to_6_39_is_dangerous() -> None:
    """Their plan takes away what S3 reports and no configuration says."""
    plan = as_version_6(plan_of("no-changes"))
    (encryption,) = (one for one in plan["resource_changes"] if one["type"] == ENCRYPTION)
    encryption["change"]["actions"] = ["update"]
    encryption["change"]["after"] = copy.deepcopy(encryption["change"]["before"])
    encryption["change"]["after"]["rule"][0][BLOCKED] = []
    result = review_of(plan)
    assert result.verdict == "dangerous"
    assert SSE_C in str(said(result))


def rule(kinds: object) -> Json:
    return {"bucket": "data", "rule": [{BLOCKED: kinds}]}


@pytest.mark.parametrize(
    ("before", "after", "severity"),
    [
        (["SSE-C"], ["NONE"], "dangerous"),
        (["SSE-C"], [], "dangerous"),
        (["NONE"], ["SSE-C"], "good"),
        ([], ["NONE"], "careful"),
        (None, ["NONE"], "careful"),
        (["NONE"], ["SSE-X"], "careful"),
    ],
)
def test_a_planned_change_of_what_is_blocked_is_judged(before: object, after: object, severity: str) -> None:
    (finding,) = attribute_findings(ENCRYPTION, rule(before), rule(after))
    assert finding.severity == severity


@pytest.mark.parametrize(
    ("kind", "attribute", "value"),
    [
        ("aws_kms_key", "region", "eu-west-1"),
        ("aws_s3_bucket", "bucket_namespace", "account-regional"),
        ("aws_s3_bucket", "bucket_region", "eu-west-1"),
        ("aws_sns_topic", "maximum_message_size", 262144),
    ],
)
def test_an_attribute_that_changes_later_is_drift(kind: str, attribute: str, value: object) -> None:
    def drift(before: object, after: object) -> list[Any]:
        change = {"actions": ["update"], "before": {attribute: before}, "after": {attribute: after}}
        one = {"address": f"{kind}.x", "mode": "managed", "type": kind, "change": change}
        return drifts({"format_version": "1.2", "resource_changes": [], "resource_drift": [one]})

    assert drift(None, value) == []
    assert [list(one.attributes) for one in drift("other", value)] == [[attribute]]
    if kind == "aws_sns_topic":  # a smaller limit, set by hand, loses alarms
        assert [list(one.attributes) for one in drift(None, 1024)] == [[attribute]]
