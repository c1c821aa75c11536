"""The credentials: whose they are, when they expire, and whether they are for the right account."""

from datetime import UTC, datetime, timedelta

from ops.deploy.caller import LOG_IN, Caller, ask_caller
from ops.preflight.verdict import Verdict, bad, good, skipped
from ops.shared import aws
from ops.shared.errors import OpsError
from settings.model import Settings

SUBJECTS = ("credentials", "they last", "account")

ENOUGH = timedelta(minutes=15)
"""A deploy takes some minutes, and an interrupted deploy stays half done."""


def check(settings: Settings) -> tuple[list[Verdict], Caller | None]:
    """Check the credentials; return also whose they are, where they are good for this environment."""
    try:
        expiry, temporary = _found()
        with aws.one_line_errors("AWS rejects them"):
            caller = ask_caller(settings.region)
    except OpsError as error:
        lines = [bad(SUBJECTS[0], error.problem, LOG_IN)]
        return lines + [
            skipped(subject, "there are no credentials that work") for subject in SUBJECTS[1:]
        ], None
    lines = [
        good(SUBJECTS[0], f"{caller.arn}, region {settings.region}"),
        _lasting(expiry, temporary=temporary),
    ]
    wanted = settings.account_id
    if wanted is None:
        text = f"{caller.account}; the settings have no account_id, so any account is accepted"
        return [*lines, good(SUBJECTS[2], text)], caller
    if wanted == caller.account:
        return [*lines, good(SUBJECTS[2], f"{caller.account}, as the settings say")], caller
    text = f"the credentials are for {caller.account}, and the settings say {wanted}"
    remedy = f"use credentials for {wanted}, or correct account_id in the environment's file"
    return [*lines, bad(SUBJECTS[2], text, remedy)], None


def _found() -> tuple[datetime | None, bool]:
    """Return when the credentials expire, if that is known, and whether they expire at all."""
    import boto3

    # A provider (files, SSO, a process, an instance) can raise errors that are not botocore's.
    # For the user they are all the same.
    try:
        found = boto3.Session().get_credentials()
        frozen = None if found is None else found.get_frozen_credentials()
    except Exception as error:
        raise OpsError(f"cannot be loaded: {' '.join(str(error).split())}") from error
    if frozen is None:
        raise OpsError("none found in environment, profiles, SSO, container or instance")
    # Only this private attribute of botocore says when refreshable credentials expire.
    ends = getattr(found, "_expiry_time", None)
    return (ends.astimezone(UTC) if isinstance(ends, datetime) else None), bool(frozen.token)


def _lasting(expiry: datetime | None, *, temporary: bool) -> Verdict:
    subject = SUBJECTS[1]
    if expiry is None:
        if temporary:
            return good(subject, "for an unknown time: the session token does not say")
        return good(subject, "without an end: they are long-term keys")
    left = expiry - datetime.now(UTC)
    text = f"until {expiry:%Y-%m-%d %H:%M} UTC, {max(0, int(left.total_seconds() // 60))} minutes"
    if left < ENOUGH:
        return bad(subject, text, "get new credentials: a deploy that they interrupt stays half done")
    return good(subject, text)
