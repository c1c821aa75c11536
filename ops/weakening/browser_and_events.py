"""What a change of CORS or of notifications does to who uses the bucket, or hears of it."""

from collections.abc import Callable, Mapping

from ops.attributes import Attributes, differs
from ops.findings import Finding, Severity

WEAKER, CHANGED, STRONGER = Severity.WEAKER, Severity.CHANGED, Severity.STRONGER


def _cors(before: Attributes, after: Attributes) -> list[Finding]:
    old, new = (_origins(one) for one in (before, after))
    found = []
    if new - old:
        words = f"web pages of {', '.join(sorted(new - old))} may use the bucket's links"
        found.append(Finding(WEAKER, words, "cors_rule"))
    if old - new:
        words = f"web pages of {', '.join(sorted(old - new))} may no longer use the bucket's links"
        found.append(Finding(STRONGER, words, "cors_rule"))
    if not found and differs(before, after, "cors_rule"):
        found.append(Finding(CHANGED, "web pages may use the bucket's links otherwise", "cors_rule"))
    return found


def _origins(attributes: Attributes) -> set[str]:
    rules = attributes.get("cors_rule") or []
    return {str(origin) for rule in rules for origin in rule.get("allowed_origins") or []}


def _notification(before: Attributes, after: Attributes) -> list[Finding]:
    if bool(before.get("eventbridge")) == bool(after.get("eventbridge")):
        return []
    words = (
        "EventBridge is told of changes of objects"
        if after.get("eventbridge")
        else ("EventBridge is no longer told of changes of objects: what its rules start, stops")
    )
    return [Finding(CHANGED, words, "eventbridge")]


JUDGES: Mapping[str, Callable[[Attributes, Attributes], list[Finding]]] = {
    "aws_s3_bucket_cors_configuration": _cors,
    "aws_s3_bucket_notification": _notification,
}
