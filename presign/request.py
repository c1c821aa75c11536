"""What a request carries besides its key: a size, a name to save as, a content type."""

import re
import stat
from pathlib import Path
from urllib.parse import quote

from presign.errors import RequestError

MAX_UPLOAD = 5 * 1024**3  # bytes; the most that one PUT or POST may hold

_WORD = r"[A-Za-z0-9!#$&^_.+-]+"
_CONTENT_TYPE = re.compile(rf"{_WORD}/{_WORD}( *; *{_WORD}=({_WORD}|\"[^\"\\]*\"))*")
_CONTENT_TYPES = re.compile(rf"{_WORD}/\*")


def size_of(file: str | None) -> int | None:
    """Return the bytes of a local file; None where it is not there, as it may be on another machine.

    Raises RequestError for what is there and no regular file, such as a folder, a pipe or a device.
    """
    try:
        found = Path(file).stat() if file else None
    except (OSError, ValueError):
        return None
    if found and not stat.S_ISREG(found.st_mode):
        raise RequestError(f"{file} is no regular file, and S3 must know the size of an upload beforehand")
    return found.st_size if found else None


def require_fitting(file: str | None, least: int, most: int) -> None:
    """Raise RequestError where the local ``file`` is there and a form refuses it for its size in bytes."""
    size = size_of(file)
    if size is None:
        return
    if size > MAX_UPLOAD:
        raise RequestError(
            f"{file} has {size:,} bytes, and one upload takes at most {MAX_UPLOAD:,} (5 GiB): upload it in "
            "parts, with 'presign put --multipart'"
        )
    if not least <= size <= most:
        raise RequestError(f"{file} has {size:,} bytes, and the form takes {least:,} to {most:,} bytes")


def content_disposition(name: str | None, kind: str = "attachment") -> str:
    """Return the Content-Disposition that makes a browser save under ``name``.

    With the kind ``inline``, browsers show the content where they can.

    A name that is not ASCII is given twice: plainly, for old clients, and as
    RFC 5987 encodes it, which goes first with all others.

    https://www.rfc-editor.org/rfc/rfc6266#section-4.3
    """
    if name is None:
        return kind
    if not name or not name.isprintable() or set(name) & set("/\\") or name in (".", ".."):
        raise RequestError(
            f"{name!r} cannot be the name to save as: give a file name, without / and control characters"
        )
    plain = "".join(character if character.isascii() else "_" for character in name)
    # A percent sign in the plain name is decoded by some browsers (RFC 6266, appendix D).
    quoted = plain.replace("%", "_").replace('"', '\\"')
    if quoted == name:
        return f'{kind}; filename="{quoted}"'
    # RFC 5987 allows these besides the unreserved characters.
    return f"{kind}; filename=\"{quoted}\"; filename*=UTF-8''{quote(name, safe='!#$&+^`|')}"


def content_type(text: str) -> str:
    """Return ``text`` if it is a content type such as ``text/csv; charset=utf-8``."""
    if not text.isascii() or not text.isprintable() or not _CONTENT_TYPE.fullmatch(text):
        raise RequestError(f"{text!r} is not a content type: give one such as text/csv or application/pdf")
    return text


def content_types(text: str) -> tuple[str, bool]:
    """Return what a form's content type must be, and whether that is only its start, as for ``image/*``."""
    if _CONTENT_TYPES.fullmatch(text):
        return text[:-1], True
    return content_type(text), False
