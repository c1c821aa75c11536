"""Finds AWS credentials where boto3 finds them.

boto3's library takes longer to load than everything else here together, so it
is loaded only where the environment does not already hold the keys.
"""

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from presign.duration import iso
from presign.errors import CredentialsError

_USER, _SESSION = re.compile(r"AKIA[A-Z0-9]{16}"), re.compile(r"ASIA[A-Z0-9]{16}")
_SECRET = re.compile(r"(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9/+]{40}")
_NOT_IN_AN_ID = re.compile(r"""[^\x21-\x7e]|["'`/]""")
# Lone surrogates are bytes in the environment that are not UTF-8.
_NOT_IN_A_SECRET = re.compile(r"""[\s\x00-\x1f\x7f\ud800-\udfff]|^["'`]|["'`]$""")


@dataclass(frozen=True)
class Credentials:
    """Keys to sign with. ``expires_at`` (UTC) is known for some temporary credentials."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None


def resolve(profile: str | None, environ: Mapping[str, str], region: str | None = None) -> Credentials:
    """Return the credentials that boto3 would use.

    ``profile`` is a profile asked for by name; it goes before the environment's
    keys, and these go before AWS_PROFILE, as in boto3; unlike boto3, a profile
    that is not needed may be missing. A role is assumed in ``region`` where the
    profile names none. Raises CredentialsError.

    https://boto3.amazonaws.com/v1/documentation/api/latest/guide/credentials.html
    """
    found = None if profile else _from_environment(environ)
    return found or _from_botocore(profile, region)


def _from_environment(environ: Mapping[str, str]) -> Credentials | None:
    access_key = environ.get("AWS_ACCESS_KEY_ID", "").strip()
    secret_key = environ.get("AWS_SECRET_ACCESS_KEY", "").strip()
    if not access_key or not secret_key:
        return None
    token = environ.get("AWS_SESSION_TOKEN") or environ.get("AWS_SECURITY_TOKEN")
    expires_at = _moment(environ.get("AWS_CREDENTIAL_EXPIRATION"))
    if expires_at and expires_at <= datetime.now(UTC):
        raise CredentialsError(
            f"the AWS credentials in the environment expired at {iso(expires_at)} "
            "(AWS_CREDENTIAL_EXPIRATION): get new ones"
        )
    return _checked("the environment", access_key, secret_key, token, expires_at)


def _moment(text: str | None) -> datetime | None:
    try:
        return _in_utc(datetime.fromisoformat(text.strip())) if text else None
    except ValueError:
        return None  # it only serves a warning


def _in_utc(moment: datetime) -> datetime:
    """Return the moment in UTC, which it is in where it does not say."""
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


def _from_botocore(profile: str | None, region: str | None) -> Credentials:
    # Any provider in the chain (files, SSO, a process, an instance) can fail in ways
    # of its own, not all of them botocore errors. For the user they are all one.
    try:
        from getpass import GetPassWarning

        from botocore.session import Session

        session = Session(profile=profile)
        if region and session.get_config_variable("region") is None:
            session.set_config_variable("region", region)
        with warnings.catch_warnings():
            # Without a terminal, the code for MFA would be read from standard input, where keys may come.
            warnings.simplefilter("error", GetPassWarning)
            found = session.get_credentials()
            frozen = found.get_frozen_credentials() if found else None
    except Exception as error:
        from presign.credentials_help import reason

        raise CredentialsError(
            f"cannot get AWS credentials{f' from the profile {profile!r}' if profile else ''}: "
            f"{reason(error, profile)}"
        ) from error
    access_key, secret_key = (frozen.access_key or "", frozen.secret_key or "") if frozen else ("", "")
    if frozen is None or not access_key.strip() or not secret_key.strip():
        raise CredentialsError(
            "no AWS credentials found where boto3 looks (environment, profiles, SSO, container, instance): "
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with --profile"
        )
    # Only botocore's own attribute says when refreshable credentials end.
    ends = getattr(found, "_expiry_time", None)
    expires_at = _in_utc(ends) if isinstance(ends, datetime) else None
    where = f"the profile {profile!r}" if profile else "the place where boto3 finds them"
    return _checked(where, access_key.strip(), secret_key.strip(), frozen.token, expires_at)


def _checked(
    where: str, access_key: str, secret_key: str, token: str | None, expires_at: datetime | None
) -> Credentials:
    """Return the credentials, unless they cannot be any: nothing that may be a secret goes into a URL.

    No message has any part of them. White space at the ends is no part of the token.
    """
    token = (token or "").strip() or None
    problem = _problem(access_key, secret_key, token)
    if problem:
        raise CredentialsError(f"the AWS credentials in {where} cannot be used: {problem}")
    return Credentials(access_key, secret_key, token, expires_at)


def _problem(access_key: str, secret_key: str, token: str | None) -> str:
    if _SECRET.fullmatch(access_key) or _USER.fullmatch(secret_key) or _SESSION.fullmatch(secret_key):
        return "the access key id and the secret access key are swapped"
    if _NOT_IN_AN_ID.search(access_key):
        return "the access key id has a blank, a quote, a slash or a control character"
    for name, text in (("secret access key", secret_key), ("session token", token or "")):
        if _NOT_IN_A_SECRET.search(text):
            return f"the {name} has a blank, a control character or a byte that is not UTF-8, or is in quotes"
    if _SESSION.fullmatch(access_key) and not token:
        return "keys that begin with ASIA need their session token: set AWS_SESSION_TOKEN, too"
    if _USER.fullmatch(access_key) and token:
        return (
            "keys that begin with AKIA have no session token, so this one belongs to other keys: "
            "unset AWS_SESSION_TOKEN"
        )
    return ""
