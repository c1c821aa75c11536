"""The audit of an environment: a trail, alarms, and the topic and the key of both."""

from constructs_lib.alarm_topic import AlarmTopic
from constructs_lib.alarms import Alarms
from constructs_lib.audit_key import AuditKey
from constructs_lib.audit_trail import AuditTrail
from constructs_lib.encryption_key import EncryptionKey
from constructs_lib.event_patterns import ALARMS, Watched
from constructs_lib.log_bucket import LogBucket
from constructs_lib.policies.place import Place
from constructs_lib.scan_events import SCAN_ALARMS
from settings import resource_names
from settings.model import Settings

from constructs import Construct


def trail_arn(environment: str, place: Place) -> str:
    """Return the ARN of an environment's trail, which has to be known before there is one."""
    return place.arn("cloudtrail", f"trail/{resource_names.trail(environment)}")


def audit(
    scope: Construct,
    settings: Settings,
    *,
    place: Place,
    log_bucket: LogBucket,
    key: EncryptionKey | None,
    scan_plan: str | None,
) -> None:
    """Add the audit.

    Args:
        scope: the environment's stack.
        settings: the environment.
        place: where it is.
        log_bucket: where the trail's records go; its policy lets the trail in.
        key: the data's key, if there is one.
        scan_plan: the id of GuardDuty's plan, if objects are scanned for malware.
    """
    environment = settings.environment
    alarms = (*ALARMS, *(SCAN_ALARMS if scan_plan is not None else ()))
    rules = {alarm: resource_names.alarm_rule(environment, alarm) for alarm in alarms}
    trail, topic = trail_arn(environment, place), resource_names.alarm_topic(environment)
    topic_arn = place.arn("sns", topic)
    audit_key = AuditKey(
        scope,
        "audit-key",
        alias=settings.audit.key_alias,
        description=f"Encrypts the audit of {settings.bucket_name}",
        place=place,
        trail_arn=trail,
        topic_arn=topic_arn,
        deploy_role=settings.access.deploy_role,
        rotation_days=settings.encryption.key_rotation_days,
        deletion_days=settings.encryption.key_deletion_days,
        protect=settings.protect,
    )
    AuditTrail(
        scope,
        "audit-trail",
        name=resource_names.trail(environment),
        bucket_arn=place.bucket(settings.bucket_name),
        log_bucket=log_bucket.name,
        key_arn=audit_key.arn,
        data_events=settings.audit.data_events,
        management_events=settings.audit.management_events,
        # Not only for the policy, which the lifecycle waits for: CloudTrail tries to write at once, and the
        # provider does not ask again where S3 has not taken the policy everywhere yet.
        depends_on=[log_bucket.slowest_setting],
    )
    alarm_topic = AlarmTopic(
        scope,
        "alarm-topic",
        name=topic,
        topic_arn=topic_arn,
        key_arn=audit_key.arn,
        rule_arns=[place.arn("events", f"rule/{rule}") for rule in rules.values()],
        emails=settings.audit.notify,
    )
    keys = [audit_key] if key is None else [key, audit_key]
    Alarms(
        scope,
        "alarms",
        environment=environment,
        watched=Watched(
            buckets=(settings.bucket_name, settings.logging.bucket),
            keys=[name for one in keys for name in (one.id, one.arn)],
            aliases=[*([] if key is None else [settings.encryption.key_alias]), settings.audit.key_alias],
            trail_name=resource_names.trail(environment),
            trail_arn=trail,
            topic_arn=topic_arn,
            rules=rules,
            scan_plan=scan_plan,
        ),
        topic_arn=alarm_topic.arn,
        scanned_bucket=settings.bucket_name if scan_plan is not None else None,
        depends_on=[alarm_topic.last_setting],
    )
