"""The names that replication takes in its other region, and the boundary that its role needs."""

from collections.abc import Callable

from ops.preflight.bucket_name import BucketName
from ops.preflight.credentials import Caller
from ops.preflight.keys import key_of, unusable
from ops.preflight.known import Known
from ops.preflight.line import Line, bad, good, skipped
from ops.shared import aws
from settings import resource_names
from settings.model import Settings

SUBJECTS = ("replica bucket", "replica key alias", "replication role")


def checks(settings: Settings, caller: Caller, known: Known) -> list[tuple[str, Callable[[], Line]]]:
    """Return what to check, by subject."""
    return [
        (SUBJECTS[0], lambda: _bucket(settings, caller, known)),
        (SUBJECTS[1], lambda: _alias(settings, known)),
        (SUBJECTS[2], lambda: _role(settings, caller, known)),
    ]


def _bucket(settings: Settings, caller: Caller, known: Known) -> Line:
    replication = settings.replication
    region = replication.region or ""
    bucket = BucketName(SUBJECTS[0], "replication.bucket", replication.bucket, "replication.region", region)
    line, owner = bucket.unusable(caller)
    return line or bucket.judge(owner, known)


def _alias(settings: Settings, known: Known) -> Line:
    subject, alias = SUBJECTS[1], settings.replication.key_alias
    if settings.encryption.mode != "sse-kms":
        (line,) = skipped([subject], f'encryption.mode is "{settings.encryption.mode}"')
        return line
    key = key_of(alias, settings.replication.region or "")
    if key is None:
        return good(subject, f"{alias} is free")
    missing = [] if known.has("aws_kms_alias", "name", alias) else [alias]
    return unusable(subject, alias, key) or known.judge(subject, [alias], missing)


def _role(settings: Settings, caller: Caller, known: Known) -> Line:
    subject, name = SUBJECTS[2], resource_names.replication_role(settings.environment)
    iam = aws.client("iam", settings.region)
    boundary = resource_names.replication_boundary(settings.environment)
    try:
        iam.get_policy(PolicyArn=caller.iam(f"policy/{boundary}"))
    except iam.exceptions.NoSuchEntityException:
        text = f"its permissions boundary {boundary} does not exist, without which it cannot be made"
        return bad(subject, text, f"make bootstrap ENV={settings.environment}")
    try:
        iam.get_role(RoleName=name)
    except iam.exceptions.NoSuchEntityException:
        return good(subject, f"{name} is free, and its permissions boundary is there")
    return known.judge(subject, [name], [] if known.has("aws_iam_role", "name", name) else [name])
