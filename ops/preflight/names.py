"""The names that a deploy takes: free, ours and in the state, or somebody else's."""

from collections.abc import Callable

from ops.preflight import adoption, log_bucket, replica
from ops.preflight.bucket_name import BucketName
from ops.preflight.buckets import Owner
from ops.preflight.credentials import Caller
from ops.preflight.keys import key_of, unusable
from ops.preflight.known import Known
from ops.preflight.line import Line, asked, bad, good, skipped
from ops.preflight.state import Found
from ops.shared import aws
from settings import resource_names
from settings.model import Settings

SUBJECTS = ("bucket name", "key alias", "managed policies")

AUDIT_SUBJECTS = ("audit key alias", "audit trail")
"""What else there is to look at with `[audit]`."""


def check(settings: Settings, caller: Caller, state: Found) -> list[Line]:
    """Check the names that a deploy takes, those of log bucket, audit and replication where they are on."""
    known = Known(state, f"make recover ENV={settings.environment}")
    checks: list[tuple[str, Callable[[], Line]]] = [
        (SUBJECTS[0], lambda: _bucket(settings, caller, known)),
        (SUBJECTS[1], lambda: _alias(settings, caller, known)),
        (SUBJECTS[2], lambda: _policies(settings, caller, known)),
    ]
    if settings.logging.enabled:
        checks.append((log_bucket.SUBJECT, lambda: log_bucket.check(settings, caller, known)))
    if settings.audit.enabled:
        checks += [
            (
                AUDIT_SUBJECTS[0],
                lambda: _key_alias(AUDIT_SUBJECTS[0], settings.audit.key_alias, settings, known),
            ),
            (AUDIT_SUBJECTS[1], lambda: _trail(settings, known)),
        ]
    if settings.replication.enabled:
        checks += replica.checks(settings, caller, known)
    return [asked(subject, ask) for subject, ask in checks]


def _bucket(settings: Settings, caller: Caller, known: Known) -> Line:
    bucket = BucketName(SUBJECTS[0], "bucket_name", settings.bucket_name, "region", settings.region)
    line, owner = bucket.unusable(caller)
    if line is not None:
        return line
    if settings.import_.bucket and owner is Owner.NOBODY:
        text = f"import.bucket is true, and there is no bucket {bucket.name} in account {caller.account}"
        return bad(bucket.subject, text, "set import.bucket = false, or correct bucket_name")
    if settings.import_.bucket and not bucket.in_state(known):
        if not known.readable:
            return known.unreadable(bucket.subject, [bucket.name])
        return adoption.bucket_line(bucket.subject, aws.client("s3", settings.region), settings)
    recover = (
        f"make recover ENV={settings.environment}, if a deploy made it; to take it over: import.bucket = true"
    )
    return bucket.judge(owner, known, recover)


def _alias(settings: Settings, caller: Caller, known: Known) -> Line:
    subject, alias = SUBJECTS[1], settings.encryption.key_alias
    if settings.encryption.mode != "sse-kms":
        (line,) = skipped([subject], f'encryption.mode is "{settings.encryption.mode}"')
        return line
    if settings.import_.key is not None and not known.has("aws_kms_alias", "name", alias):
        if not known.readable:
            return known.unreadable(subject, [settings.import_.key])
        return adoption.key_line(subject, settings, caller.account)
    return _key_alias(subject, alias, settings, known)


def _key_alias(subject: str, alias: str, settings: Settings, known: Known) -> Line:
    in_state = known.has("aws_kms_alias", "name", alias)
    key = key_of(alias, settings.region)
    if key is None:
        return good(subject, f"{alias} is free")
    return unusable(subject, alias, key) or known.judge(subject, [alias], [] if in_state else [alias])


def _trail(settings: Settings, known: Known) -> Line:
    subject, name = AUDIT_SUBJECTS[1], resource_names.trail(settings.environment)
    client = aws.client("cloudtrail", settings.region)
    if not client.describe_trails(trailNameList=[name], includeShadowTrails=False)["trailList"]:
        return good(subject, f"{name} is free")
    return known.judge(subject, [name], [] if known.has("aws_cloudtrail", "name", name) else [name])


def _policies(settings: Settings, caller: Caller, known: Known) -> Line:
    iam = aws.client("iam", settings.region)
    names = [*resource_names.data_policies(settings.environment)]
    if settings.replication.enabled:
        names.append(resource_names.replication_policy(settings.environment))
    taken: list[str] = []
    missing: list[str] = []
    for name in names:
        arn = caller.iam(f"policy/{name}")
        try:
            iam.get_policy(PolicyArn=arn)
        except iam.exceptions.NoSuchEntityException:
            continue
        taken.append(name)
        if not known.has("aws_iam_policy", "arn", arn):
            missing.append(name)
    if not taken:
        return good(SUBJECTS[2], f"{', '.join(names)}: free")
    return known.judge(SUBJECTS[2], taken, missing)
