"""The rules, a file for each subject; `review.judge` asks them."""

from review.rules import acls, audit, buckets, events, iam, keys, lifecycle, public_access, records
from review.rules.registry import RULES

__all__ = [
    "RULES",
    "acls",
    "audit",
    "buckets",
    "events",
    "iam",
    "keys",
    "lifecycle",
    "public_access",
    "records",
]
