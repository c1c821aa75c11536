"""Whether the settings would change the Object Lock of an existing bucket, which is impossible."""

from ops.shared import aws
from ops.shared.errors import OpsError
from settings import resource_names
from settings.model import Settings

REASON = "it is chosen when a bucket is made, so that Terraform would have to replace the bucket"
REMEDY = "set object_lock.mode as the bucket is, or make a new environment, with another bucket_name"


def is_locked(settings: Settings) -> bool | None:
    """Ask S3 whether the data bucket has Object Lock, as `has_lock` does."""
    return has_lock(settings.bucket_name, settings.region, settings.account_id)


def has_lock(bucket: str, region: str, account: str | None) -> bool | None:
    """Ask S3 whether a bucket of an account has Object Lock; None where there is no such bucket.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectLockConfiguration.html

    Raises:
        ClientError: S3 answers with something else than that.
    """
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
