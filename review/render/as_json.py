"""A review as JSON, for other programs; docs/plan-review.md has its keys."""

import dataclasses
import json
from typing import Any

from review.model import Finding, Review

FORMAT_VERSION = "1.0"


def as_json(review: Review) -> str:
    """Return `review` as JSON, in ASCII."""
    document: dict[str, Any] = {"format_version": FORMAT_VERSION, "headline": review.headline}
    document |= dataclasses.asdict(review)
    del document["raw"]  # the plan's JSON says the same
    for name, findings in (("findings", review.findings), ("strengthenings", review.strengthenings)):
        document[name] = list(map(_finding, findings))
    return json.dumps(document, indent=2) + "\n"


def _finding(finding: Finding) -> dict[str, str]:
    return {
        "severity": finding.severity,
        "address": finding.address,
        "words": finding.said,
        "example": finding.example,
    }
