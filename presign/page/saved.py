"""A page as a file: what it can do depends on the bucket's CORS rules."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from presign import duration, report
from presign.errors import PageError
from presign.make import Form
from presign.output import Output
from presign.page import document
from presign.prepare import Prepared

import click

_RULES = "the bucket's CORS rules do not admit pages from files (the origin null)"
_REMEDY = (
    'set in [cors] allowed_origins = ["*"], allowed_methods with GET, PUT and POST, allowed_headers with '
    "content-md5 and if-none-match, or leave -o out"
)


def refuse_parts() -> None:
    """Raise PageError where a file is to be uploaded in parts, and the bucket does not let such a page."""
    raise PageError(f"no page in a file can upload in parts: {_RULES}: {_REMEDY}")


def page(prepared: Prepared, kind: str, whole: Mapping[str, Any], output: str) -> None:
    """Write a page with its links."""
    origin = _origin(prepared.bucket_url)
    made = document.page(kind, {**whole, "origin": origin}, room=0, origin=origin)
    how = "its links work"
    if kind == "put":
        how = "with progress, as the bucket's CORS rules admit pages from files"
    _write(output, made.html, f"{how}, until {duration.iso(_until(whole))}")


def plain_form(prepared: Prepared, made: Form, prefix: str, output: str) -> None:
    """Write a page with a form that works without scripts, for a file at a time."""
    texts = {
        "PLACE": f"{prepared.stack.bucket}/{prefix}",
        "UNTIL": f"{made.expires_at:%Y-%m-%d, %H:%M} UTC",
        "SIZE": f"{f'{made.min_size:,} to' if made.min_size else 'at most'} {made.max_size:,}",
    }
    html = document.plain_form(made.url, _origin(made.url), made.fields, texts)
    how = f"a plain form for a file at a time, without progress, since {_RULES}"
    _write(output, html, f"{how}; until {duration.iso(made.expires_at)}")


def _origin(url: str) -> str:
    """Return the origin of a URL; raises PageError for one that a page's policy cannot name.

    https://www.w3.org/TR/CSP3/#grammardef-host-source
    """
    parts = urlsplit(url)
    if "[" in parts.netloc:
        raise PageError(
            f"no page can send to {parts.netloc}: a page's security policy cannot name an IPv6 address; "
            "give the endpoint a host name"
        )
    return f"{parts.scheme}://{parts.netloc}"


def _until(whole: Mapping[str, Any]) -> datetime:
    return datetime.fromtimestamp(whole["until"], UTC)


def _write(output: str, html: bytes, how: str) -> None:
    if output == "-":
        report.stdout().buffer.write(html)
    else:
        with Output(Path(output)).open(0) as file:
            file.write(html)
    where = "standard output" if output == "-" else output
    click.echo(f"The page is in {report.printable(where)}: {how}", err=True)
