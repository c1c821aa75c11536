"""What a change of the audit does to security: of the trail, or of an alarm on its way to a mailbox."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ops.findings import Finding, Severity

Attributes = Mapping[str, Any]

DANGEROUS, WEAKER, CHANGED, STRONGER = (
    Severity.DANGEROUS,
    Severity.WEAKER,
    Severity.CHANGED,
    Severity.STRONGER,
)


def _switch(before: Attributes, after: Attributes, name: str, off: Finding, on: str) -> Iterator[Finding]:
    # An attribute that is missing is not known yet.
    if name in before and name in after and bool(before[name]) != bool(after[name]):
        yield Finding(STRONGER, on, name) if after[name] else off


def _trail(before: Attributes, after: Attributes) -> list[Finding]:
    stopped = Finding(DANGEROUS, "the trail is stopped: it records nothing, and no alarm is raised")
    unsigned = Finding(WEAKER, "nobody can tell any more whether the trail's records were changed")
    found = [
        *_switch(before, after, "enable_logging", stopped, "the trail records again"),
        *_switch(
            before, after, "enable_log_file_validation", unsigned, "changes of the trail's records show"
        ),
        *_key(before, after, "kms_key_id", "the trail's records"),
    ]
    old, new = before.get("s3_bucket_name"), after.get("s3_bucket_name", before.get("s3_bucket_name"))
    if old != new:
        found.append(Finding(WEAKER, f"the trail's records go to {new} now, and went to {old}"))
    name = "advanced_event_selector"
    selected = [list(side.get(name) or []) for side in (before, after)]
    if any(one not in selected[1] for one in selected[0]):
        found.append(Finding(WEAKER, "the trail records other calls than before, and maybe fewer", name))
    elif selected[0] != selected[1]:
        found.append(Finding(STRONGER, "the trail records more calls", name))
    return found


def _key(before: Attributes, after: Attributes, name: str, what: str) -> Iterator[Finding]:
    if name not in before or name not in after or before[name] == after[name]:
        return
    old, new = before[name], after[name]
    if not new:
        yield Finding(WEAKER, f"{what} are no longer encrypted with a key of ours", name)
    elif not old:
        yield Finding(STRONGER, f"{what} are encrypted with {new} now", name)
    else:
        yield Finding(WEAKER, f"{what} are encrypted with another key: {new}, and were with {old}", name)


def _rule(before: Attributes, after: Attributes) -> list[Finding]:
    name, found = before.get("name"), list[Finding]()
    # Some versions of the provider have only one of these.
    on = [
        side.get("state", "ENABLED") != "DISABLED" and side.get("is_enabled") is not False
        for side in (before, after)
    ]
    if on[0] and not on[1]:
        found.append(Finding(DANGEROUS, f"the rule {name} is disabled: its alarm is never raised", "state"))
    elif on[1] and not on[0]:
        found.append(Finding(STRONGER, f"the rule {name} is enabled", "state"))
    if "event_pattern" in after and before.get("event_pattern") != after["event_pattern"]:
        found.append(Finding(WEAKER, f"the rule {name} looks for other events than before", "event_pattern"))
    return found


def _target(before: Attributes, after: Attributes) -> list[Finding]:
    found = []
    if "arn" in after and before.get("arn") != after["arn"]:
        words = f"the rule {before.get('rule')} tells {after['arn']} now, and told {before.get('arn')}"
        found.append(Finding(WEAKER, words, "arn"))
    name = "input_transformer"
    if name in after and before.get(name) != after[name]:
        found.append(Finding(CHANGED, f"what the rule {before.get('rule')} tells is another message", name))
    return found


def _topic(before: Attributes, after: Attributes) -> list[Finding]:
    return list(_key(before, after, "kms_master_key_id", "the alarms"))


def _subscription(before: Attributes, after: Attributes) -> list[Finding]:
    old, new = before.get("endpoint"), after.get("endpoint", before.get("endpoint"))
    return (
        [] if old == new else [Finding(WEAKER, f"{new} gets the alarms now, and {old} does not", "endpoint")]
    )


JUDGES: Mapping[str, Callable[[Attributes, Attributes], list[Finding]]] = {
    "aws_cloudtrail": _trail,
    "aws_cloudwatch_event_rule": _rule,
    "aws_cloudwatch_event_target": _target,
    "aws_sns_topic": _topic,
    "aws_sns_topic_subscription": _subscription,
}

GONE: Mapping[str, Callable[[Attributes], Finding]] = {
    "aws_cloudtrail": lambda before: Finding(
        DANGEROUS, f"the trail {before.get('name')} is gone: nothing is recorded, and no alarm is raised"
    ),
    "aws_cloudwatch_event_rule": lambda before: Finding(
        DANGEROUS, f"the rule {before.get('name')} is gone: its alarm is never raised"
    ),
    "aws_cloudwatch_event_target": lambda before: Finding(
        DANGEROUS, f"the rule {before.get('rule')} tells nobody any more what it finds"
    ),
    "aws_sns_topic": lambda before: Finding(
        DANGEROUS, f"the topic {before.get('name')} is gone: no alarm is delivered"
    ),
    "aws_sns_topic_policy": lambda before: Finding(
        WEAKER,
        f"the policy of topic {before.get('arn')} is gone: no alarm is delivered, and others may publish",
    ),
    "aws_sns_topic_subscription": lambda before: Finding(
        WEAKER, f"{before.get('endpoint')} does not get the alarms any more"
    ),
}
