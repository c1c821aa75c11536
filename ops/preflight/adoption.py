"""Whether an existing bucket and key can be imported, as the settings' [import] says."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ops.deploy.names_in_aws import look_up_key
from ops.preflight.keys import unusable
from ops.preflight.verdict import Verdict, bad, good
from ops.shared import aws
from settings.model import Settings
from settings.names.aws import arn_account


@dataclass(frozen=True)
class Leftover:
    """A configuration that an existing bucket can have and that a deploy would not change.

    Attributes:
        what: its name in the line.
        found: asks S3 whether the bucket has it.
        remove: the command of `aws s3api` that takes it away.
        described: whether the settings describe it, so that a deploy overwrites it.
    """

    what: str
    found: Callable[[Any, str], bool]
    remove: str
    described: Callable[[Settings], bool] = lambda _settings: False


# S3's error codes for a configuration that a bucket does not have.
NOTHING = {
    "NoSuchCORSConfiguration",
    "NoSuchLifecycleConfiguration",
    "NoSuchWebsiteConfiguration",
    "ReplicationConfigurationNotFoundError",
}


def _has(ask: Callable[[Any, str], object]) -> Callable[[Any, str], bool]:
    """Return a check that is false if S3 answers that the bucket has no such configuration."""

    def has(s3: aws.Client, bucket: str) -> bool:
        try:
            return bool(ask(s3, bucket))
        except s3.exceptions.ClientError as error:
            if aws.error_code(error) in NOTHING:
                return False
            raise

    return has


def _others_in_acl(s3: aws.Client, bucket: str) -> bool:
    acl = s3.get_bucket_acl(Bucket=bucket)
    return any(grant["Grantee"].get("ID") != acl["Owner"]["ID"] for grant in acl["Grants"])


def _notifies(s3: aws.Client, bucket: str) -> bool:
    answer = s3.get_bucket_notification_configuration(Bucket=bucket)
    return bool(answer.keys() - {"ResponseMetadata"})


LEFTOVERS = (
    # S3 disables ACLs only if the bucket's ACL grants nothing to others:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-ownership-error-responses.html
    Leftover("an ACL that lets others in", _others_in_acl, "put-bucket-acl --acl private"),
    Leftover("a website", _has(lambda s3, name: s3.get_bucket_website(Bucket=name)), "delete-bucket-website"),
    Leftover(
        "CORS rules",
        _has(lambda s3, name: s3.get_bucket_cors(Bucket=name)),
        "delete-bucket-cors",
        lambda settings: bool(settings.cors.allowed_origins),
    ),
    Leftover(
        "a lifecycle",
        _has(lambda s3, name: s3.get_bucket_lifecycle_configuration(Bucket=name)),
        "delete-bucket-lifecycle",
        lambda settings: settings.lifecycle.enabled,
    ),
    Leftover(
        "a replication",
        _has(lambda s3, name: s3.get_bucket_replication(Bucket=name)),
        "delete-bucket-replication",
        lambda settings: settings.replication.enabled,
    ),
    Leftover(
        "notifications",
        _notifies,
        "put-bucket-notification-configuration --notification-configuration {}",
        lambda settings: settings.events.eventbridge,
    ),
    Leftover(
        "access logs",
        lambda s3, name: "LoggingEnabled" in s3.get_bucket_logging(Bucket=name),
        "put-bucket-logging --bucket-logging-status {}",
        lambda settings: settings.logging.enabled,
    ),
)


def bucket_line(subject: str, s3: aws.Client, settings: Settings) -> Verdict:
    """Check that our bucket can be imported: no configuration of it would stay unnoticed."""
    name = settings.bucket_name
    left = list(_left(s3, settings))
    if not left:
        return good(subject, f"{name}: ours, and the deploy takes it over")
    names = " and ".join(one.what for one in left)
    commands = ", ".join(f"`aws s3api {one.remove} --bucket {name}`" for one in left)
    return bad(
        subject,
        f"{name} has {names}, which the settings do not describe and a deploy would leave there",
        f"describe what is wanted, and remove the rest: {commands}",
    )


def _left(s3: aws.Client, settings: Settings) -> Iterator[Leftover]:
    for one in LEFTOVERS:
        if not one.described(settings) and one.found(s3, settings.bucket_name):
            yield one


def key_line(subject: str, settings: Settings, account: str) -> Verdict:
    """Check that the key can be imported, and that its alias is as the settings say."""
    key_id, alias = settings.import_.key or "", settings.encryption.key_alias
    key = look_up_key(key_id, settings.region)
    remedy = "correct import.key in the environment's file"
    if key is None:
        return bad(subject, f"import.key is {key_id}, and there is no such key in {settings.region}", remedy)
    if arn_account(key["Arn"]) != account or key["KeyManager"] != "CUSTOMER":
        return bad(subject, f"key {key_id} is managed by AWS or of another account", remedy)
    kind = (key.get("KeySpec", "SYMMETRIC_DEFAULT"), key["KeyUsage"], key.get("MultiRegion", False))
    if kind != ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", False):
        text = f"key {key_id} cannot encrypt a bucket: it must be a symmetric key of a single region"
        return bad(subject, text, remedy)
    stands_for = look_up_key(alias, settings.region)
    if stands_for is not None and stands_for["KeyId"] != key["KeyId"]:
        text = f"{alias} stands for {stands_for['KeyId']}, and import.key is another key"
        return bad(subject, text, "correct import.key or encryption.key_alias")
    if (stands_for is not None) != settings.import_.key_alias:
        state, value = ("exists", "true") if stands_for else ("does not exist", "false")
        return bad(subject, f"{alias} {state}", f"set import.key_alias = {value} in the environment's file")
    return unusable(subject, key_id, key) or good(
        subject, f"{key_id}: ours, and the deploy takes it over as {alias}"
    )
