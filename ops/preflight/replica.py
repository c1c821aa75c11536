"""The names that replication takes in its other region, and the boundary that its role needs."""

from collections.abc import Callable

from ops.deploy.caller import Caller
from ops.deploy.names_in_aws import look_up_key
from ops.preflight import bounded_role
from ops.preflight.bucket_name import BucketName
from ops.preflight.keys import unusable
from ops.preflight.taken import TakenNames
from ops.preflight.verdict import Verdict, good, skipped
from settings import resource_names
from settings.model import Settings

SUBJECTS = ("replica bucket", "replica key alias", "replication role")


def checks(settings: Settings, caller: Caller, taken: TakenNames) -> list[tuple[str, Callable[[], Verdict]]]:
    """Return what to check, by subject."""
    environment = settings.environment
    return [
        (SUBJECTS[0], lambda: _bucket(settings, caller, taken)),
        (SUBJECTS[1], lambda: _alias(settings, taken)),
        (
            SUBJECTS[2],
            lambda: bounded_role.judge(
                SUBJECTS[2],
                resource_names.replication_role(environment),
                resource_names.replication_boundary(environment),
                settings,
                caller,
                taken,
            ),
        ),
    ]


def _bucket(settings: Settings, caller: Caller, taken: TakenNames) -> Verdict:
    replication = settings.replication
    region = replication.region or ""
    bucket = BucketName(SUBJECTS[0], "replication.bucket", replication.bucket, "replication.region", region)
    verdict, owner = bucket.unusable(caller)
    return verdict or bucket.judge(owner, taken)


def _alias(settings: Settings, taken: TakenNames) -> Verdict:
    subject, alias = SUBJECTS[1], settings.replication.key_alias
    if settings.encryption.mode != "sse-kms":
        return skipped(subject, f'encryption.mode is "{settings.encryption.mode}"')
    key = look_up_key(alias, settings.replication.region or "")
    if key is None:
        return good(subject, f"{alias} is free")
    return unusable(subject, alias, key) or taken.judge(subject, "aws_kms_alias", [alias])
