"""What the tests of pages share: reading a page as a browser does."""

import base64
import hashlib
import json
import re
import zlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from presign.prepare import Prepared, prepare
from tests.presign.presign_support import Presign

import requests

LOOPBACK = "PRESIGN_PAGES_ON_LOOPBACK"


@dataclass(frozen=True)
class Opened:
    """A page as it arrives: its HTML, the headers of the answer, and what the page is about."""

    html: str
    headers: dict[str, str]
    about: dict[str, Any]

    @property
    def origin(self) -> str:
        return self.headers["origin"]


def made(presign: Presign, *arguments: str) -> dict[str, Any]:
    """Make a page, and return what `--format json` says."""
    result = presign("page", *arguments, "--format", "json")
    assert result.code == 0, result.err
    document: dict[str, Any] = json.loads(result.out)
    return document


def opened(url: str) -> Opened:
    """Open a page by its link; what follows the `#` stays here, as in a browser."""
    link, _, fragment = url.partition("#")
    answer = requests.get(link, timeout=30)
    assert answer.status_code == 200, answer.text
    parts = urlsplit(url)
    headers = {"origin": f"{parts.scheme}://{parts.netloc}"}
    headers |= {name.lower(): value for name, value in answer.headers.items()}
    return Opened(answer.text, headers, about(answer.text, fragment))


def about(html: str, fragment: str) -> dict[str, Any]:
    """Return what a page is about, as its script reads it."""
    digest = re.findall(r'data-digest="(\w*)"', html)
    inside = re.findall(r'<script type="application/json" id="about">(.*?)</script>', html, re.DOTALL)
    if fragment:
        assert inside == [""]
        assert digest == [hashlib.sha256(fragment.encode()).hexdigest()]
        packed = base64.urlsafe_b64decode(fragment + "=" * (-len(fragment) % 4))
        found: dict[str, Any] = json.loads(zlib.decompress(packed, -zlib.MAX_WBITS))
    else:
        assert digest == [""]
        found = json.loads(inside[0])
    return found


def send(page: Opened, key: str, content: bytes, **fields: str) -> requests.Response:
    """Upload as the page's script does."""
    form = page.about["fields"]
    policy = base64.b64encode(form["policy"].encode()).decode()
    data = {"key": key, **form, "policy": policy, **fields}
    return requests.post(
        page.origin + page.about["base"], data=data, files={"file": ("file", content)}, timeout=30
    )


def prepared(outputs: str, endpoint_url: str | None = None) -> Prepared:
    """Return what a command has of the outputs, without a word to any server."""
    return prepare({"outputs": outputs, "stack": None, "profile": None, "endpoint_url": endpoint_url}, None)
