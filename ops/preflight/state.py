"""The state backend: bucket, key, lock and state."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.deploy.caller import Caller
from ops.deploy.names_in_aws import Owner, look_up_bucket
from ops.preflight.bucket_name import hidden
from ops.preflight.keys import usable
from ops.preflight.verdict import Mark, Verdict, asked, bad, good, skipped, unknown
from ops.shared import aws
from ops.shared.errors import OpsError
from ops.shared.output_folder import kept_states, unsaved_states
from ops.state.lock import releasing
from ops.state.remote_state import DamagedStateError, MissingStateError, RemoteState
from ops.state.snapshot import Snapshot
from settings import resource_names
from settings.model import Settings

REFUSED = "these credentials may not read {}, or may not see whether it exists"
"""S3 answers 403, not 404, for a missing object where the caller may not list the bucket:
https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html"""

SUBJECTS = (
    "state bucket",
    "its versions",
    "its encryption",
    "its public access",
    "state key",
    "state lock",
    "state",
)


@dataclass(frozen=True)
class StateFacts:
    """What the state says.

    Attributes:
        readable: whether it could be read, or there is none yet.
        snapshot: the state; None where there is none.
        bootstrapped: whether the state bucket is there; None where that could not be seen.
    """

    readable: bool
    snapshot: Snapshot | None
    bootstrapped: bool | None


def check(settings: Settings, caller: Caller) -> tuple[list[Verdict], StateFacts]:
    """Check the backend; return also what the storage stack's state says."""
    s3 = aws.client("s3", settings.state.region)
    bucket = asked(SUBJECTS[0], lambda: _bucket(settings, caller))
    if bucket.mark is Mark.BAD:
        reason = "there is no state bucket that can be used"
        return [bucket, *(skipped(subject, reason) for subject in SUBJECTS[1:])], StateFacts(
            False, None, False
        )
    again = f"make bootstrap ENV={settings.state.of or settings.environment}"
    where = {"Bucket": settings.state.bucket, "ExpectedBucketOwner": caller.account}
    checks: list[tuple[str, Callable[[], Verdict]]] = [
        (SUBJECTS[1], lambda: _versions(s3, where, again)),
        (SUBJECTS[2], lambda: encryption(_default(s3, where), again, shared=settings.state.shared)),
        (SUBJECTS[3], lambda: _public_access(s3, where, again)),
        (SUBJECTS[4], lambda: usable(SUBJECTS[4], settings.state.key_alias, settings.state.region, again)),
    ]
    remote = RemoteState(settings, resource_names.storage_stack(settings.environment))
    checks.append((SUBJECTS[5], lambda: _lock(remote)))
    lines = [bucket, *(asked(subject, ask) for subject, ask in checks)]
    line, found = _state(remote, bootstrapped=True if bucket.mark is Mark.GOOD else None)
    return [*lines, line], found


def _bucket(settings: Settings, caller: Caller) -> Verdict:
    subject, name, region = SUBJECTS[0], settings.state.bucket, settings.state.region
    file = "the environment's file"
    found = look_up_bucket(name, account=caller.account, region=region)
    if found.owner is Owner.NOBODY:
        remedy = f"make bootstrap ENV={settings.state.of or settings.environment}"
        return bad(subject, f"{name} does not exist", remedy)
    if found.owner is Owner.OTHERS:
        text = f"{name} is not account {caller.account}'s"
        if settings.state.of is not None:
            return bad(subject, text, f"set state.of in {file} to an environment of that account")
        return bad(subject, text, f"set state.bucket to a name of your own in {file}, then make bootstrap")
    if found.owner is Owner.HIDDEN:
        return unknown(subject, hidden(name, caller))
    if found.region not in ("", region):
        text = f"{name} is in {found.region}, and the settings say {region}"
        return bad(subject, text, f"correct state.region in {file}")
    return good(subject, f"{name} in {region}, of account {caller.account}")


