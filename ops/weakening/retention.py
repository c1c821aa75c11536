"""What a change of a lifecycle or of Object Lock does to what is kept, and for how long."""

from collections.abc import Callable, Mapping

from ops.attributes import Attributes, first
from ops.findings import Finding, Severity

WEAKER, CHANGED, STRONGER = Severity.WEAKER, Severity.CHANGED, Severity.STRONGER


def _lifecycle(before: Attributes, after: Attributes) -> list[Finding]:
    """Say what a lifecycle deletes that it did not delete before."""
    old, new = (_rules(one) for one in (before, after))
    found = []
    for name in sorted(old.keys() | new.keys()):
        was, now = old.get(name, {}), new.get(name, {})
        days = [_number(one, "expiration", "days") for one in (was, now)]
        if days[1] and (not days[0] or days[1] < days[0]):
            words = f"lifecycle rule {name} deletes objects after {days[1]} days"
            found.append(Finding(WEAKER, words, "rule"))
        expiration = "noncurrent_version_expiration"
        kept = [_number(one, expiration, "noncurrent_days") for one in (was, now)]
        newer = [_number(one, expiration, "newer_noncurrent_versions") for one in (was, now)]
        if kept[1] and (not kept[0] or kept[1] < kept[0]):
            words = f"lifecycle rule {name} deletes earlier versions after {kept[1]} days"
            found.append(Finding(WEAKER, words, "rule"))
        elif kept[1] and newer[1] < newer[0]:
            words = (
                f"lifecycle rule {name} keeps {newer[1] or 'none'} of the versions it deletes, not {newer[0]}"
            )
            found.append(Finding(WEAKER, words, "rule"))
        elif was and not now:
            found.append(Finding(CHANGED, f"lifecycle rule {name} is gone", "rule"))
    return found


def _rules(attributes: Attributes) -> dict[str, Attributes]:
    rules = attributes.get("rule") or []
    return {str(rule.get("id")): rule for rule in rules if rule.get("status") == "Enabled"}


def _number(attributes: Attributes, *path: str) -> int:
    value = first(attributes, *path)
    return value if isinstance(value, int) else 0


def _object_lock(before: Attributes, after: Attributes) -> list[Finding]:
    """Say what becomes of the lock that new versions get; those that there are keep theirs."""
    retention = ("rule", "default_retention")
    old, new = (first(one, *retention, "mode") for one in (before, after))
    days = [
        _number(one, *retention, "days") + 365 * _number(one, *retention, "years") for one in (before, after)
    ]
    if not new:
        return [Finding(WEAKER, "new versions are no longer locked", "rule")] if old else []
    if not old:
        return [Finding(STRONGER, f"new versions are locked for {days[1]} days now ({new})", "rule")]
    found = []
    if old == "COMPLIANCE" and new != old:
        words = f"Object Lock is weaker: whoever has the permission can lift it ({old} to {new})"
        found.append(Finding(WEAKER, words, "rule"))
    elif new == "COMPLIANCE" and old != new:
        found.append(Finding(STRONGER, "Object Lock is stronger: nobody can lift it", "rule"))
    if days[0] != days[1]:
        words = f"objects are locked for {days[1]} days, and were for {days[0]}"
        found.append(Finding(WEAKER if days[1] < days[0] else STRONGER, words, "rule"))
    return found


JUDGES: Mapping[str, Callable[[Attributes, Attributes], list[Finding]]] = {
    "aws_s3_bucket_lifecycle_configuration": _lifecycle,
    "aws_s3_bucket_object_lock_configuration": _object_lock,
}
