"""Which objects a rule of a lifecycle or of replication is about.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRuleFilter.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ReplicationRuleFilter.html
"""

from dataclasses import dataclass

from review.attributes import Attributes, Json, blocks, first, number


@dataclass(frozen=True)
class Scope:
    """Which objects a rule is about; sizes in bytes."""

    prefix: str
    tags: frozenset[tuple[str, str]]
    above: float
    below: float

    def covers(self, other: "Scope") -> bool:
        """Return whether each object of `other` is one of this."""
        return (
            other.prefix.startswith(self.prefix)
            and self.tags <= other.tags
            and self.above <= other.above
            and self.below >= other.below
        )


def scope_of(one: Attributes) -> Scope:
    """Return which objects the rule `one` is about."""
    filters = [block for outer in blocks(one.get("filter")) for block in (outer, *blocks(outer.get("and")))]
    tags = {
        (str(tag.get("key")), str(tag.get("value"))) for block in filters for tag in blocks(block.get("tag"))
    }
    for block in (one, *filters):
        tags |= {(key, str(value)) for key, value in (first(block, "tags") or {}).items()}
    return Scope(
        max((str(block.get("prefix") or "") for block in (one, *filters)), key=len),
        frozenset(tags),
        max((number(block.get("object_size_greater_than")) or 0 for block in filters), default=0),
        min((_below(block.get("object_size_less_than")) for block in filters), default=float("inf")),
    )


def _below(value: Json) -> float:
    return number(value) or float("inf")
