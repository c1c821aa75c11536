"""Plans as version 6 of the AWS provider shapes them, made from the real plans, which are of 5.100.0.

No such provider was at hand. What is done to a plan, and why:

* Each resource gets the attributes that version 6 has and 5.100.0 has not, as the newest bindings say
  (`tests/longevity/test_newest_types.py` compares): what AWS answers for those that are read, null for those
  that only a configuration sets. https://registry.terraform.io/providers/hashicorp/aws/latest/docs/guides/version-6-upgrade
* Of a new resource, what is read is known after the apply, except its region.
* `upgraded` is the first plan after the change of the version: Terraform reads the state that 5.100.0 wrote,
  where these attributes are null, and its refresh fills them in. So each resource is in `resource_drift`.
"""

import copy
from collections.abc import Iterator
from typing import Any

Json = Any

NOT_REGIONAL = (
    "aws_iam_openid_connect_provider",
    "aws_iam_policy",
    "aws_iam_role",
    "aws_iam_role_policy_attachment",
)
READ: dict[str, dict[str, Json]] = {
    "aws_s3_bucket": {"bucket_namespace": "global", "bucket_region": "us-east-1"},
    "aws_sns_topic": {"maximum_message_size": 262144},
}
CONFIGURED: dict[str, dict[str, Json]] = {
    "aws_iam_policy": {"delay_after_policy_creation_in_ms": None},
    "aws_s3_bucket_public_access_block": {"skip_destroy": None},
}
ENCRYPTION, BLOCKED = "aws_s3_bucket_server_side_encryption_configuration", "blocked_encryption_types"
OLD_REGION = ("aws_s3_bucket",)
"""What has had an attribute `region` before: version 6 reads the same there."""

KINDS = (
    *(
        "aws_cloudtrail",
        "aws_cloudwatch_event_rule",
        "aws_cloudwatch_event_target",
        "aws_kms_alias",
        "aws_kms_key",
    ),
    *("aws_s3_bucket_cors_configuration", "aws_s3_bucket_inventory", "aws_s3_bucket_lifecycle_configuration"),
    *("aws_s3_bucket_logging", "aws_s3_bucket_notification", "aws_s3_bucket_object_lock_configuration"),
    *("aws_s3_bucket_ownership_controls", "aws_s3_bucket_policy", "aws_s3_bucket_public_access_block"),
    *("aws_s3_bucket_replication_configuration", ENCRYPTION, "aws_s3_bucket_versioning"),
    *("aws_sns_topic", "aws_sns_topic_policy", "aws_sns_topic_subscription"),
)
ADDED: dict[str, set[str]] = {
    kind: {
        *READ.get(kind, {}),
        *CONFIGURED.get(kind, {}),
        *(("region",) if kind in KINDS else ()),
        *((BLOCKED,) if kind == ENCRYPTION else ()),
    }
    for kind in (*KINDS, *READ, *CONFIGURED)
}
"""By type, all attributes that version 6 adds to what we use."""


def as_version_6(plan: Json) -> Json:
    """Return a plan of a state that version 6 has refreshed already."""
    plan = copy.deepcopy(plan)
    for change in (*plan["resource_changes"], *plan.get("resource_drift", ())):
        kind, sides = change["type"], change["change"]
        for side in ("before", "after"):
            if isinstance(sides.get(side), dict):
                new = side == "after" and sides["before"] is None
                sides[side] |= attributes(kind, sides[side], new=new)
                if new:
                    _leave_open(kind, sides)
    for values in (plan.get("prior_state", {}).get("values", {}), plan.get("planned_values", {})):
        for one in _resources(values.get("root_module", {})):
            if isinstance(one.get("values"), dict):
                one["values"] |= attributes(one["type"], one["values"])
    return plan


def upgraded(plan: Json) -> Json:
    """Return the first plan after the change from 5.100.0."""
    plan = as_version_6(plan)
    drifted = {one["address"]: one for one in plan.get("resource_drift", ())}
    for one in plan["resource_changes"]:
        was = one["change"]["before"]
        if not isinstance(was, dict) or one["type"] not in ADDED or one.get("deposed"):
            continue
        if one["address"] not in drifted:
            sides = {"actions": ["update"], "before": was, "after": was, "after_unknown": {}}
            drifted[one["address"]] = {name: value for name, value in one.items() if name != "action_reason"}
            drifted[one["address"]]["change"] = copy.deepcopy(
                {**sides, "before_sensitive": {}, "after_sensitive": {}}
            )
        sides = drifted[one["address"]]["change"]
        sides["before"] = _without(one["type"], sides["before"])
    plan["resource_drift"] = list(drifted.values())
    return plan


def attributes(kind: str, values: Json, *, new: bool = False) -> dict[str, Json]:
    """Return what version 6 adds to a resource with these values; of one that is new, what is known then."""
    added = {} if new else copy.deepcopy(READ.get(kind, {}))
    added |= CONFIGURED.get(kind, {})
    if kind in KINDS:
        added["region"] = "us-east-1"
    if kind == ENCRYPTION and isinstance(values.get("rule"), list):
        blocked = {} if new else {BLOCKED: ["SSE-C"]}
        added["rule"] = [blocked | rule for rule in values["rule"]]
    return added


def _leave_open(kind: str, sides: Json) -> None:
    unknown = sides.setdefault("after_unknown", {})
    unknown |= dict.fromkeys(READ.get(kind, {}), True)
    if kind == ENCRYPTION and isinstance(sides["after"].get("rule"), list):
        rules = unknown.get("rule")
        known = rules if isinstance(rules, list) else [{} for _ in sides["after"]["rule"]]
        unknown["rule"] = [{**one, BLOCKED: True} for one in known]


def _without(kind: str, values: Json) -> Json:
    was = copy.deepcopy(values) | dict.fromkeys(ADDED[kind])
    if kind == ENCRYPTION:
        was["rule"] = [rule | {BLOCKED: []} for rule in was["rule"]]
        del was[BLOCKED]
    return was


def _resources(module: Json) -> Iterator[Json]:
    yield from module.get("resources", ())
    for child in module.get("child_modules", ()):
        yield from _resources(child)
