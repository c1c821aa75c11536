"""What a change of the audit does to security: of the trail, or of an alarm on its way to a mailbox."""

from collections.abc import Iterator, Sequence

from review.accounts import foreign
from review.attributes import Attributes, Json, blocks, texts
from review.model import Finding, careful, dangerous, good
from review.rules.registry import Subject, rule


def _switch(it: Subject, name: str, off: str, on: str) -> Iterator[Finding]:
    was, now = it.was.get(name), it.now.get(name)
    before = name in ON if was is None else bool(was)
    # The provider writes the default into every plan. Where one lacks it, a trail is not assumed to record.
    after = name in ON and name != "enable_logging" if now is None else bool(now)
    if was != now and before != after:
        yield good(on) if after else dangerous(off)


SWITCHES = {
    "enable_logging": (
        "the trail is stopped: it records nothing, and no alarm is raised",
        "the trail records again",
    ),
    "enable_log_file_validation": (
        "changes to the trail's records can no longer be detected",
        "changes to the trail's records can be detected",
    ),
    "is_multi_region_trail": (
        "the trail records only its own region",
        "the trail records all regions",
    ),
    "include_global_service_events": (
        "the trail no longer records IAM, STS and other global services",
        "the trail records IAM, STS and other global services",
    ),
    "is_organization_trail": (
        "the trail records one account only, and no longer those of the organization",
        "the trail records all accounts of the organization",
    ),
}


ON = ("enable_logging", "include_global_service_events")
"""The switches that are on where they are not set.

https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/cloudtrail
"""


@rule("aws_cloudtrail", *SWITCHES)
def trail_switches(it: Subject) -> Iterator[Finding]:
    """Judge what the trail is switched to; of a new one, whether it records at all."""
    if it.new:
        if it.now.get("enable_logging") is False:
            yield careful("the new trail records nothing: it is created stopped")
        return
    for name, (off, on) in SWITCHES.items():
        yield from _switch(it, name, off, on)


@rule("aws_cloudtrail", "kms_key_id")
def trail_key(it: Subject) -> Iterator[Finding]:
    """Judge what the records are encrypted with."""
    yield from _key(it, "kms_key_id", "the trail's records")


@rule("aws_cloudtrail", "s3_bucket_name", "s3_key_prefix", new=False)
def trail_bucket(it: Subject) -> Iterator[Finding]:
    """Judge where the records go."""
    old, new = (one.get("s3_bucket_name") for one in (it.was, it.now))
    if old != new:
        yield dangerous("the trail's records go to {} now, and went to {}", new, old)
    elif it.was.get("s3_key_prefix") != it.now.get("s3_key_prefix"):
        yield careful("the trail's records go below {} now", it.now.get("s3_key_prefix") or "no prefix")


SELECTORS = ("advanced_event_selector", "event_selector", "insight_selector")

CHOOSING = SELECTORS[:2]
"""Those that replace what a trail records by default.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html
"""


@rule("aws_cloudtrail", *SELECTORS, new=False)
def selectors(it: Subject) -> Iterator[Finding]:
    """Judge which calls are recorded."""
    old, new = (_listed([one.get(name) for name in SELECTORS]) for one in (it.was, it.now))
    chosen = [[one for name in CHOOSING for one in blocks(side.get(name))] for side in (it.was, it.now)]
    if not chosen[0] and chosen[1] and not any(map(_is_default, chosen[1])):
        yield dangerous("the trail no longer records all management events, as it does by default")
    elif any(one not in new for one in old):
        yield dangerous("the trail records other calls than before, and maybe fewer")
    elif old != new:
        yield good("the trail records more calls")


def _is_default(selector: Attributes) -> bool:
    """Return whether a selector chooses every call that manages resources, as a trail without one does."""
    fields = blocks(selector.get("field_selector"))
    if fields:
        category = fields[0].get("field"), texts(fields[0].get("equals"))
        return len(fields) == 1 and category == ("eventCategory", {"Management"})
    return (
        selector.get("include_management_events") is not False
        and selector.get("read_write_type") in (None, "", "All")
        and not selector.get("exclude_management_event_sources")
    )


def _listed(values: Sequence[Json]) -> list[Json]:
    return [one for value in values if isinstance(value, list) for one in value]


@rule(
    "aws_cloudtrail",
    "cloud_watch_logs_group_arn",
    "cloud_watch_logs_role_arn",
    "sns_topic_name",
    new=False,
)
def recipients(it: Subject) -> Iterator[Finding]:
    """Judge who else gets what the trail records."""
    yield careful("the trail sends its records to others than before")


def _key(it: Subject, name: str, what: str) -> Iterator[Finding]:
    old, new = it.was.get(name), it.now.get(name)
    stranger = foreign(new, it.around.own_accounts)
    if stranger and old != new:
        yield stranger(f"{what} are encrypted with {{}} of another account, which can revoke it", new)
    if old == new or it.new:
        return
    if not new:
        yield dangerous(f"{what} are no longer encrypted with a key of ours")
    elif not old:
        yield good(f"{what} are encrypted with {{}} now", new)
    else:
        yield dangerous(f"{what} are encrypted with another key: {{}}, and were with {{}}", new, old)


WITH_READS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
"""The state in which a rule also gets events of calls that read.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
"""


@rule("aws_cloudwatch_event_rule", "state", "is_enabled")
def event_rule(it: Subject) -> Iterator[Finding]:
    """Judge whether a rule's alarm can be raised."""
    # Some versions of the provider have only one of these.
    was, on = (
        one.get("state", "ENABLED") != "DISABLED" and one.get("is_enabled") is not False
        for one in (it.was, it.now)
    )
    if not on and (was or it.new):
        tell = careful if it.new else dangerous
        yield tell("the rule {} is disabled: its alarm is never raised", it.now.get("name"))
    elif on and not was and not it.new:
        yield good("the rule {} is enabled", it.now.get("name"))
    elif it.was.get("state") == WITH_READS and it.now.get("state") != WITH_READS:
        yield dangerous("the rule {} no longer gets events of calls that only read", it.now.get("name"))


@rule("aws_cloudwatch_event_rule", "event_pattern", new=False)
def pattern(it: Subject) -> Iterator[Finding]:
    """Judge what a rule looks for."""
    yield dangerous("the rule {} matches other events than before", it.now.get("name"))


@rule("aws_sns_topic", "kms_master_key_id")
def topic(it: Subject) -> Iterator[Finding]:
    """Judge what messages are encrypted with."""
    yield from _key(it, "kms_master_key_id", "the alarms")
