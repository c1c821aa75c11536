"""Sends one request: with the certificates that boto3 trusts, and through the proxies of the environment."""

import os
import ssl
import urllib.request
from collections.abc import Mapping
from email.message import Message
from functools import cache
from http.client import HTTPException, HTTPResponse, IncompleteRead
from pathlib import Path
from typing import NamedTuple

from presign.errors import CheckError

_TIMEOUT = 20  # seconds
_LONGEST_BODY = 65536  # bytes; refusals and tags are shorter


class Reply(NamedTuple):
    """What came back; of a long ``body``, what it begins with."""

    status: int
    headers: Message
    body: str

    @property
    def raw(self) -> str:
        """The reply as it is on the wire, but for its version."""
        head = "".join(f"{name}: {value}\n" for name, value in self.headers.items())
        return f"HTTP/1.1 {self.status}\n{head}\n{self.body}"


class _AsItCame(urllib.request.HTTPErrorProcessor):
    """Takes every status, also a redirect: that means another region, and breaks the signature."""

    def http_response(self, request: urllib.request.Request, response: HTTPResponse) -> HTTPResponse:  # noqa: ARG002
        """Return the response."""
        return response

    https_response = http_response


def send(
    method: str, url: str, headers: Mapping[str, str], profile: str | None, body: bytes | None = None
) -> Reply:
    """Send a request. Raises CheckError where the server cannot be reached.

    ``profile`` may name a CA bundle.
    """
    sent = urllib.request.Request(url, body, dict(headers), method=method)  # noqa: S310
    secure = urllib.request.HTTPSHandler(context=_trusted(profile))
    opener = urllib.request.build_opener(_AsItCame, secure)
    try:
        with opener.open(sent, timeout=_TIMEOUT) as response:
            read = response.read(_LONGEST_BODY)
            if response.length and len(read) < _LONGEST_BODY:
                raise IncompleteRead(read, response.length)
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise CheckError(f"cannot reach S3 at {url.partition('?')[0]}: {reason}") from error
    return Reply(response.status, response.headers, read.decode(errors="replace"))


def _trusted(profile: str | None) -> ssl.SSLContext:
    """Return whose certificates are trusted: as boto3, by AWS_CA_BUNDLE, the profile or REQUESTS_CA_BUNDLE.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-gen-config.html
    """
    bundle = os.environ.get("AWS_CA_BUNDLE") or _of_profile(profile) or os.environ.get("REQUESTS_CA_BUNDLE")
    try:
        return _trusting(bundle or None, os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    except (OSError, ValueError) as error:
        raise CheckError(f"cannot use the CA bundle {bundle}: {error}") from error


@cache
def _trusting(bundle: str | None, *_of_openssl: str | None) -> ssl.SSLContext:
    """Read certificates; not again for the next request, as that takes as long as a request."""
    if bundle and Path(bundle).is_dir():
        return ssl.create_default_context(capath=bundle)
    return ssl.create_default_context(cafile=bundle)


def _of_profile(profile: str | None) -> str | None:
    from botocore.exceptions import BotoCoreError
    from botocore.session import Session

    try:
        found = Session(profile=profile, include_builtin_handlers=False).get_config_variable("ca_bundle")
    except BotoCoreError:
        return None  # the credentials are in the environment, or there would be none
    return str(found) if found else None
