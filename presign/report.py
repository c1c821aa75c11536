"""Writes a link for people and for programs."""

import errno
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TextIO

import click

FORMATS = ("text", "json", "curl", "url")
SCRIPTS = ("python", "powershell")  # of commands.py, which is loaded only for these


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


def write(text: str) -> None:
    """Write what was asked for to standard output, with every character of it; raises OSError."""
    # Without color, click takes escape sequences out where no terminal reads, and keys may have them.
    click.echo(text, stdout(), color=True)


def stdout() -> TextIO:
    """Return standard output; raises OSError where the program that started us closed it."""
    if sys.stdout is None:  # click would write nothing, and say nothing
        raise OSError(errno.EBADF, "standard output is closed")
    return sys.stdout


def printable(text: str) -> str:
    """Show characters that would move the cursor, break the line or hide as escapes."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape", "surrogatepass").decode()
        for character in text
    )


def table(rows: Iterable[tuple[str, str]]) -> str:
    """Return a line for each name and value."""
    return "\n".join(f"{name:<10} {printable(value)}" for name, value in rows)


def listed(name: str, texts: Sequence[str]) -> list[tuple[str, str]]:
    """Return the rows for several texts under one name."""
    return [(name if number == 0 else "", text) for number, text in enumerate(texts)]


def warn(warnings: Iterable[str]) -> None:
    """Write each warning to standard error, on a line of its own."""
    for warning in warnings:
        click.echo(f"Warning: {printable(warning)}", err=True)


def _text(link: Link) -> str:
    action = "upload" if link.method == "PUT" else "download"
    headers = [f"{name}: {value}" for name, value in link.headers.items()] or ["none needed"]
    rows = [
        (f"{action.capitalize()}", link.place),
        ("Method", link.method),
        ("Expires", f"{link.expires_at} ({link.lifetime} from now)"),
        ("Signed by", link.signed_by),
        *listed("Headers", headers),
        ("URL", link.url),
    ]
    return "\n".join([table(rows), "", f"To {action}, run:", link.curl])
