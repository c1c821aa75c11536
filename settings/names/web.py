"""Checks of names that come from the web: origins, headers, addresses for e-mail."""

import re
from urllib.parse import urlsplit

from settings.names.aws import InvalidValueError

_LOCAL = ("localhost", "127.0.0.1", "::1")


def email(text: str) -> str:
    """Check an address for e-mail, as SNS takes it."""
    if not re.fullmatch(r"[\w.+%-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", text, re.ASCII):
        raise InvalidValueError("must be an address for e-mail", 'like "ops@example.com"')
    return text


def origin(text: str) -> str:
    """Check an origin as browsers send it (RFC 6454), or "*"; one "*" may stand in its host's first label.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
    """
    if text == "*":
        return text
    rule, hint = (
        "must be an origin: https, a host, and its port if there is one",
        'like "https://app.example.com"',
    )
    label = r"(\*|[a-z0-9]([a-z0-9-]*[a-z0-9])?)"
    match = re.fullmatch(rf"(https?)://(\[[0-9a-f:]+\]|{label}(\.{label})*)(:[1-9][0-9]{{0,4}})?", text)
    if match is None:
        raise InvalidValueError(rule, hint)
    try:
        parts = urlsplit(text)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        raise InvalidValueError(rule, hint) from None
    if port is not None and port == {"http": 80, "https": 443}[parts.scheme]:
        raise InvalidValueError(rule, f'browsers leave out port {port}: give "{text.rpartition(":")[0]}"')
    if parts.scheme == "http" and host not in _LOCAL:
        raise InvalidValueError(
            "must begin with https://, except on localhost",
            "over plain HTTP, the page can be changed on its way",
        )
    if "*" in host and not re.fullmatch(r"\*(\.[a-z0-9-]+){2,}", host):
        raise InvalidValueError('may have "*" only as its whole first label', 'like "https://*.example.com"')
    return text


def exposed_header(text: str) -> str:
    """Check the name of a header that a page may read; S3 takes no "*" there.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
    """
    if "*" in header(text):
        raise InvalidValueError('must be the whole name of a header, without "*"', 'like "ETag"')
    return text


def header(text: str) -> str:
    """Check the name of an HTTP header (RFC 9110, section 5.1); one "*" may stand for any part of it."""
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}", text) or text.count("*") > 1:
        raise InvalidValueError('must be the name of a header, with at most one "*"', 'like "x-amz-*"')
    return text
