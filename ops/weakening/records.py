"""What a change of access logs, inventory or replication does to what is known and what is kept elsewhere."""

from collections.abc import Callable, Iterator, Mapping

from ops.attributes import Attributes, first
from ops.findings import Finding, Severity

WEAKER, CHANGED, STRONGER = Severity.WEAKER, Severity.CHANGED, Severity.STRONGER


def _logging(before: Attributes, after: Attributes) -> list[Finding]:
    old, new = before.get("target_bucket"), after.get("target_bucket")
    if old and not new:
        return [Finding(WEAKER, "requests are no longer logged", "target_bucket")]
    if new and not old:
        return [Finding(STRONGER, f"requests are logged to {new}", "target_bucket")]
    if old != new:
        return [Finding(WEAKER, f"requests are logged to {new}, and were to {old}", "target_bucket")]
    old, new = before.get("target_prefix"), after.get("target_prefix")
    # The log bucket's policy lets logs in below one prefix, and S3 drops the others without a word.
    words = f"requests are logged below {new}, and were below {old}"
    return [Finding(WEAKER, words, "target_prefix")] if old != new else []


def _inventory(before: Attributes, after: Attributes) -> list[Finding]:
    if before.get("enabled") and not after.get("enabled"):
        return [Finding(CHANGED, "the inventory is no longer written", "enabled")]
    if after.get("enabled") and not before.get("enabled"):
        return [Finding(CHANGED, "an inventory is written", "enabled")]
    old, new = (first(one, "destination", "bucket", "bucket_arn") for one in (before, after))
    # The list names every object, and the other bucket may be in any account.
    words = f"the inventory is written to {new}"
    return [Finding(WEAKER, words, "destination")] if old != new else []


def _replication(before: Attributes, after: Attributes) -> list[Finding]:
    old, new = (_enabled_rules(one) for one in (before, after))
    return [
        finding
        for name in sorted(old.keys() | new.keys())
        for finding in _replication_rule(name, old.get(name), new.get(name))
    ]


def _replication_rule(name: str, old: Attributes | None, new: Attributes | None) -> Iterator[Finding]:
    if new is None:
        yield Finding(WEAKER, f"new objects are no longer replicated by the rule {name}", "rule")
    elif old is None:
        yield Finding(CHANGED, f"new objects are replicated to {_destination(new)}", "rule")
    elif _destination(old) != _destination(new):
        words = f"new objects are replicated to {_destination(new)}, and were to {_destination(old)}"
        yield Finding(WEAKER, words, "rule")
    elif old != new:
        yield Finding(CHANGED, f"the rule {name} replicates otherwise than before", "rule")


def _enabled_rules(attributes: Attributes) -> dict[str, Attributes]:
    rules = attributes.get("rule") or []
    return {str(rule.get("id")): rule for rule in rules if rule.get("status") == "Enabled"}


def _destination(rule: Attributes) -> object:
    return first(rule, "destination", "bucket")


JUDGES: Mapping[str, Callable[[Attributes, Attributes], list[Finding]]] = {
    "aws_s3_bucket_inventory": _inventory,
    "aws_s3_bucket_logging": _logging,
    "aws_s3_bucket_replication_configuration": _replication,
}
