"""Reads an answer: S3's XML error, or what else came back, alone or with the HTTP headers before it.

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
_HEAD = re.compile(r"HTTP/[0-9.]+ ([0-9]{3}).*\r?\n?((?:[A-Za-z0-9-]+:.*\r?\n?)*)\r?\n?")
_FIRST_HEAD = re.compile(r"^HTTP/[0-9.]+ [0-9]{3}", re.MULTILINE)
_HEADER = re.compile(r"^([A-Za-z0-9-]+): *(.*?)\r?$", re.MULTILINE)
_ROOT = re.compile(r"[^<]*(?:<[?!][^>]*>[^<]*)*<Error[ >]")
_OF_CURL_V = re.compile(r"^(?:[>*{}] .*|[>*{}])\r?\n?", re.MULTILINE)
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
    """The last answer of those that came back: a proxy's, or a redirection, may be before it.

    ``status`` is None where only the body is known. ``code`` is empty where the body is no error of S3's, and
    ``empty`` is whether there is a body at all.
    """

    status: int | None
    code: str
    message: str
    elements: Mapping[str, str]
    headers: Mapping[str, str]
    empty: bool

    @property
    def of_s3(self) -> bool:
        """Whether the headers show that S3, or a server like it, answered: a proxy has none of these.

        https://docs.aws.amazon.com/AmazonS3/latest/API/RESTCommonResponseHeaders.html
        """
        return self.headers.get("server") == "AmazonS3" or any(
            name.startswith("x-amz-") for name in self.headers
        )

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
    if re.search(r"^< HTTP/", text, re.MULTILINE):
        text = re.sub(r"^<(?: |\r?$)", "", _OF_CURL_V.sub("", text), flags=re.MULTILINE)
    first = _FIRST_HEAD.search(text.partition("<")[0])
    body, head = text[first.start() if first else 0 :], None
    while found := _HEAD.match(body):
        head, body = found, body[found.end() :]
    # What an object has within it is no answer.
    elements = dict(_ELEMENT.findall(body)) if _ROOT.match(body) else {}
    elements = {name: html.unescape(value) for name, value in elements.items()}
    return Answer(
        status=int(head[1]) if head else None,
        code=elements.get("Code", ""),
        message=" ".join(elements.get("Message", "").split()),
        elements=elements,
        headers={name.lower(): value for name, value in _HEADER.findall(head[2])} if head else {},
        empty=not body.strip(),
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
