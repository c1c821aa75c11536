"""Finds AWS credentials where boto3 finds them.

boto3's library takes longer to load than everything else here together, so it
is loaded only where the environment does not already hold the keys.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from presign.duration import iso
from presign.errors import CredentialsError


@dataclass(frozen=True)
class Credentials:
    """Keys to sign with. ``expires_at`` (UTC) is known for some temporary credentials."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None


def resolve(profile: str | None, environ: Mapping[str, str]) -> Credentials:
    """Return the credentials that boto3 would use.

    ``profile`` is a profile asked for by name; it goes before the environment's
    keys, and these go before AWS_PROFILE, as in boto3. Raises CredentialsError.

    https://boto3.amazonaws.com/v1/documentation/api/latest/guide/credentials.html
    """
    found = None if profile else _from_environment(environ)
    return found or _from_botocore(profile)


def _from_environment(environ: Mapping[str, str]) -> Credentials | None:
    access_key = environ.get("AWS_ACCESS_KEY_ID")
    secret_key = environ.get("AWS_SECRET_ACCESS_KEY")
    if not access_key or not secret_key:
        return None
    token = environ.get("AWS_SESSION_TOKEN") or environ.get("AWS_SECURITY_TOKEN")
    expires_at = _moment(environ.get("AWS_CREDENTIAL_EXPIRATION"))
    if expires_at and expires_at <= datetime.now(UTC):
        raise CredentialsError(
            f"the AWS credentials in the environment expired at {iso(expires_at)} "
            "(AWS_CREDENTIAL_EXPIRATION): get new ones"
        )
    return Credentials(access_key, secret_key, token, expires_at)


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None  # it only serves a warning
    return moment.astimezone(UTC) if moment else None


def _from_botocore(profile: str | None) -> Credentials:
    # Any provider in the chain (files, SSO, a process, an instance) can fail in ways
    # of its own, not all of them botocore errors. For the user they are all one.
    try:
        from botocore.session import Session

        found = Session(profile=profile).get_credentials()
        frozen = found.get_frozen_credentials() if found else None
    except Exception as error:
        raise CredentialsError(
            f"cannot get AWS credentials{f' from the profile {profile!r}' if profile else ''}: {error}"
        ) from error
    if frozen is None or not frozen.access_key or not frozen.secret_key:
        raise CredentialsError(
            "no AWS credentials found where boto3 looks (environment, profiles, SSO, container, instance): "
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with --profile"
        )
    # Only botocore's own attribute tells when refreshable credentials end.
    ends = getattr(found, "_expiry_time", None)
    expires_at = ends.astimezone(UTC) if isinstance(ends, datetime) else None
    return Credentials(frozen.access_key, frozen.secret_key, frozen.token or None, expires_at)
