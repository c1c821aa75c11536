"""Which of the drift in a plan is any: Terraform's plan JSON lists much that nobody changed."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from ops.review.kinds import POLICIES
from ops.review.plan import Change, Plan
from ops.review.policies import parse_policy, statement_changes
from ops.review.values import flat

Json = Any

_TOLD_ELSEWHERE = {
    "cors_rule": "aws_s3_bucket_cors_configuration",
    "lifecycle_rule": "aws_s3_bucket_lifecycle_configuration",
    "logging": "aws_s3_bucket_logging",
    "object_lock_configuration": "aws_s3_bucket_object_lock_configuration",
    "policy": "aws_s3_bucket_policy",
    "replication_configuration": "aws_s3_bucket_replication_configuration",
    "server_side_encryption_configuration": "aws_s3_bucket_server_side_encryption_configuration",
    "versioning": "aws_s3_bucket_versioning",
    "website": "aws_s3_bucket_website_configuration",
}
"""What a bucket repeats of the resource that manages it: until the next apply it repeats what was before."""


def real_drift(plan: Plan) -> Iterator[Change]:
    """Yield the drift in `plan` that somebody caused, without what buckets repeat of other resources."""
    managed = {change.type for change in plan.resources}
    repeated = {name for name, kind in _TOLD_ELSEWHERE.items() if kind in managed}
    for change in plan.drift:
        one = change
        if one.type == "aws_s3_bucket" and one.action == "update":
            before, after = (_without(side, repeated) for side in (one.before, one.after))
            one = dataclasses.replace(one, before=before, after=after)
        if one.action != "update" or _differs(one):
            yield one


def _without(side: Json, names: set[str]) -> Json:
    return {k: v for k, v in side.items() if k not in names} if isinstance(side, dict) else side


def _differs(change: Change) -> bool:
    """Return whether more than null and empty, or a policy's formatting, is not as it was."""
    sides = []
    policies = POLICIES.get(change.type, ())
    for side in (change.before, change.after):
        sides.append(dict(flat(_without(side, set(policies)))))
    if sides[0] != sides[1]:
        return True
    for name in policies:
        before, after = (
            side.get(name) if isinstance(side, dict) else None for side in (change.before, change.after)
        )
        old, new = parse_policy(before), parse_policy(after)
        if statement_changes(old, new) if old and new else before != after:
            return True
    return False
