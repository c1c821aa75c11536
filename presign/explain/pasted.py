"""What happens to a link on its way: mail clients, chats and shells change it before anyone uses it."""

import re
from urllib.parse import parse_qsl, unquote, urlsplit

from presign.explain.cause import Cause

_AGAIN = "Use the link as presign printed it"
_PAIRS = {"<": ">", '"': '"', "'": "'", "(": ")", "`": "`", "“": "”"}
_BREAK = re.compile(r"[ \t]*[\r\n]+[ \t>|]*")


def repaired(text: str) -> tuple[str, list[Cause]]:
    """Return the link that was meant, and what had been done to it, worst first."""
    text = text.strip()
    while len(text) > 1 and _PAIRS.get(text[0]) == text[-1]:
        text = text[1:-1].strip()
    causes = []
    for repair in (_quoted_printable, _one_line, _unwrapped, _json_escapes, _entities, _encoded, _blanks):
        text, cause = repair(text)
        causes += [cause] if cause else []
    return text, causes


def _quoted_printable(text: str) -> tuple[str, Cause | None]:
    if not re.search(r"X-Amz-[A-Za-z-]+=3D", text):
        return text, None
    text = re.sub(r"=\r?\n", "", text).replace("=3D", "=")
    cause = Cause(
        "the link was copied from the source of a mail, which writes '=' as '=3D'",
        "Copy the link from the mail as it is displayed, not from its source",
    )
    return text, cause


def _one_line(text: str) -> tuple[str, Cause | None]:
    if not _BREAK.search(text):
        return text, None
    cause = Cause(
        "the link was broken into several lines, as mail clients and terminals do",
        "Join the lines without spaces, or send the link as a file",
    )
    return _BREAK.sub("", text), cause


def _unwrapped(text: str) -> tuple[str, Cause | None]:
    """Take the link out of the one by which a mail filter replaced it."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return text, None
    pairs = parse_qsl(parts.query)
    inner = [value for _, value in pairs if re.match(r"https?://[^ ]*X-Amz-", value)]
    if not inner or "X-Amz-Signature" in dict(pairs):
        return text, None
    cause = Cause(
        f"a mail filter replaced the link by one of its own, on {parts.hostname}",
        f"{_AGAIN}, or send it in a way that no filter changes, such as a file",
    )
    return inner[0], cause


def _json_escapes(text: str) -> tuple[str, Cause | None]:
    if not re.search(r"\\u0026|\\&", text):
        return text, None
    cause = Cause(
        r"an escape in front of '&' (\u0026 of JSON, or \& of a shell) was taken as a part of the link",
        r"Read the JSON with a JSON parser, or replace each \u0026 by &",
    )
    return re.sub(r"\\u0026|\\&", "&", text), cause


def _entities(text: str) -> tuple[str, Cause | None]:
    plain = re.sub(r"&(?:amp|AMP|#0*38|#[xX]0*26);", "&", text)
    if plain == text:
        return text, None
    cause = Cause(
        "the link is escaped for HTML: '&amp;' stands where '&' was signed",
        "Replace each &amp; by &, or copy the link from the page and not from its source",
    )
    return plain, cause


def _encoded(text: str) -> tuple[str, Cause | None]:
    """Undo an encoding of the whole link, or of its query."""
    cause = Cause(
        "the link was percent-encoded twice: each % of it became %25, or each & and = was escaped",
        f"{_AGAIN}; do not encode it once more",
    )
    if re.search(r"X-Amz-Signature%3D", text, re.IGNORECASE):
        return unquote(text), cause
    if re.search(r"X-Amz-Credential=[^&]*%25(25)*2F", text):
        return text.replace("%25", "%"), cause
    return text, None


def _blanks(text: str) -> tuple[str, Cause | None]:
    head, mark, query = text.partition("?")
    if " " in head.strip() and mark:
        cause = Cause(
            "the path has a space that is not escaped: it was signed as %20",
            f"{_AGAIN}, in quotes where a shell reads it",
        )
        return f"{head.replace(' ', '%20')}?{query}", cause
    if " " in query:
        cause = Cause("a space was added to the link", f"{_AGAIN}, without the space")
        return f"{head}?{query.replace(' ', '')}", cause
    return text, None
