"""Content that browsers run when they show it: scripts in HTML, SVG and XML.

Shown from the bucket's host, such a script has the origin of the bucket's pages. So links that show content
are not made for it, and pages take none of it.
"""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from presign.errors import RequestError

# Compiled where it is needed: one link should not wait for it.
_TYPES = r"text/(html|xsl)|image/svg|multipart/|[a-z0-9.-]+/([a-z0-9.-]+\+)?xml"
_SUFFIXES = frozenset([".htm", ".html", ".shtml", ".svg", ".svgz", ".xht", ".xhtml", ".xml", ".xsl", ".xslt"])


def is_type(content_type: str) -> bool:
    """Return whether browsers run what has this content type."""
    return re.match(_TYPES, content_type.lower()) is not None


def refuse_shown(key: str, query: Mapping[str, str]) -> None:
    """Raise RequestError for a download with these parameters that would show such content."""
    disposition = query.get("response-content-disposition", "")
    content_type = query.get("response-content-type")
    if disposition.startswith("attachment"):
        return
    if content_type is not None:
        if is_type(content_type):
            raise RequestError(
                f"browsers would run the scripts in {key!r} as {content_type}, with the bucket's own origin: "
                "add a name to save it as (--download-as), or give the type text/plain"
            )
    elif disposition and PurePosixPath(key).suffix.lower() in _SUFFIXES:
        raise RequestError(
            f"--inline is not for {key!r}: browsers would run its scripts, with the bucket's own origin: "
            "leave --inline out and add --download-as NAME, or add --content-type text/plain"
        )
