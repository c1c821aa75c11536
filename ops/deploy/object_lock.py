"""Whether the settings would change the Object Lock of an existing bucket, which is impossible."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from ops.shared import aws
from ops.shared.errors import OpsError
from settings import resource_names
from settings.model import Settings

REASON = "it is chosen when a bucket is made, so that Terraform would have to replace the bucket"
REMEDY = "set object_lock.mode as the bucket is, or bucket_name to that of a new bucket"


def is_locked(settings: Settings) -> bool | None:
    """Ask S3 whether the data bucket has Object Lock; None where there is no such bucket yet.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectLockConfiguration.html

    Raises:
        ClientError: S3 answers with something else than that.
    """
    return _has_lock(settings.bucket_name, settings.region, settings.account_id)


def _has_lock(bucket: str, region: str, account: str | None) -> bool | None:
    s3 = aws.client("s3", region)
    owner = {} if account is None else {"ExpectedBucketOwner": account}
    try:
        answer = s3.get_object_lock_configuration(Bucket=bucket, **owner)
    except s3.exceptions.ClientError as error:
        code = aws.error_code(error)
        if code == "NoSuchBucket":
            return None
        if code == "ObjectLockConfigurationNotFoundError":
            return False
        raise
    return bool(answer["ObjectLockConfiguration"].get("ObjectLockEnabled") == "Enabled")


def refuse_locked_objects(settings: Settings, account: str) -> None:
    """Raise an OpsError, with the date, where a version in the bucket or its replica is locked."""
    _refuse_locked(settings.bucket_name, settings.region, account)
    replica = settings.replication
    if replica.enabled and replica.region is not None:
        _refuse_locked(replica.bucket, replica.region, account)


def _refuse_locked(bucket: str, region: str, account: str) -> None:
    """Ask each version, as S3 lists no retentions; the first page with a lock is enough.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
    """
    s3: aws.Client = aws.client("s3", region)
    owner = {"Bucket": bucket, "ExpectedBucketOwner": account}
    with aws.one_line_errors(f"cannot look for locked objects in {bucket}"):
        if not _has_lock(bucket, region, account):
            return
        for page in s3.get_paginator("list_object_versions").paginate(**owner):
            which = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in page.get("Versions", [])]
            with ThreadPoolExecutor(16) as pool:
                heads = list(pool.map(lambda one: s3.head_object(**owner, **one), which))
            ends = ((_lasts(head), one["Key"]) for head, one in zip(heads, which, strict=True))
            if locked := [(until, key) for until, key in ends if until is not None]:
                raise _cannot_go(bucket, *max(locked), complete=not page.get("IsTruncated"))


FOREVER = datetime.max.replace(tzinfo=UTC)
"""The end of a legal hold, which has none."""


def _lasts(head: Mapping[str, Any]) -> datetime | None:
    """Return until when a version is locked, from what S3 says of it; None if it is not."""
    if head.get("ObjectLockLegalHoldStatus") == "ON":
        return FOREVER
    until: datetime | None = head.get("ObjectLockRetainUntilDate")
    return until if until is not None and until > datetime.now(UTC) else None


def _cannot_go(bucket: str, until: datetime, key: str, *, complete: bool) -> OpsError:
    if until == FOREVER:
        problem = f"{key} in {bucket} has a legal hold: the bucket cannot be emptied"
        return OpsError(problem, "remove the hold (aws s3api put-object-legal-hold), then retry")
    least = "" if complete else "at least "
    return OpsError(
        f"{bucket} is locked until {least}{until:%Y-%m-%d %H:%M} UTC, by the retention of {key}",
        "nothing was changed: retry after that",
    )


def change(settings: Settings, *, locked: bool) -> str:
    """Return the problem if the bucket is `locked` and should not be, or the reverse; else ""."""
    if locked == (settings.object_lock.mode is not None):
        return ""
    there, asked = ("has", "none") if locked else ("has no", "one")
    return f"{settings.bucket_name} {there} Object Lock, and the settings ask for {asked}"


def refuse_changed_object_lock(settings: Settings, stack: str) -> None:
    """Raise if a deploy of `stack` would have to change the Object Lock of the data bucket.

    Terraform refuses it too, in more lines (constructs_lib/object_lock.py). Terraform reports
    other problems with the bucket itself.

    Raises:
        OpsError: it would.
    """
    if stack != resource_names.storage_stack(settings.environment):
        return
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        locked = is_locked(settings)
    except (BotoCoreError, ClientError, OpsError):
        return
    if locked is not None and (problem := change(settings, locked=locked)):
        raise OpsError(problem, f"{REASON}: {REMEDY}")
