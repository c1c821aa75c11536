"""Writes a page: HTML that holds all it needs, and runs no script but its own.

S3 sends no Content-Security-Policy, so the page has it in an element; only what is hashed there runs. What
the page is about, with its links, is in the URL after the ``#``, which no browser sends to a server, or in
the page itself. https://www.w3.org/TR/CSP3/
"""

import hashlib
import json
import zlib
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib import resources
from typing import Any

from presign.template import fill

_CODE = {
    "put": ("page.js", "md5.js", "names.js", "requests.js", "parts.js", "put.js"),
    "get": ("page.js", "names.js", "get.js"),
}
# In JSON, these could end the element that holds it.
_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


@dataclass(frozen=True)
class Page:
    """A page, and what follows the ``#`` in its URL; that is empty where the page itself has its links."""

    html: bytes
    fragment: str


def page(kind: str, about: Mapping[str, Any], *, room: int, origin: str | None = None) -> Page:
    """Return a page to upload (put) or download (get).

    ``room`` is how many characters may follow the ``#``. ``origin`` is where the bucket answers, if the page
    is not served from there.
    """
    text = json.dumps(about, separators=(",", ":"))
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    packed = urlsafe_b64encode(packer.compress(text.encode()) + packer.flush()).decode().rstrip("=")
    fits = len(packed) <= room
    values = {
        "TITLE": "Upload files" if kind == "put" else "Download files",
        "WORK": _file(f"{kind}.html").rstrip(),
        "ABOUT": "" if fits else text.translate(_ESCAPES),
        # The page takes no other links than those that it was made with.
        "DIGEST": hashlib.sha256(packed.encode()).hexdigest() if fits else "",
    }
    html = _html(_file("main.html"), _CODE[kind], values, origin or "'self'", "'none'")
    return Page(html, packed if fits else "")


def plain_form(url: str, origin: str, fields: Mapping[str, str], texts: Mapping[str, str]) -> bytes:
    """Return a page with a form that works without scripts, and can only be sent to ``origin``.

    ``texts`` are what its template names.
    """
    hidden = "\n".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in fields.items()
    )
    values = {
        "TITLE": "Upload a file",
        "URL": escape(url),
        "FIELDS": hidden,
        **{name: escape(text) for name, text in texts.items()},
    }
    return _html(_file("form.html"), (), values, "'none'", origin)


def _html(body: str, code: Sequence[str], values: Mapping[str, str], connect: str, form_action: str) -> bytes:
    style, script = f"\n{_file('page.css')}", "".join(f"\n{_file(name)}" for name in code)
    none = "'none'"
    policy = "; ".join(
        [
            "default-src 'none'",
            f"style-src {_hash(style)}",
            f"script-src {_hash(script) if code else none}",
            f"connect-src {connect}",
            f"form-action {form_action}",
            "base-uri 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ]
    )
    frame = {"POLICY": policy, "STYLE": style, "BODY": fill(body, values), "TITLE": values["TITLE"]}
    frame["SCRIPT"] = f'<script type="module">{script}</script>' if code else ""
    return fill(_file("page.html"), frame).encode()


def _file(name: str) -> str:
    return resources.files(__package__).joinpath("files", name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
