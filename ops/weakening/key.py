"""What a change of a KMS key or of its alias does to what it encrypts."""

from collections.abc import Callable, Mapping

from ops.attributes import Attributes, differs
from ops.findings import Finding, Severity
from ops.weakening.policies import policy_of

DANGEROUS, WEAKER, CHANGED, STRONGER = (
    Severity.DANGEROUS,
    Severity.WEAKER,
    Severity.CHANGED,
    Severity.STRONGER,
)


def _key(before: Attributes, after: Attributes) -> list[Finding]:
    found = policy_of("the key policy")(before, after)
    if differs(before, after, "is_enabled"):
        if after.get("is_enabled"):
            found.append(Finding(STRONGER, "the key can be used again", "is_enabled"))
        else:
            words = "the key is disabled: nothing that it encrypts can be read or written"
            found.append(Finding(DANGEROUS, words, "is_enabled"))
    if differs(before, after, "enable_key_rotation"):
        if after.get("enable_key_rotation"):
            found.append(Finding(STRONGER, "the key rotates now", "enable_key_rotation"))
        else:
            found.append(Finding(WEAKER, "the key no longer rotates", "enable_key_rotation"))
    elif after.get("enable_key_rotation"):
        found += _days(before, after, "rotation_period_in_days", "the key rotates every {} days", more=WEAKER)
    words = "a deleted key can be restored for {} days"
    found += _days(before, after, "deletion_window_in_days", words, more=STRONGER)
    return found


def _days(before: Attributes, after: Attributes, name: str, words: str, *, more: Severity) -> list[Finding]:
    """Judge a number of days; `more` is what a higher number is: weaker or stronger."""
    old, new = before.get(name), after.get(name)
    if not isinstance(old, int) or not isinstance(new, int) or old == new:
        return []
    less = STRONGER if more is WEAKER else WEAKER
    return [Finding(more if new > old else less, f"{words.format(new)} now, and was {old}", name)]


def _alias(before: Attributes, after: Attributes) -> list[Finding]:
    if not differs(before, after, "target_key_id"):
        return []
    new = after.get("target_key_id") or "a key that is not known yet"
    words = f"the alias stands for another key: {new}, and was {before.get('target_key_id')}"
    return [Finding(DANGEROUS, words, "target_key_id")]


def _key_is_gone(before: Attributes) -> Finding:
    words = (
        "the key is gone or about to be deleted: what it encrypts cannot be read, and is lost once it is gone"
    )
    key = before.get("key_id")
    remedy = (
        f"first keep the key, as a deploy would make another: `aws kms cancel-key-deletion --key-id {key}`, "
        f"then `aws kms enable-key --key-id {key}`"
    )
    return Finding(DANGEROUS, words, remedy=remedy)


JUDGES: Mapping[str, Callable[[Attributes, Attributes], list[Finding]]] = {
    "aws_kms_alias": _alias,
    "aws_kms_key": _key,
}

GONE: Mapping[str, Callable[[Attributes], Finding]] = {
    "aws_kms_alias": lambda before: Finding(CHANGED, f"the alias {before.get('name')} is gone"),
    "aws_kms_key": _key_is_gone,
}
