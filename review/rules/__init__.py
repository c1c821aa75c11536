"""The rules, one file for each subject; `review.judge` calls them."""

from review.rules import (
    access_points,
    acls,
    audit,
    buckets,
    events,
    iam,
    keys,
    lifecycle,
    malware,
    network,
    policies,
    public_access,
    records,
    retention,
    sharing,
)
from review.rules.registry import RULES

__all__ = [
    "RULES",
    "access_points",
    "acls",
    "audit",
    "buckets",
    "events",
    "iam",
    "keys",
    "lifecycle",
    "malware",
    "network",
    "policies",
    "public_access",
    "records",
    "retention",
    "sharing",
]
