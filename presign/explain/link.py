"""Reads a presigned URL: what it is for, by whom, since and until when.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import SplitResult, unquote, urlsplit

from presign.errors import LinkError
from presign.explain import hidden, pasted, place
from presign.explain.cause import Cause
from presign.outputs import Outputs

_SIGNATURE = {
    f"X-Amz-{name}"
    for name in ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature", "Security-Token")
}
_AWS_KEY_ID = re.compile(r"[A-Za-z0-9_]{1,128}")
# Never the text itself: it may be a secret.
_NO_URL = "this is not a URL: give the whole link, which begins with https://"
_SECRET_LENGTH = 40  # characters; an access key id has 20


@dataclass(frozen=True)
class Link:
    """A link as it was signed, as far as it says so.

    ``method`` and ``headers`` stand in no URL: they are known from the JSON that ``presign`` prints, else
    empty. ``fields`` are those of a form. ``pasted`` is what was done to the link after it was signed;
    ``changed`` is true where the signature itself shows that something was.
    """

    parts: SplitResult
    query: tuple[tuple[str, str], ...]
    place: place.Place
    method: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    pasted: tuple[Cause, ...] = ()
    changed: bool = False

    def get(self, name: str) -> str:
        """Return a signature's parameter, or the field of a form; empty where there is none."""
        if self.fields:
            return self.fields.get(name.lower(), "")
        return dict(self.query).get(name, "")

    @property
    def scope(self) -> list[str]:
        """The credential's five parts: access key id, date, region, service, terminator; or fewer."""
        return self.get("X-Amz-Credential").rsplit("/", 4)

    @property
    def path(self) -> str:
        """The path, decoded."""
        return unquote(self.parts.path)

    @property
    def region(self) -> str:
        """The region for which it is signed."""
        return self.scope[2] if len(self.scope) == 5 else ""

    @property
    def access_key(self) -> str:
        """Who signed; not shown where a secret was put in its place."""
        found = self.scope[0] or self.get("AWSAccessKeyId")
        if not found:
            return "unknown"
        if not _AWS_KEY_ID.fullmatch(found) or len(found) == _SECRET_LENGTH:
            return "not shown, since it is no access key id"
        return found if re.fullmatch(hidden.KEY_ID, found) else "[not shown]"

    @property
    def temporary(self) -> bool:
        """Whether a session signed."""
        return bool(self.get("X-Amz-Security-Token")) or self.scope[0].startswith("ASIA")

    @property
    def signed_at(self) -> datetime | None:
        """From when on it works."""
        text = self.get("X-Amz-Date")
        try:
            return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) if text else None
        except ValueError:
            return None

    @property
    def expires(self) -> int | None:
        """For how many seconds it works."""
        text = self.get("X-Amz-Expires")
        return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None

    @property
    def expires_at(self) -> datetime | None:
        """Until when it works."""
        if self.signed_at is None or self.expires is None:
            return None
        return self.signed_at + timedelta(seconds=self.expires)

    @property
    def signed_headers(self) -> tuple[str, ...]:
        """The names of the headers that must be sent as they were signed, without ``host``."""
        return tuple(name for name in self.get("X-Amz-SignedHeaders").split(";") if name not in ("", "host"))

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters besides those of the signature."""
        return {name: value for name, value in self.query if name not in _SIGNATURE}

    @property
    def secrets(self) -> list[str]:
        """What may not be printed."""
        named = re.compile(r"(?:signature|security-token|policy)=([^&#]*)", re.IGNORECASE)
        url = self.parts.geturl()
        found = (
            named.findall(url)
            + named.findall(unquote(url))
            + [self.get("Policy"), self.get("X-Amz-Signature"), self.get("X-Amz-Security-Token")]
        )
        if self.access_key.startswith("not shown"):
            found.append(self.scope[0])
        # What has lost its name, its '&' or its '?' is found by its looks.
        return found + hidden.secrets_in(re.split(r"\?|X.Amz.", url, maxsplit=1, flags=re.IGNORECASE)[-1])

    @property
    def pieces(self) -> list[str]:
        """What may be a part of a secret, and is therefore not printed either."""
        pairs = [(name, value) for name, _, value in (p.partition("=") for p in self.parts.query.split("&"))]
        signed = [(name, self.fields.get(name.lower(), "")) for name in _SIGNATURE]
        # A '?' may be lost, or a '#' may have come in.
        texts = (self.parts.path, f"X-Amz-{self.parts.fragment}")
        return [*hidden.pieces([*pairs, *signed]), *(one for text in texts for one in hidden.of_text(text))]


def read(text: str, outputs: Outputs | None = None, endpoint_url: str | None = None) -> Link:
    """Read a URL, or the JSON that ``presign`` prints for a link or a form. Raises LinkError."""
    method, headers, fields = "", {}, {}
    if text.lstrip().startswith("{"):
        document = _document(text)
        text = str(document["url"])
        method = str(document.get("method") or "")
        headers = {name.lower(): str(value) for name, value in _map(document, "headers").items()}
        fields = {name.lower(): str(value) for name, value in _map(document, "fields").items()}
    url, causes = pasted.repaired(text)
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise LinkError(_NO_URL) from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise LinkError(_NO_URL)
    pairs = [part.partition("=") for part in parts.query.split("&") if part]
    return Link(
        parts=parts,
        query=tuple((unquote(name), unquote(value)) for name, _, value in pairs),
        place=place.of(parts, outputs, endpoint_url),
        method=method,
        headers=headers,
        fields=fields,
        pasted=tuple(causes),
    )


def _document(text: str) -> dict[str, object]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LinkError(f"this begins like JSON and is not: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("url"), str):
        raise LinkError("this JSON has no 'url': give what presign prints with --format json")
    return document


def _map(document: Mapping[str, object], name: str) -> dict[str, object]:
    value = document.get(name) or {}
    if not isinstance(value, dict):
        raise LinkError(f"this JSON has {name!r} that is not an object")
    return value
