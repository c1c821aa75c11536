"""What the alarms look for among the calls that CloudTrail records, as pure functions; no CDKTF in them.

EventBridge gets each call that changes something, of the trail's region and account, as an event of type
"AWS API Call via CloudTrail", within minutes:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
Only calls that succeeded count: one that AWS refused has an error code, and has changed nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from constructs_lib.arguments import Alias, Arn, BucketName, Text, checked

Pattern = dict[str, Any]


@checked
@dataclass(frozen=True)
class Watched:
    """What the alarms are about.

    Attributes:
        buckets: the names of the data bucket and of the log bucket.
        keys: the ids and the ARNs of the data's key, if there is one, and of the audit key.
        aliases: the aliases of both.
        trail_name, trail_arn: the trail.
        topic_arn: the topic that the alarms are published to.
        rules: the name of each alarm's rule, those about scans among them.
        scan_plan: the id of GuardDuty's plan that scans the objects; None without one.
    """

    buckets: Sequence[BucketName]
    keys: Sequence[Text]
    aliases: Sequence[Alias]
    trail_name: Text
    trail_arn: Arn
    topic_arn: Arn
    rules: Mapping[str, str]
    scan_plan: Text | None = None


@dataclass(frozen=True)
class Alarm:
    """What one rule looks for, and the text of its message.

    Attributes:
        pattern: the event pattern.
        says: what has happened; what is in angle brackets is taken from the event.
        paths: where in the event that is.
    """

    pattern: Pattern
    says: str
    paths: Mapping[str, str]


ALARMS = (
    "key",
    "policy",
    "public-access",
    "encryption",
    "versioning",
    "lifecycle",
    "replication",
    "logging",
    "object-lock",
    "ownership",
    "cors",
    "alias",
    "trail",
    "alarms",
)
"""The name of every alarm; that of its rule ends with it."""

SCAN_OFF = "scan-off"
"""The alarm besides where objects are scanned for malware."""

# As CloudTrail writes them, which is not how the API does:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
BUCKET_CALLS = {
    "policy": ("the policy of bucket <name> was changed", ("PutBucketPolicy", "DeleteBucketPolicy")),
    "public-access": (
        "the public-access block of bucket <name> was changed",
        ("PutBucketPublicAccessBlock", "DeleteBucketPublicAccessBlock"),
    ),
    "encryption": (
        "the default encryption of bucket <name> was changed",
        ("PutBucketEncryption", "DeleteBucketEncryption"),
    ),
    "versioning": ("versioning of bucket <name> was changed", ("PutBucketVersioning",)),
    # A lifecycle deletes without asking any policy, and a replication copies to wherever it says.
    "lifecycle": (
        "the lifecycle of bucket <name> was changed",
        ("PutBucketLifecycle", "DeleteBucketLifecycle"),
    ),
    "replication": (
        "the replication of bucket <name> was changed",
        ("PutBucketReplication", "DeleteBucketReplication"),
    ),
    "logging": ("access logging of bucket <name> was changed", ("PutBucketLogging",)),
    # The page names neither this call nor what reads it as the API does; the second name is the API's.
    "object-lock": (
        "Object Lock of bucket <name> was changed",
        ("PutBucketObjectLockConfiguration", "PutObjectLockConfiguration"),
    ),
    # ACLs count again where the owner of the bucket does not own every object.
    "ownership": (
        "the ownership controls or the ACL of bucket <name> were changed",
        ("PutBucketOwnershipControls", "DeleteBucketOwnershipControls", "PutBucketAcl"),
    ),
    "cors": ("CORS of bucket <name> was changed", ("PutBucketCors", "DeleteBucketCors")),
}
KEY_CALLS = ("DisableKey", "ScheduleKeyDeletion", "PutKeyPolicy", "DisableKeyRotation")
# https://docs.aws.amazon.com/kms/latest/developerguide/ct-updatealias.html
ALIAS_CALLS = ("CreateAlias", "UpdateAlias", "DeleteAlias")
TRAIL_CALLS = ("StopLogging", "DeleteTrail", "UpdateTrail")
RULE_CALLS = ("DisableRule", "DeleteRule", "PutRule")
TARGET_CALLS = ("PutTargets", "RemoveTargets")
TOPIC_CALLS = ("SetTopicAttributes", "DeleteTopic", "AddPermission", "RemovePermission")
# A filter on a subscription silences it as well as its end.
SUBSCRIPTION_CALLS = ("Unsubscribe", "SetSubscriptionAttributes")
SCAN_CALLS = ("DeleteMalwareProtectionPlan", "UpdateMalwareProtectionPlan")
# A pattern has at most 2,048 characters, so one alarm cannot watch the rules of all others:
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
WATCHED_BY_ALARMS = tuple(
    alarm for alarm in ALARMS if alarm not in ("object-lock", "ownership", "cors", "alias", "alarms")
)


def alarms(watched: Watched) -> dict[str, Alarm]:
    """Return every alarm, by name and in the order of `ALARMS`, and `SCAN_OFF` last."""
    name = {"name": "$.detail.requestParameters.bucketName"}
    found = {
        "key": Alarm(
            _calls("kms", {**_call(KEY_CALLS, "keyId", watched.keys)}),
            "KMS key <name> was disabled, scheduled for deletion, given another policy or kept from rotating",
            {"name": "$.detail.requestParameters.keyId"},
        ),
        **{
            alarm: Alarm(_calls("s3", _call(calls, "bucketName", watched.buckets)), says, name)
            for alarm, (says, calls) in BUCKET_CALLS.items()
        },
        "alias": _alias(watched),
        "trail": _trail(watched),
        "alarms": _alarms(watched),
    }
    scan_off = {} if watched.scan_plan is None else {SCAN_OFF: _scan_off(watched.scan_plan)}
    return {alarm: found[alarm] for alarm in ALARMS} | scan_off


def _alias(watched: Watched) -> Alarm:
    """Somebody moves or removes an alias of these keys, or adds one: keys are found by their aliases."""
    pattern = _any_call(
        ("kms",),
        _call(ALIAS_CALLS, "aliasName", watched.aliases),
        _call(("CreateAlias", "UpdateAlias"), "targetKeyId", watched.keys),
    )
    says = "KMS alias <name>, of a key of this environment, was made, removed or moved to another key"
    return Alarm(pattern, says, {"name": "$.detail.requestParameters.aliasName"})


def _trail(watched: Watched) -> Alarm:
    """Somebody stops the trail; or silences the alarm that watches other alarms, or one that it does not."""
    names = (watched.trail_name, watched.trail_arn)
    rules = [rule for alarm, rule in watched.rules.items() if alarm not in WATCHED_BY_ALARMS]
    pattern = _any_call(
        ("cloudtrail", "events"),
        _call(TRAIL_CALLS, "name", names),
        _call(("PutEventSelectors",), "trailName", names),
        _call(RULE_CALLS, "name", rules),
        _call(TARGET_CALLS, "rule", rules),
    )
    return Alarm(pattern, f"the audit trail {watched.trail_name} or its alarms were changed", {})


def _alarms(watched: Watched) -> Alarm:
    """Somebody silences the alarms: most of their rules, the targets of these, or the topic."""
    others = [watched.rules[alarm] for alarm in WATCHED_BY_ALARMS]
    pattern = _any_call(
        ("events", "sns"),
        _call(RULE_CALLS, "name", others),
        _call(TARGET_CALLS, "rule", others),
        _call(TOPIC_CALLS, "topicArn", (watched.topic_arn,)),
        _call(SUBSCRIPTION_CALLS, "subscriptionArn", ({"prefix": f"{watched.topic_arn}:"},)),
    )
    return Alarm(pattern, "the alarms themselves were changed", {})


def _scan_off(plan: str) -> Alarm:
    """Somebody deletes or changes GuardDuty's plan.

    No page shows such an event. Where it has no such parameter, it is any plan's, and counts.
    """
    pattern = _calls("guardduty", _call(SCAN_CALLS, "malwareProtectionPlanId", (plan, {"exists": False})))
    return Alarm(pattern, "GuardDuty's plan to scan the objects was changed or deleted", {})


def _call(calls: Sequence[str], parameter: str, values: Sequence[object]) -> Pattern:
    return {"eventName": list(calls), "requestParameters": {parameter: list(values)}}


def _calls(service: str, call: Pattern) -> Pattern:
    return {
        "source": [f"aws.{service}"],
        "detail-type": ["AWS API Call via CloudTrail"],
        "detail": {"errorCode": [{"exists": False}], **call},
    }


def _any_call(services: Sequence[str], *calls: Pattern) -> Pattern:
    return {
        "source": [f"aws.{service}" for service in services],
        "detail-type": ["AWS API Call via CloudTrail"],
        "detail": {"errorCode": [{"exists": False}], "$or": list(calls)},
    }


WHO_AND_WHEN = {
    "call": "$.detail.eventName",
    "kind": "$.detail.userIdentity.type",
    "who": "$.detail.userIdentity.arn",
    "from": "$.detail.sourceIPAddress",
    "when": "$.time",
    "account": "$.account",
    "region": "$.region",
    "event": "$.detail.eventID",
}


def message(alarm: Alarm, environment: str) -> tuple[dict[str, str], str]:
    """Return the message, one sentence: the paths into the event, and EventBridge's template.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
    """
    text = (
        f"{environment}: {alarm.says}, with <call> by <who> (<kind>) from <from> at <when>, "
        "in account <account>, region <region>; CloudTrail's event is <event>."
    )
    return {**WHO_AND_WHEN, **alarm.paths}, f'"{text}"'
