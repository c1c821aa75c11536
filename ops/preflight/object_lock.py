"""Object Lock, which a deploy cannot change on a bucket that exists."""

from ops.deploy.object_lock import REASON, REMEDY, change, is_locked
from ops.preflight.verdict import Verdict, asked, bad, good
from settings.model import Settings

SUBJECT = "object lock"


def check(settings: Settings) -> Verdict:
    """Compare the bucket, where there is one, with the settings."""
    return asked(SUBJECT, lambda: _compared(settings))


def _compared(settings: Settings) -> Verdict:
    mode = settings.object_lock.mode
    wanted = "none" if mode is None else f"in {mode} mode"
    locked = is_locked(settings)
    if locked is None:
        return good(SUBJECT, f"{wanted}, for a new bucket")
    if problem := change(settings, locked=locked):
        return bad(SUBJECT, f"{problem}: {REASON}", REMEDY)
    return good(SUBJECT, f"{wanted}, as the bucket was made")
