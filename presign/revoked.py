"""Which links the bucket's owner has taken back, so that none is made that cannot work."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from presign.credentials import Credentials
from presign.duration import iso
from presign.errors import RevokedError

# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_disable-perms.html
LONGEST_SESSION = timedelta(hours=36)


@dataclass(frozen=True, slots=True)
class Revoked:
    """What does not work: links for ``keys``, and those of sessions that began ``before`` a moment (UTC).

    A key that ends with a slash stands for all keys that start with it.
    """

    keys: tuple[str, ...] = ()
    before: datetime | None = None

    def by(self, key: str) -> str | None:
        """Return the one of ``keys`` because of which links for ``key`` do not work."""
        return next((one for one in self.keys if key == one or _below(key, one)), None)

    def refuse(self, key: str) -> None:
        """Raise RevokedError where links for ``key`` do not work."""
        if one := self.by(key):
            raise RevokedError(
                f"links for {key!r} are revoked: the bucket's settings have {one!r} in [presign] "
                "revoked; requests that are signed with credentials pass"
            )

    def has_any_of(self, keys: Sequence[str]) -> bool:
        """Return whether links for one of many keys do not work."""
        exact, below = set(self.keys), tuple(one for one in self.keys if one.endswith("/"))
        return bool(self.keys) and any(key in exact or key.startswith(below) for key in keys)

    def refuse_form(self, prefix: str, key: str | None) -> list[str]:
        """Raise RevokedError where no form for these works; warn where one works for some keys only."""
        if key is not None or any(_below(prefix, one) for one in self.keys):
            self.refuse(prefix if key is None else key)
        within = [one for one in self.keys if key is None and one.startswith(prefix)]
        return [f"the form cannot upload to {', '.join(within)}: revoked"] if within else []

    def warnings(self, credentials: Credentials, now: datetime) -> list[str]:
        """Say that links may not work: the credentials do not tell when their session began."""
        if self.before is None or credentials.session_token is None:
            return []
        began_after = (credentials.expires_at or now) - LONGEST_SESSION
        if began_after >= self.before:
            return []
        return [
            f"links of sessions that began before {iso(self.before)} are revoked: if yours did, sign in again"
        ]

    def words(self) -> Sequence[str]:
        """Say what is revoked."""
        sessions = [] if self.before is None else [f"sessions that began before {iso(self.before)}"]
        return [*(f"{one}*" if one.endswith("/") else one for one in self.keys), *sessions]


NOTHING = Revoked()


def _below(key: str, prefix: str) -> bool:
    return prefix.endswith("/") and key.startswith(prefix)
