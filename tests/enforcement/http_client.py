"""An HTTP client that sends exactly what it is given, from the address it is given."""

import http.client
import re
import ssl
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 20


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def outcome(self) -> str:
        """The status and, of a refusal, S3's word for it: "200" or "403 AccessDenied"."""
        found = re.search(rb"<Code>(\w+)</Code>", self.body) if self.status >= 400 else None
        return f"{self.status} {found[1].decode()}" if found else str(self.status)


def send(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes | None,
    trusted: ssl.SSLContext | None = None,
    source: str = "127.0.0.1",
) -> Answer:
    """Send one request directly, through no proxy, and from the local address `source`.

    `trusted` is for HTTPS; None trusts whom the machine trusts.
    """
    parts = urlsplit(url)
    host, port, origin = parts.hostname or "", parts.port, (source, 0)
    connection = (
        http.client.HTTPSConnection(
            host, port, context=trusted, source_address=origin, timeout=TIMEOUT_SECONDS
        )
        if parts.scheme == "https"
        else http.client.HTTPConnection(host, port, source_address=origin, timeout=TIMEOUT_SECONDS)
    )
    with closing(connection):
        connection.request(method, f"{parts.path}?{parts.query}", body, dict(headers))
        response = connection.getresponse()
        names = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, names, response.read())
