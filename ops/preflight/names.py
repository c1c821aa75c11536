"""The names that a deploy takes: free, ours and in the state, or somebody else's."""

from collections.abc import Callable

from ops.deploy import names_in_aws
from ops.deploy.caller import Caller
from ops.deploy.names_in_aws import Owner, Stack, StackNames
from ops.preflight import adoption, log_bucket, malware_scan, replica
from ops.preflight.bucket_name import BucketName
from ops.preflight.keys import unusable
from ops.preflight.state import StateFacts
from ops.preflight.taken import TakenNames
from ops.preflight.verdict import Verdict, asked, bad, good, skipped
from ops.shared import aws
from settings.model import Settings

SUBJECTS = ("bucket name", "key alias", "managed policies")

AUDIT_SUBJECTS = ("audit key alias", "audit trail")
"""What else there is to look at with `[audit]`."""


def check(settings: Settings, caller: Caller, state: StateFacts, stack: Stack) -> list[Verdict]:
    """Check the names that a deploy takes, with those of log bucket, audit, replication and scan where on.

    Args:
        settings: the environment.
        caller: whose credentials they are.
        state: what the storage stack's state says.
        stack: the storage stack's synthesized JSON.
    """
    resources = {} if state.snapshot is None else state.snapshot.resources
    recover = f"make recover ENV={settings.environment}"
    taken = TakenNames(StackNames(stack, resources), state.readable, recover)
    checks: list[tuple[str, Callable[[], Verdict]]] = [
        (SUBJECTS[0], lambda: _bucket(settings, caller, taken)),
        (SUBJECTS[1], lambda: _alias(settings, caller, taken)),
        (SUBJECTS[2], lambda: _policies(settings, caller, taken)),
    ]
    if settings.logging.enabled:
        checks.append((log_bucket.SUBJECT, lambda: log_bucket.check(settings, caller, taken)))
    if settings.audit.enabled:
        checks += [
            (
                AUDIT_SUBJECTS[0],
                lambda: _key_alias(AUDIT_SUBJECTS[0], settings.audit.key_alias, settings, taken),
            ),
            (AUDIT_SUBJECTS[1], lambda: _trail(settings, taken)),
        ]
    if settings.replication.enabled:
        checks += replica.checks(settings, caller, taken)
    if settings.malware_scan.enabled:
        checks += malware_scan.checks(settings, caller, taken)
    return [asked(subject, ask) for subject, ask in checks]


def _bucket(settings: Settings, caller: Caller, taken: TakenNames) -> Verdict:
    bucket = BucketName(SUBJECTS[0], "bucket_name", settings.bucket_name, "region", settings.region)
    line, owner = bucket.unusable(caller)
    if line is not None:
        return line
    if settings.import_.bucket and owner is Owner.NOBODY:
        text = f"import.bucket is true, and there is no bucket {bucket.name} in account {caller.account}"
        return bad(bucket.subject, text, "set import.bucket = false, or correct bucket_name")
    if settings.import_.bucket and not taken.names.in_state("aws_s3_bucket", bucket.name):
        if not taken.readable:
            return taken.unreadable(bucket.subject, [bucket.name])
        return adoption.bucket_line(bucket.subject, aws.client("s3", settings.region), settings)
    recover = (
        f"make recover ENV={settings.environment}, if a deploy made it; to take it over: import.bucket = true"
    )
    return bucket.judge(owner, taken, recover)


def _alias(settings: Settings, caller: Caller, taken: TakenNames) -> Verdict:
    subject, alias = SUBJECTS[1], settings.encryption.key_alias
    if settings.encryption.mode != "sse-kms":
        return skipped(subject, f'encryption.mode is "{settings.encryption.mode}"')
    if settings.import_.key is not None and not taken.names.in_state("aws_kms_alias", alias):
        if not taken.readable:
            return taken.unreadable(subject, [settings.import_.key])
        return adoption.key_line(subject, settings, caller.account)
    return _key_alias(subject, alias, settings, taken)


def _key_alias(subject: str, alias: str, settings: Settings, taken: TakenNames) -> Verdict:
    key = names_in_aws.look_up_key(alias, settings.region)
    if key is None:
        return good(subject, f"{alias} is free")
    return unusable(subject, alias, key) or taken.judge(subject, "aws_kms_alias", [alias])


def _trail(settings: Settings, taken: TakenNames) -> Verdict:
    (trail,) = taken.names.of("aws_cloudtrail")
    if names_in_aws.look_up_trail(trail.name, settings.region) is None:
        return good(AUDIT_SUBJECTS[1], f"{trail.name} is free")
    return taken.judge(AUDIT_SUBJECTS[1], "aws_cloudtrail", [trail.name])


def _policies(settings: Settings, caller: Caller, taken: TakenNames) -> Verdict:
    names = [one.name for one in taken.names.of("aws_iam_policy")]
    existing = [
        name for name in names if names_in_aws.policy_exists(caller.iam(f"policy/{name}"), settings.region)
    ]
    if not existing:
        return good(SUBJECTS[2], f"{', '.join(names)}: free")
    return taken.judge(SUBJECTS[2], "aws_iam_policy", existing)
