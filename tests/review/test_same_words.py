"""Drift and review answer the same change in the same words."""

import copy
import json
from typing import Any

from review.drift_findings import drifts_of
from review.facts.echoes import ECHOES
from review.plan import read_plan
from tests.review.review_support import NAMES, plan_of, review_of
from tests.review.test_cases import CASES, plan

import pytest


def is_known(change: Any) -> bool:
    """Whether it has no value that is known only after apply: what is found has none."""
    return True not in (change["change"].get("after_unknown") or {}).values()


def is_read_first(change: Any) -> bool:
    """Whether a region appears: a plan can ask for that; found, it is what version 6 of the provider reads.

    tests/review/test_version_6.py says that it is no drift.
    """
    before, after = change["change"]["before"], change["change"]["after"]
    return before.get("region", "") is None and after.get("region") is not None


def is_echo(change: Any, document: Any) -> bool:
    """Whether it repeats what another resource sets: found, that is no drift; a plan never changes it so."""
    before, after = change["change"]["before"], change["change"]["after"]
    kinds = {one["type"] for one in document["resource_changes"]}
    return any(
        before.get(name) != after.get(name) and echo.owner in kinds
        for name, echo in ECHOES.get(change["type"], {}).items()
    )


def changes() -> list[Any]:
    """Every update of one resource in the corpus and in the short plans."""
    found = []
    plans = [*((name, plan_of(name)) for name in NAMES), *((case["plan"], plan(case)) for case in CASES)]
    for name, document in plans:
        listed = document.get("resource_changes", [])
        updates = [one for one in listed if one["change"]["actions"] == ["update"]]
        alone = len(updates) == 1 and not document.get("resource_drift")
        if (
            alone
            and not updates[0].get("previous_address")
            and is_known(updates[0])
            and not is_read_first(updates[0])
            and not is_echo(updates[0], document)
        ):
            found.append(pytest.param(document, updates[0], id=name.replace(" ", "-")))
    return found


CHANGES = changes()


def test_there_are_enough_changes_to_compare() -> None:
    assert len(CHANGES) >= 60


@pytest.mark.parametrize(("document", "change"), CHANGES)
def test_drift_says_what_a_review_says(document: dict[str, Any], change: Any) -> None:
    planned = review_of(document)
    drifted = copy.deepcopy(document)
    drifted["resource_drift"] = [change]
    drifted["resource_changes"] = [
        {**one, "change": {**one["change"], "actions": ["no-op"], "after": one["change"]["before"]}}
        for one in drifted["resource_changes"]
    ]
    found = [
        one for drift in drifts_of(read_plan(json.dumps(drifted).encode(), "drift")) for one in drift.findings
    ]
    of_the_change = [
        one for one in (*planned.findings, *planned.strengthenings) if one.address == change["address"]
    ]
    said = {(one.severity, one.said) for one in found}
    assert said == {(one.severity, one.said) for one in of_the_change if "the provider" not in one.said}
