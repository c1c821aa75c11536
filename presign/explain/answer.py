"""Reads what S3 answered: an XML error, alone or with the HTTP headers before it.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#RESTErrorResponses
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from urllib.parse import unquote

_ELEMENT = re.compile(r"<([A-Za-z][A-Za-z0-9-]*)>([^<]*)</\1>")
_STATUS = re.compile(r"^HTTP/[0-9.]+ ([0-9]{3})", re.MULTILINE)
_HEADER = re.compile(r"^([A-Za-z0-9-]+): *(.*?)\r?$", re.MULTILINE)
_AWS_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


@dataclass(frozen=True)
class Request:
    """The canonical request: what S3 got, in the form in which it is signed.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    signed: tuple[str, ...]
    payload: str


@dataclass(frozen=True)
class Answer:
    """An answer. ``status`` is None where only the body is known; ``code`` is empty where there is none."""

    status: int | None
    code: str
    message: str
    elements: Mapping[str, str]
    headers: Mapping[str, str]
    foreign: bool

    @cached_property
    def request(self) -> Request | None:
        """The canonical request that S3 shows with ``SignatureDoesNotMatch``; not all servers do."""
        given = self.elements.get("CanonicalRequestBytes", "")
        try:
            text = bytes.fromhex(given).decode(errors="replace")
        except ValueError:
            text = ""
        return canonical(text or self.elements.get("CanonicalRequest", ""))

    @property
    def server_time(self) -> datetime | None:
        """When S3 answered, where it says so."""
        text = self.elements.get("ServerTime", "")
        if _AWS_TIME.fullmatch(text):
            return datetime.fromisoformat(text).astimezone(UTC)
        try:
            return parsedate_to_datetime(self.headers["date"]).astimezone(UTC)
        except (KeyError, ValueError):
            return None

    @property
    def region(self) -> str:
        """The region that S3 names as the bucket's."""
        return self.elements.get("Region", "") or self.headers.get("x-amz-bucket-region", "")


def read(text: str) -> Answer:
    """Read an answer, whatever stands around it."""
    # The marks of curl -v.
    head, _, body = re.sub(r"^[<>*] ", "", text, flags=re.MULTILINE).partition("<")
    elements = {name: html.unescape(value) for name, value in _ELEMENT.findall(f"<{body}")}
    status = _STATUS.search(head)
    return Answer(
        status=int(status[1]) if status else None,
        code=elements.get("Code", ""),
        message=" ".join(elements.get("Message", "").split()),
        elements=elements,
        headers={name.lower(): value for name, value in _HEADER.findall(head)},
        foreign="Code" not in elements and bool(text.strip()) and not status,
    )


def canonical(text: str) -> Request | None:
    """Read a canonical request; None where it is none, or lost its line breaks."""
    lines = text.replace("\r\n", "\n").split("\n")
    if len(lines) < 6 or "" not in lines[3:]:
        return None
    end = lines.index("", 3)
    pairs = [part.partition("=") for part in lines[2].split("&") if part]
    headers = dict(line.partition(":")[::2] for line in lines[3:end])
    rest = [*lines[end + 1 :], "", ""]
    return Request(
        method=lines[0],
        path=lines[1],
        query={unquote(name): unquote(value) for name, _, value in pairs},
        headers={name.lower(): value.strip() for name, value in headers.items()},
        signed=tuple(rest[0].split(";")),
        payload=rest[1],
    )
