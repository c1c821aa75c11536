"""Which links and forms an environment's settings let work."""

from constructs_lib.policies.links import Links
from settings.model import Settings
from settings.moments import moment_text


def links_of(settings: Settings) -> Links:
    """Return what `[presign]` says, as the policies of the data bucket and its replica take it."""
    presign = settings.presign
    issued_before = presign.revoke_issued_before
    return Links(
        max_age_seconds=int(presign.max_expiry.total_seconds()),
        issued_before=None if issued_before is None else moment_text(issued_before),
        revoked=presign.revoked,
    )
