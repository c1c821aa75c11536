"""Writes a link for people and for programs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

FORMATS = ("text", "json", "curl", "url")


@dataclass(frozen=True)
class Link:
    """A finished link and what its user has to know. ``expires_at`` is UTC in ISO 8601."""

    method: str
    place: str
    url: str
    expires_at: str
    lifetime: str
    headers: Mapping[str, str]
    curl: str
    signed_by: str


def render(link: Link, form: str) -> str:
    """Return the link in one of FORMATS, without a final line break."""
    if form == "url":
        return link.url
    if form == "curl":
        return link.curl
    if form == "json":
        document = {
            "url": link.url,
            "method": link.method,
            "expires_at": link.expires_at,
            "headers": dict(link.headers),
            "curl": link.curl,
        }
        return json.dumps(document, indent=2)
    return _text(link)


def printable(text: str) -> str:
    """Show characters that would move the cursor, break the line or hide as escapes."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape", "surrogatepass").decode()
        for character in text
    )


def _text(link: Link) -> str:
    action = "upload" if link.method == "PUT" else "download"
    headers = [f"{name}: {value}" for name, value in link.headers.items()] or ["none needed"]
    rows = [
        (f"{action.capitalize()}", link.place),
        ("Method", link.method),
        ("Expires", f"{link.expires_at} ({link.lifetime} from now)"),
        ("Signed by", link.signed_by),
        ("Headers", headers[0]),
        *(("", header) for header in headers[1:]),
        ("URL", link.url),
    ]
    lines = [f"{name:<10} {printable(value)}" for name, value in rows]
    return "\n".join([*lines, "", f"To {action}, run:", link.curl])
