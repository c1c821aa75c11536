"""Asks S3 for the very thing that a link is for, and says the answer in words.

A download is asked for one byte, so that what HEAD does not show is seen: a missing kms:Decrypt, an archived
object. An upload cannot be tried without uploading: the bucket is listed, and the rest is said to be unknown.
"""

import os
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import IO

from presign import duration
from presign.errors import CheckError
from presign.explain import answer, judge, link
from presign.explain.cause import Cause
from presign.prepare import Prepared

_EXPIRES = 60  # seconds
_TIMEOUT = 20  # seconds
_SKEW = timedelta(seconds=30)  # less than this is a slow network, or does no harm
_EMPTY = 416  # the object has no first byte: it may be read

_UNKNOWN = "only an upload shows whether these credentials may upload (s3:PutObject, kms:GenerateDataKey)"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect means another region, and breaks the signature."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        """Follow none."""


@dataclass(frozen=True)
class Answer:
    """What S3 said. ``problem`` is empty where it would serve the link; ``warnings`` are about the rest.

    ``denied`` is true where a policy is the problem, and not the credentials themselves.
    """

    problem: str
    warnings: list[str]
    denied: bool = False

    def require(self) -> list[str]:
        """Return the warnings; raises CheckError where there is a problem, with the clock first."""
        if self.problem:
            raise CheckError("; ".join([*self.warnings, self.problem]))
        return self.warnings


def ask(prepared: Prepared, key: str | None = None, query: Mapping[str, str] | None = None) -> Answer:
    """Ask for the first byte of the object ``key``, with the link's ``query``, or list the bucket.

    Raises CheckError where S3 cannot be reached.
    """
    expires = min(_EXPIRES, prepared.stack.max_seconds, prepared.expires)
    if key is None:
        url = prepared.signer.plan("GET", expires, {}, {"list-type": "2", "max-keys": "1"}).bucket_url()
    else:
        url = prepared.signer.plan("GET", expires, {}, query).url(key)
    status, headers, body = _get(url, {} if key is None else {"Range": "bytes=0-0"}, prepared.profile)
    clock = _about_clock(headers.get("Date"), datetime.now(UTC))
    if status < 300 or (key is not None and status == _EMPTY):
        return Answer("", clock)
    place = f"s3://{prepared.stack.bucket}{f'/{key}' if key is not None else ''}"
    head = "".join(f"{name}: {value}\n" for name, value in headers.items())
    refused = answer.read(f"HTTP/1.1 {status}\n{head}\n{body}")
    if status == 404 and refused.code in ("", "NoSuchKey", "NoSuchBucket"):
        return Answer(f"there is no {'bucket' if key is None else 'object'} {place}", clock)
    cause = _cause(prepared, url, refused)
    problem = f"S3 refuses {place} ({status}): {cause.text}: {cause.remedy[:1].lower()}{cause.remedy[1:]}"
    return Answer(problem, clock, denied=refused.code == "AccessDenied" and not _about_time(refused))


def ask_upload(prepared: Prepared) -> Answer:
    """Ask whether the bucket is there and the credentials work; whether they may upload is never known."""
    found = ask(prepared)
    if found.denied:
        return Answer("", [*found.warnings, f"{_UNKNOWN}; they may not list the bucket"])
    return Answer(found.problem, [*found.warnings, *([] if found.problem else [_UNKNOWN])])


def _cause(prepared: Prepared, url: str, refused: answer.Answer) -> Cause:
    if refused.code == "SignatureDoesNotMatch":  # nobody can have changed this link
        return Cause(
            "the secret key is not that of the access key, or a proxy changes the request",
            "Set both keys again, or leave the proxy out",
        )
    found = link.read(url, prepared.stack)
    verdict = judge.judge(found, refused, prepared.stack, None, datetime.now(UTC))
    return verdict.causes[0]


def _about_time(refused: answer.Answer) -> bool:
    return "expired" in refused.message or "not yet valid" in refused.message


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
    seconds = duration.words(round(abs(skew).total_seconds()))
    if skew > timedelta(0):
        return [f"this machine's clock is {seconds} ahead of S3's: links may not be valid yet"]
    return [f"this machine's clock is {seconds} behind S3's: links expire that much earlier"]


def _get(url: str, headers: Mapping[str, str], profile: str | None) -> tuple[int, Message, str]:
    """Send a GET, through the proxies of the environment, and return status, headers and a refusal's body."""
    sent = urllib.request.Request(url, None, dict(headers))  # noqa: S310
    secure = urllib.request.HTTPSHandler(context=_trusted(profile))
    try:
        with urllib.request.build_opener(_NoRedirect, secure).open(sent, timeout=_TIMEOUT) as response:
            return response.status, response.headers, ""
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read(65536).decode(errors="replace")
    except OSError as error:
        reason = getattr(error, "reason", None) or error
        raise CheckError(f"cannot reach S3 at {url.partition('?')[0]}: {reason}") from error


def _trusted(profile: str | None) -> ssl.SSLContext:
    """Return whose certificates are trusted: as boto3, by AWS_CA_BUNDLE, the profile or REQUESTS_CA_BUNDLE.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-gen-config.html
    """
    bundle = os.environ.get("AWS_CA_BUNDLE") or _of_profile(profile) or os.environ.get("REQUESTS_CA_BUNDLE")
    try:
        if bundle and Path(bundle).is_dir():
            return ssl.create_default_context(capath=bundle)
        return ssl.create_default_context(cafile=bundle or None)
    except (OSError, ValueError) as error:
        raise CheckError(f"cannot use the CA bundle {bundle}: {error}") from error


def _of_profile(profile: str | None) -> str | None:
    from botocore.exceptions import BotoCoreError
    from botocore.session import Session

    try:
        found = Session(profile=profile).get_config_variable("ca_bundle")
    except BotoCoreError:
        return None  # the credentials are in the environment, or there would be none
    return str(found) if found else None
