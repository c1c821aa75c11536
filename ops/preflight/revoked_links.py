"""The links that `[presign]` takes back: which, which not, and whether the moment has passed."""

from datetime import datetime

from ops.preflight.verdict import Verdict, bad, good
from settings.model import Settings
from settings.moments import moment_text

SUBJECT = "revoked links"


def check(settings: Settings, now: datetime) -> list[Verdict]:
    """Say what is revoked; no line where nothing is. `now` has an offset from UTC."""
    presign, said = settings.presign, list[str]()
    before = presign.revoke_issued_before
    if before is not None:
        sessions = f"those of sessions that began before {moment_text(before)}"
        if before > now:
            # New sessions would begin before it too, and their links would not work.
            remedy = "set presign.revoke_issued_before to a moment that has passed"
            return [bad(SUBJECT, f"{sessions}, but it is {moment_text(now)} now", remedy)]
        said.append(
            f"{sessions}; those of an IAM user's access key still work: lower presign.max_expiry, or "
            "deactivate the key"
        )
    if presign.revoked:
        said.append(f"those for {len(presign.revoked)} keys and prefixes, for every signer")
    return [good(SUBJECT, "; ".join(said))] if said else []