def _versions(s3: aws.Client, where: dict[str, str], remedy: str) -> Verdict:
    status = s3.get_bucket_versioning(**where).get("Status")
    if status == "Enabled":
        return good(SUBJECTS[1], "every version of the state is kept")
    return bad(SUBJECTS[1], f"versioning is {status or 'off'}: an overwritten state is lost", remedy)


def _default(s3: aws.Client, where: dict[str, str]) -> dict[str, Any]:
    (rule, *_) = s3.get_bucket_encryption(**where)["ServerSideEncryptionConfiguration"]["Rules"]
    return dict(rule)


def encryption(rule: dict[str, Any], remedy: str, *, shared: bool) -> Verdict:
    """Judge a bucket's rule of default encryption."""
    default = rule.get("ApplyServerSideEncryptionByDefault", {})
    algorithm, key = default.get("SSEAlgorithm"), default.get("KMSMasterKeyID")
    if shared and rule.get("BucketKeyEnabled"):
        text = "has a bucket key, with which KMS refuses the roles of a shared bucket"
        return bad(SUBJECTS[2], text, remedy)
    if str(algorithm).startswith("aws:kms") and key:
        return good(SUBJECTS[2], f"{algorithm} with {key}")
    return bad(SUBJECTS[2], f"is {algorithm}, not aws:kms with a key of our own", remedy)


def _public_access(s3: aws.Client, where: dict[str, str], remedy: str) -> Verdict:
    try:
        block = s3.get_public_access_block(**where)["PublicAccessBlockConfiguration"]
    except s3.exceptions.ClientError as error:
        if aws.error_code(error) != "NoSuchPublicAccessBlockConfiguration":
            raise
        block = {}
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    off = [name for name in names if not block.get(name)]
    if off:
        return bad(SUBJECTS[3], f"is not blocked: {', '.join(off)} off", remedy)
    return good(SUBJECTS[3], "blocked in all four ways")


def _lock(remote: RemoteState) -> Verdict:
    try:
        lock = remote.lock()
    except OpsError as error:
        if not aws.refused(error):
            raise
        return unknown(SUBJECTS[5], REFUSED.format("the lock file"))
    if lock is None:
        return good(SUBJECTS[5], "free")
    if lock.moved_to:
        moved = remote.held(lock)
        return bad(SUBJECTS[5], moved.problem, moved.remedy)
    command = releasing(remote.environment, lock)
    remedy = f"wait for it; if that run is certainly dead, {command} releases it"
    text = f"held by {lock.who} since {lock.created}: {lock.operation}, lock {lock.id}"
    return bad(SUBJECTS[5], text, remedy)


def _emergency_copies(stack: str) -> list[Path]:
    # Looked for here, as ops.state.emergency_copy moves what it finds, and a preflight changes nothing.
    return [*kept_states(stack), *unsaved_states(stack)]


def _state(remote: RemoteState, *, bootstrapped: bool | None) -> tuple[Verdict, StateFacts]:
    subject = SUBJECTS[6]
    unreadable = StateFacts(False, None, bootstrapped)
    if copies := _emergency_copies(remote.stack):
        text = f"the last deploy could not save it, so that it is only in {copies[0]}"
        return bad(subject, text, f"make recover ENV={remote.environment}"), unreadable
    try:
        snapshot = remote.read()
        listed = snapshot is not None or remote.was_deleted() is not None
    except MissingStateError as error:
        return bad(subject, error.problem, error.remedy), StateFacts(False, None, False)
    except DamagedStateError as error:
        return bad(subject, error.problem, error.remedy), unreadable
    except OpsError as error:
        if aws.refused(error):
            return unknown(subject, REFUSED.format("it")), unreadable
        return bad(subject, error.problem, error.remedy or "fix the error and retry"), unreadable
    if snapshot is None:
        found = StateFacts(True, None, bootstrapped)
        if not listed:
            text = "there is none, and these credentials may not see whether one was deleted"
            return unknown(subject, text), found
        return good(subject, "none yet: the first deploy creates it"), found
    return good(subject, str(snapshot)), StateFacts(True, snapshot, True)
