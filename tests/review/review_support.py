"""What the tests of the plan review share: the corpus, and a way to review a plan in a process."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from review.build import review
from review.model import Review
from review.plan import read_plan
from review.render.as_json import as_json
from review.render.markdown import markdown
from review.render.text import text

PLANS = Path(__file__).parent / "plans"
NAMES = sorted(path.stem for path in PLANS.glob("*.json") if not path.name.endswith(".tf.json"))
FAILED = "destroy-protected"
"""The one plan that failed, because prevent_destroy stands in its way."""

REVIEWED = [name for name in NAMES if name != FAILED]
MARKER = "secure-s3 plan review: prod"
FORMATS = {
    "markdown": lambda result: markdown(result, marker=MARKER),
    "text": text,
    "json": as_json,
}


def plan_of(name: str) -> dict[str, Any]:
    """Return a plan of the corpus."""
    plan: dict[str, Any] = json.loads((PLANS / f"{name}.json").read_bytes())
    return plan


def configurations(name: str) -> dict[str, Any]:
    """Return the two configurations of a case that has them, by the names of `review`'s arguments."""
    found = {kind: PLANS / f"{name}.{kind}.tf.json" for kind in ("deployed", "synthesized")}
    return {kind: json.loads(path.read_bytes()) for kind, path in found.items() if path.exists()}


@cache
def reviewed(name: str) -> Review:
    """Return the review of a plan of the corpus."""
    return review_of(plan_of(name), **configurations(name))


def review_of(plan: Any, **compared: Any) -> Review:
    """Return the review of a plan's JSON."""
    return review(read_plan(json.dumps(plan).encode(), "plan.json"), **compared)
