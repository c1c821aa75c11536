"""Asks S3, with a signed HEAD, whether the credentials may do this, and says the answer in words."""

import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import IO

from presign.duration import words
from presign.errors import CheckError
from presign.prepare import Prepared
from presign.signer import Plan

_EXPIRES = 60  # seconds
_TIMEOUT = 20  # seconds
_SKEW = timedelta(seconds=30)  # less than this is a slow network, or does no harm

# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_REASONS = {
    "InvalidAccessKeyId": "S3 does not know the access key: it was deleted, or belongs to another partition",
    "SignatureDoesNotMatch": "the secret key is not that of the access key, or a proxy changes the request",
    "ExpiredToken": "the temporary credentials have expired: get new ones",
    "InvalidToken": "the session token does not belong to the access key: get new credentials",
    "RequestTimeTooSkewed": "this machine's clock is wrong: set it",
}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect means another region, and breaks the signature."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        """Follow none."""


@dataclass(frozen=True)
class Answer:
    """What S3 said. ``problem`` is empty where it would serve the link; ``warnings`` are about the clock."""

    problem: str
    warnings: list[str]

    def require(self) -> list[str]:
        """Return the warnings; raises CheckError where there is a problem."""
        if self.problem:
            raise CheckError(self.problem)
        return self.warnings


def ask(prepared: Prepared, key: str | None = None, query: Mapping[str, str] | None = None) -> Answer:
    """Send a signed HEAD for the object ``key``, or for the bucket, with the parameters of the link.

    Raises CheckError where S3 cannot be reached.
    """
    expires = min(_EXPIRES, prepared.stack.max_seconds, prepared.expires)

    def url(plan: Plan) -> str:
        return plan.bucket_url() if key is None else plan.url(key)

    status, headers, _ = _send("HEAD", url(prepared.signer.plan("HEAD", expires, {}, query)), {})
    warnings = _about_clock(headers.get("Date"), datetime.now(UTC))
    place = f"s3://{prepared.stack.bucket}{f'/{key}' if key is not None else ''}"
    if status < 300:
        return Answer("", warnings)
    if status == 404:
        return Answer(f"there is no {'bucket' if key is None else 'object'} {place}", warnings)
    if status == 405:
        return Answer(f"{place} was deleted: this version is a delete marker", warnings)
    region = headers.get("x-amz-bucket-region", "")
    if status in (301, 307, 400) and region not in ("", prepared.stack.region):
        return Answer(
            f"{place} is in the region {region}, not {prepared.stack.region} as the outputs say",
            warnings,
        )
    # The answer to a HEAD has no body, in which S3 would say why.
    ranged = {} if key is None else {"range": "bytes=0-0"}
    listing = {"list-type": "2", "max-keys": "0"} if key is None else query
    _, _, body = _send("GET", url(prepared.signer.plan("GET", expires, ranged, listing)), ranged)
    return Answer(f"S3 refuses {place} ({status}): {explain(body, prepared)}", warnings)


def explain(body: str, prepared: Prepared) -> str:
    """Say in words why S3 refused; ``body`` is its error document."""
    code, message = _element("Code", body), _element("Message", body)
    if code in _REASONS:
        return _REASONS[code]
    if "explicit deny in a resource-based policy" in message:
        return f"the bucket's policy denies it, as it does from outside its network: {message}"
    if "kms:" in message:
        return f"the credentials may not use the bucket's KMS key: {message}"
    if "not yet valid" in message:
        return "this machine's clock is ahead: set it"
    if code == "AccessDenied":
        needs = prepared.needs or "a policy that allows it"
        signer = prepared.credentials.access_key
        return f"the credentials {signer} may not do this: they need {needs} ({message})"
    return f"{code}: {message}" if code else "it does not say why"


def _element(name: str, body: str) -> str:
    found = re.search(rf"<{name}>([^<]*)</{name}>", body)
    return found[1] if found else ""


def _about_clock(date: str | None, now: datetime) -> list[str]:
    try:
        theirs = parsedate_to_datetime(date) if date else None
    except ValueError:
        theirs = None
    if theirs is None:
        return []
    skew = now - theirs.astimezone(UTC)
    if abs(skew) < _SKEW:
        return []
    seconds = words(round(abs(skew).total_seconds()))
    if skew > timedelta(0):
        return [f"this machine's clock is {seconds} ahead of S3's: links may not be valid yet"]
    return [f"this machine's clock is {seconds} behind S3's: links expire that much earlier"]


def _send(method: str, url: str, headers: Mapping[str, str]) -> tuple[int, Message, str]:
    sent = urllib.request.Request(url, None, dict(headers), method=method)  # noqa: S310
    try:
        with urllib.request.build_opener(_NoRedirect).open(sent, timeout=_TIMEOUT) as response:
            return response.status, response.headers, ""
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read(65536).decode(errors="replace")
    except OSError as error:
        reason = getattr(error, "reason", None) or error
        raise CheckError(f"cannot reach S3 at {url.partition('?')[0]}: {reason}") from error
