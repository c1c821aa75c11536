"""Whether a version in a bucket that would go is locked, by a legal hold or a retention.

The provider empties a bucket with `force_destroy`: it removes legal holds, and bypasses retentions in
governance mode. So what destroys buckets asks here first.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from ops.deploy.caller import require_own_account
from ops.deploy.names_in_aws import StackNames
from ops.deploy.object_lock import has_lock
from ops.shared import aws
from ops.shared.errors import OpsError
from ops.state.remote_state import RemoteState
from ops.state.snapshot import Snapshot
from settings.model import Settings

FOREVER = datetime.max.replace(tzinfo=UTC)
"""The end of a legal hold, which has none."""

REPLACING = ("bucket", "bucket_namespace", "object_lock_enabled")
"""The arguments of a bucket that cannot be changed, so that Terraform replaces it.

https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/s3_bucket
"""

AT_A_TIME = 32
"""Requests to S3."""


def refuse_locked_objects(settings: Settings, account: str) -> None:
    """Raise an OpsError where a version is locked in the bucket that the settings name, or in its replica.

    Args:
        settings: the environment.
        account: the account of its buckets.
    """
    _refuse_locked(settings.bucket_name, settings.region, account)
    replica = settings.replication
    if replica.enabled and replica.region is not None:
        _refuse_locked(replica.bucket, replica.region, account)


def refuse_locked_in_state(snapshot: Snapshot, settings: Settings, account: str) -> None:
    """Raise an OpsError where a version is locked in any bucket of a state, which the settings may not name.

    Args:
        snapshot: the state.
        settings: the environment.
        account: the account of its buckets.
    """
    for bucket, region in snapshot.buckets_in(settings.region):
        _refuse_locked(bucket, region, account)


def refuse_locked_in_what_goes(
    settings: Settings, stack: str, describe: Callable[[], Mapping[str, Any]]
) -> None:
    """Raise an OpsError where a version is locked in a bucket that a deploy would delete or replace.

    Args:
        settings: the environment.
        stack: the stack's name.
        describe: returns its synthesized JSON, which takes seconds; asked only if the state has a bucket with
            Object Lock, or one that does not say.
    """
    snapshot = RemoteState(settings, stack).read()
    if snapshot is None or not snapshot.buckets:
        return
    account = require_own_account(settings).account
    with_lock = [one for one in snapshot.buckets_in(settings.region) if _may_have_lock(*one, account)]
    kept = set(_kept(snapshot, describe(), settings.region)) if with_lock else set()
    for bucket, region in with_lock:
        if (bucket, region) not in kept:
            _refuse_locked(bucket, region, account)


def _may_have_lock(bucket: str, region: str, account: str) -> bool:
    try:
        with aws.one_line_errors(f"cannot ask for the Object Lock of {bucket}"):
            return bool(has_lock(bucket, region, account))
    except OpsError:
        return True


def _kept(snapshot: Snapshot, described: Mapping[str, Any], region: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the region of each bucket that stays as a stack describes it."""
    for one in StackNames(described, {}).of("aws_s3_bucket"):
        known = snapshot.resources.get(one.address)
        if known is None:
            continue
        # What the JSON leaves out, or only Terraform knows, is no reason to replace a bucket.
        asked = {name: one.described.get(name, known.get(name)) for name in REPLACING}
        same = all("${" in str(value) or value == known.get(name) for name, value in asked.items())
        same = same and one.address not in snapshot.tainted and (known.get("region") or region) == one.region
        # Terraform refuses to replace what is protected, whatever is in it.
        if same or one.described.get("lifecycle", {}).get("prevent_destroy"):
            yield str(known["bucket"]), str(known.get("region") or region)


def _refuse_locked(bucket: str, region: str, account: str) -> None:
    """Ask each version, as S3 lists no locks; the first page with a lock is enough."""
    try:
        with aws.one_line_errors(f"cannot look for locked objects in {bucket}"):
            if has_lock(bucket, region, account):
                _refuse_locked_versions(bucket, region, account)
    except OpsError as error:
        if error.remedy:
            raise
        raise OpsError(
            error.problem,
            "nothing was changed: a bucket goes only if nothing in it is locked, which needs "
            "s3:GetBucketObjectLockConfiguration, s3:ListBucketVersions, s3:GetObjectRetention and "
            "s3:GetObjectLegalHold",
        ) from error


def _refuse_locked_versions(bucket: str, region: str, account: str) -> None:
    s3: aws.Client = aws.client("s3", region, config={"max_pool_connections": AT_A_TIME})
    owner = {"Bucket": bucket, "ExpectedBucketOwner": account}
    for page in s3.get_paginator("list_object_versions").paginate(**owner):
        versions = page.get("Versions", [])
        which = [{**owner, "Key": one["Key"], "VersionId": one["VersionId"]} for one in versions]
        if locked := _locked(s3, which):
            raise _cannot_go(bucket, *max(locked), complete=not page.get("IsTruncated"))


def _locked(s3: aws.Client, versions: Iterable[Mapping[str, str]]) -> list[tuple[datetime, str]]:
    """Return until when each version is locked, and its key, for those that are."""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        asked = [(one["Key"], pool.submit(_lasts, s3, one)) for one in versions]
        ends = [(answer.result(), key) for key, answer in asked]
    return [(until, key) for until, key in ends if until is not None]


def _lasts(s3: aws.Client, version: Mapping[str, str]) -> datetime | None:
    """Return until when a version is locked; None if it is not.

    HeadObject leaves out what the caller may not see, so it cannot show that there is no lock; these refuse.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectLegalHold.html
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectRetention.html
    """
    if _ask(s3.get_object_legal_hold, version).get("LegalHold", {}).get("Status") == "ON":
        return FOREVER
    until: datetime | None = (
        _ask(s3.get_object_retention, version).get("Retention", {}).get("RetainUntilDate")
    )
    return until if until is not None and until > datetime.now(UTC) else None


def _ask(call: Callable[..., Mapping[str, Any]], version: Mapping[str, str]) -> Mapping[str, Any]:
    """Return what S3 answers; nothing where the version never had what is asked for."""
    from botocore.exceptions import ClientError

    try:
        return call(**version)
    except ClientError as error:
        if aws.error_code(error) == "NoSuchObjectLockConfiguration":
            return {}
        raise


def _cannot_go(bucket: str, until: datetime, key: str, *, complete: bool) -> OpsError:
    if until == FOREVER:
        problem = f"{key} in {bucket} has a legal hold: the bucket cannot be emptied"
        remedy = "remove the hold (aws s3api put-object-legal-hold), then retry"
        return OpsError(problem, f"nothing was changed: {remedy}")
    least = "" if complete else "at least "
    return OpsError(
        f"{bucket} is locked until {least}{until:%Y-%m-%d %H:%M} UTC, by the retention of {key}",
        "nothing was changed: retry after that",
    )
