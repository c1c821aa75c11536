"""What a request carries besides its key: a name to save as, a content type, a checksum."""

import base64
import binascii
import re
from pathlib import Path
from urllib.parse import quote

from presign.errors import RequestError

MAX_UPLOAD = 5 * 1024**3  # bytes; the most that one PUT or POST may hold
CHECKSUM_HEADER = "x-amz-checksum-sha256"

_WORD = r"[A-Za-z0-9!#$&^_.+-]+"
_CONTENT_TYPE = re.compile(rf"{_WORD}/{_WORD}( *; *{_WORD}=({_WORD}|\"[^\"\\]*\"))*")
_CONTENT_TYPES = re.compile(rf"{_WORD}/\*")
_HEX_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_SHA256_BYTES = 32


def require_fitting(file: str | None, least: int = 0, most: int = MAX_UPLOAD) -> None:
    """Raise RequestError where the local ``file`` is there and S3 would refuse it for its size in bytes."""
    try:
        size = Path(file).stat().st_size if file else least
    except (OSError, ValueError):
        return  # it may be on another machine
    if size > MAX_UPLOAD:
        raise RequestError(
            f"{file} has {size:,} bytes, and one upload takes at most {MAX_UPLOAD:,} (5 GiB): upload it in "
            "parts, as 'aws s3 cp' does with the credentials, or split it"
        )
    if not least <= size <= most:
        raise RequestError(f"{file} has {size:,} bytes, and the form takes {least:,} to {most:,} bytes")


def content_disposition(name: str) -> str:
    """Return the Content-Disposition that makes a browser save under ``name``.

    A name that is not ASCII is given twice: plainly, for old clients, and as
    RFC 5987 encodes it, which goes first with all others.

    https://www.rfc-editor.org/rfc/rfc6266#section-4.3
    """
    if not name or not name.isprintable() or set(name) & set("/\\") or name in (".", ".."):
        raise RequestError(
            f"{name!r} cannot be the name to save as: give a file name, without / and control characters"
        )
    plain = "".join(character if character.isascii() else "_" for character in name)
    # A percent sign in the plain name is decoded by some browsers (RFC 6266, appendix D).
    quoted = plain.replace("%", "_").replace('"', '\\"')
    if quoted == name:
        return f'attachment; filename="{quoted}"'
    # RFC 5987 allows these besides the unreserved characters.
    return f"attachment; filename=\"{quoted}\"; filename*=UTF-8''{quote(name, safe='!#$&+^`|')}"


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


def checksum_header(text: str) -> dict[str, str]:
    """Return the header for ``sha256:`` and the digest, in hexadecimal or base64.

    S3 then refuses any other content.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
    """
    algorithm, colon, digest = text.partition(":")
    if algorithm.lower() != "sha256" or not colon:
        raise RequestError(
            f"{text!r} is not a checksum: give sha256: and the digest, such as sha256sum prints"
        )
    try:
        if _HEX_SHA256.fullmatch(digest):
            data = bytes.fromhex(digest)
        else:
            data = base64.b64decode(digest, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if len(data) != _SHA256_BYTES:
        raise RequestError(
            f"{digest!r} is not a SHA-256 digest: give its 64 hexadecimal digits, or its 32 bytes in base64"
        )
    return {CHECKSUM_HEADER: base64.b64encode(data).decode()}
