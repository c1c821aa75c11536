"""What of a link may not be printed: also pieces of a secret, wherever a mistake has put them.

A value is shown where it has the form that its place demands. All else that does not look like words is
hidden: it may be a piece of a signature, of a session token or of a secret key.
"""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from presign.explain.subresources import OF_BUCKETS, OF_OBJECTS

_ENCODINGS = 4  # how often a link is percent-encoded at most
_PART = 16  # characters of a secret; fewer may also be a word
_PIECE = 8  # characters; of a shorter one nobody has any use

KEY_ID = r"[A-Z0-9]{16,128}|[a-z][a-z0-9_-]{0,14}|[A-Z][A-Z0-9_-]{0,14}"
"""AWS's own ids, and short ones of other servers. What else there is may as well be a part of a secret."""

_REGION = r"[a-z0-9]{1,9}(?:-[a-z0-9]{1,10}){0,4}"
_HEADER = r"[a-z]+[0-9]{0,3}(?:-[a-z]+[0-9]{0,3})*"
_FORMS = {
    "x-amz-algorithm": r"AWS4-[A-Z0-9-]{1,30}",
    "x-amz-credential": rf"(?:{KEY_ID})/[0-9]{{8}}/{_REGION}/[a-z0-9]{{1,9}}/aws4_request",
    "x-amz-date": r"[0-9]{8}T[0-9]{6}Z",
    "x-amz-expires": r"[0-9]{1,10}",
    "x-amz-signedheaders": rf"{_HEADER}(?:;{_HEADER})*",
}
_NAME = re.compile(r"x.amz.[a-z-]+", re.IGNORECASE)
_RUN = re.compile(rf"[A-Za-z0-9+/_-]{{{_PIECE},}}")
_WORDS = re.compile(r"(?:[A-Z]?[a-z]*[_/-])*[A-Z]?[a-z]*|[0-9]{8}")


# Parameters of the operations that links are made for; all others are somebody's addition.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html and its neighbours
_DOWNLOAD = ("versionId", "partNumber")
_LISTING = ("list-type", "prefix", "delimiter", "max-keys", "start-after", "continuation-token")
_OTHER = ("encoding-type", "fetch-owner", "marker", "uploadId", "uploads", "x-id")
OPERATION_PARAMETERS = {*_DOWNLOAD, *_LISTING, *_OTHER, *OF_OBJECTS, *OF_BUCKETS}

# A signature is hexadecimal, a session token Base64, whose + and / may be escaped. Version ids have 32
# characters.
_SECRET = re.compile(r"[0-9a-f]{33,}|(?:[A-Za-z0-9+/]|%(?:25)*2[BbFf]){40,}(?:=|%(?:25)*3[Dd])*")


def secrets_in(query: str) -> list[str]:
    """Return what in a query looks like a signature or a token, under whatever name it stands."""
    found = []
    for _ in range(_ENCODINGS):
        found += _SECRET.findall(query)
        query = unquote(query)
    return found


def pieces(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield what in the names and values of a query may be a part of a secret."""
    for name, value in pairs:
        plain = unquote(name).lower()
        form = _FORMS.get(plain)
        if form is not None and re.fullmatch(form, unquote(value)):
            continue
        if unquote(name) not in OPERATION_PARAMETERS and not plain.startswith("response-"):
            yield from _runs(f"{'' if form else name} {value}")


def of_text(text: str) -> Iterator[str]:
    """Yield what may be a part of a secret in a text where a query may have lost its '?'."""
    found = _NAME.search(text)
    if found:
        yield from _runs(text[found.start() :])


def _runs(text: str) -> Iterator[str]:
    for _ in range(_ENCODINGS):
        for run in _RUN.findall(_NAME.sub(" ", text)):
            if not _WORDS.fullmatch(run):
                yield run
        text = unquote(text)


def without(text: str, secrets: Iterable[str], pieces: Iterable[str] = ()) -> str:
    """Return the text without any part of a secret, and without any smaller part of its ``pieces``."""
    hidden = bytearray(len(text))
    for size, found in ((_PART, secrets), (_PIECE, pieces)):
        parts = {secret[n : n + size] for secret in found for n in range(len(secret) - size + 1)}
        for n in range(len(text) - size + 1):
            if text[n : n + size] in parts:
                hidden[n : n + size] = b"\1" * size
    runs = re.finditer(b"\0+|\1+", hidden)
    return "".join("[not shown]" if hidden[run.start()] else text[run.start() : run.end()] for run in runs)
