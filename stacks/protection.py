"""What protects the data beyond the bucket itself: logs, retention, scans, replication, alarms."""

from constructs_lib.access_logging import AccessLogging
from constructs_lib.browser_access import BrowserAccess
from constructs_lib.bucket_notification import BucketNotification
from constructs_lib.encryption_key import EncryptionKey
from constructs_lib.inventory import Inventory
from constructs_lib.lifecycle import Lifecycle
from constructs_lib.log_bucket import LogBucket
from constructs_lib.object_lock import ObjectLock
from constructs_lib.policies import Perimeter
from constructs_lib.policies.place import Place
from constructs_lib.secure_bucket import SecureBucket
from settings.model import Settings
from stacks.account import Account
from stacks.audit import audit, trail_arn
from stacks.data_lifecycle import lifecycle_rules
from stacks.malware_scan import scan_for_malware, scan_of_replicas
from stacks.replication import replicate

from cdktf import ITerraformDependable
from constructs import Construct


def protect_data(
    scope: Construct,
    settings: Settings,
    *,
    account: Account,
    bucket: SecureBucket,
    key: EncryptionKey | None,
    perimeter: Perimeter,
) -> None:
    """Add to an environment what its settings ask for.

    S3 answers 409 when two settings of a bucket change at once, so each waits for the previous one.

    Args:
        scope: the environment's stack.
        settings: the environment.
        account: where it is.
        bucket: the data bucket.
        key: the data's key, if there is one.
        perimeter: where requests for objects may come from.
    """
    last = bucket.last_setting
    if settings.object_lock.mode is not None:
        last = ObjectLock(
            scope,
            "object-lock",
            bucket=bucket.id,
            mode=settings.object_lock.mode,
            days=settings.object_lock.days,
            years=settings.object_lock.years,
            depends_on=[last],
        ).setting
    log_bucket = _log_bucket(scope, settings, account.place) if settings.logging.makes_bucket else None
    if settings.logging.enabled:
        last = _access_logs(scope, settings, bucket, log_bucket, last)
    if settings.events.eventbridge:
        last = BucketNotification(scope, "notification", bucket=bucket.id, depends_on=[last]).setting
    scan = None
    if settings.malware_scan.enabled:
        scan = scan_for_malware(
            scope,
            settings,
            place=account.place,
            bucket=bucket,
            key_arn=None if key is None else key.arn,
            last=last,
        )
        last = scan.setting
    if settings.cors.allowed_origins:
        last = _browser_access(scope, settings, bucket, last)
    if settings.replication.enabled:
        last = replicate(
            scope,
            settings,
            account=account,
            bucket=bucket,
            key_arn=None if key is None else key.arn,
            perimeter=perimeter,
            scan=scan_of_replicas(settings, account.place),
            last=last,
        )
    if settings.inventory.enabled:
        last = _inventory(scope, settings, account.place, bucket, last)
    # Last, as the provider waits a minute for it.
    if settings.lifecycle.enabled:
        Lifecycle(
            scope,
            "lifecycle",
            bucket=bucket.id,
            rules=lifecycle_rules(settings.lifecycle),
            depends_on=[last],
        )
    if settings.audit.enabled and log_bucket is not None:
        plan = None if scan is None else scan.plan_id
        audit(scope, settings, place=account.place, log_bucket=log_bucket, key=key, scan_plan=plan)


def _log_bucket(scope: Construct, settings: Settings, place: Place) -> LogBucket:
    logging = settings.logging
    return LogBucket(
        scope,
        "log-bucket",
        bucket_name=logging.bucket,
        bucket_arn=place.bucket(logging.bucket),
        prefix=logging.prefix,
        source_arn=place.bucket(settings.bucket_name),
        account_id=place.account_id,
        inventory=settings.inventory.enabled,
        trail_arn=trail_arn(settings.environment, place) if settings.audit.enabled else None,
        retention_days=logging.retention_days,
        protect=settings.protect,
    )


def _access_logs(
    scope: Construct,
    settings: Settings,
    bucket: SecureBucket,
    log_bucket: LogBucket | None,
    last: ITerraformDependable,
) -> ITerraformDependable:
    logging = settings.logging
    waits_for = [last]
    name = logging.target
    if log_bucket is not None:
        name = log_bucket.name
        waits_for.append(log_bucket.last_setting)
    return AccessLogging(
        scope,
        "access-logging",
        bucket=bucket.id,
        log_bucket=name,
        prefix=logging.prefix,
        depends_on=waits_for,
    ).setting


def _browser_access(
    scope: Construct, settings: Settings, bucket: SecureBucket, last: ITerraformDependable
) -> ITerraformDependable:
    cors = settings.cors
    return BrowserAccess(
        scope,
        "browser-access",
        bucket=bucket.id,
        allowed_origins=cors.allowed_origins,
        allowed_methods=cors.allowed_methods,
        allowed_headers=cors.allowed_headers,
        expose_headers=cors.expose_headers,
        max_age_seconds=cors.max_age_seconds,
        depends_on=[last],
    ).setting


def _inventory(
    scope: Construct, settings: Settings, place: Place, bucket: SecureBucket, last: ITerraformDependable
) -> ITerraformDependable:
    inventory = settings.inventory
    return Inventory(
        scope,
        "inventory",
        bucket=bucket.id,
        log_bucket_arn=place.bucket(settings.logging.bucket),
        account_id=place.account_id,
        frequency=inventory.frequency,
        format=inventory.format,
        noncurrent_versions=inventory.noncurrent_versions,
        prefix=inventory.prefix,
        depends_on=[last],
    ).setting
