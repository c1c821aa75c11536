"""What keys are meant: ``s3://`` URIs of the bucket, and keys that S3 takes but that nobody means."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from presign.errors import ObjectKeyError

S3 = "s3://"

_LISTING = re.compile(r"\n(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +\d+ | +PRE |[-dl][-rwxsStT]{9}[ +@.])")
_SCHEME = re.compile(r"\n[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_BLANK = re.compile(r"\n[ \t]|[ \t]\n")
# Whether there can be a doubt among many keys: one search, since most lists give no cause for any.
_AT_AN_END = re.compile(r"\n(?:(?<=[ \t/.]\n)|[ \t/]|arn:|\d{4}-\d\d-\d\d |[-dl][-r])")
_WITHIN = ("./", "://", "*", "\\")
_DOTS = re.compile(r"[/\n]\.\.?[/\n]")
_NAME_ALONE = "give the object's key alone, as it is in the bucket"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that makes a link fail although it is signed correctly, or that the user did not mean.

    ``seen`` is asked about keys between line breaks: of one, or of many at once, which is faster.
    """

    seen: Callable[[str], object]
    has: str
    have: str
    what: str
    advice: str

    def of_one(self) -> str:
        """Say it of a single key."""
        return f"the key {self.has} {self.what}: {self.advice}"

    def of_many(self, count: int, example: str) -> str:
        """Say it of ``count`` keys, of which ``example`` is the first."""
        keys = f"1 key {self.has}" if count == 1 else f"{count:,} keys {self.have}"
        return f"{keys} {self.what} (such as {example[:60]!r}): {self.advice}"


DOTTED = Doubt(
    # Hardly any key has a segment that ends with a dot, and this search is faster.
    lambda text: ("./" in text or ".\n" in text) and _DOTS.search(text),
    *("has", "have"),
    "a '.' or '..' part",
    "browsers and most HTTP clients rewrite it; curl --path-as-is does not",
)
_ANYWHERE = (
    Doubt(lambda text: "\n/" in text, "starts", "start", "with /", "it becomes part of the object's name"),
    Doubt(
        lambda text: "*" in text,
        *("has", "have"),
        "a '*'",
        "a link is for one object: give its whole key, or a list of keys to 'presign bulk'",
    ),
    Doubt(lambda text: "://" in text and _SCHEME.search(text), "looks", "look", "like a URL", _NAME_ALONE),
    Doubt(lambda text: "\narn:" in text, "looks", "look", "like an ARN", _NAME_ALONE),
    Doubt(_LISTING.search, "looks", "look", "like a line of a listing", _NAME_ALONE),
    Doubt(
        lambda text: (" " in text or "\t" in text) and _BLANK.search(text),
        *("starts or ends", "start or end"),
        "with a blank",
        "it becomes part of the object's name",
    ),
    Doubt(
        _ESCAPE.search,
        *("has", "have"),
        "a %-escape",
        "it is taken as it is: where it comes from a URL, give the key that it stands for",
    ),
    Doubt(lambda text: "\\" in text, "has", "have", "a backslash", "S3's folders are separated by / alone"),
)
_FOLDER = Doubt(
    lambda text: "/\n" in text,
    *("ends", "end"),
    "with /",
    "a link downloads one object, not a folder: give the key of each object",
)
_MARKER = Doubt(
    lambda text: "/\n" in text,
    *("ends", "end"),
    "with /",
    "the object gets this very name: add the file's name, or make a form with 'presign post'",
)
_DOUBTS = {
    "GET": (DOTTED, *_ANYWHERE, _FOLDER),
    "PUT": (DOTTED, *_ANYWHERE, _MARKER),
    "POST": _ANYWHERE,
}


def in_bucket(key: str, bucket: str) -> str:
    """Return the key that ``s3://BUCKET/KEY`` names, or else ``key`` as it is.

    Raises ObjectKeyError for a URI of another bucket.
    """
    if not key.startswith(S3):
        return key
    if not key.startswith(f"{S3}{bucket}/"):
        raise ObjectKeyError(
            f"{key!r} is not in the bucket of these outputs, {bucket}: give a key of this bucket"
        )
    return key.removeprefix(f"{S3}{bucket}/")


def s3_cannot_have(key: str, *, virtual: bool) -> str:
    """Return why S3 does not serve a key of 1 to 1,024 bytes, or an empty text.

    ``virtual`` is whether the bucket is in the host's name, on AWS.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
    """
    if virtual and key == "soap":
        return "S3 does not serve the key 'soap' where the bucket is in the host's name"
    depth = 0
    for part in key.split("/") if ".." in key else ():
        depth += -1 if part == ".." else 1
        if depth < 0:
            return f"the key {key[:60]!r} has more '..' parts than others before them, which S3 refuses"
    return ""


def refuse(key: str, *, virtual: bool) -> None:
    """Raise ObjectKeyError for a key that S3 does not serve, as ``s3_cannot_have`` says."""
    why = s3_cannot_have(key, virtual=virtual)
    if why:
        way = "choose another key, or set addressing_style = path" if key == "soap" else "choose another key"
        raise ObjectKeyError(f"{why}: {way}")


def some_refused(keys: str) -> bool:
    """Return whether S3 may not serve one of many keys, between line breaks."""
    return ".." in keys or "\nsoap\n" in f"\n{keys}\n"


def dotted(key: str) -> bool:
    """Return whether the key has a ``.`` or ``..`` part, which browsers rewrite."""
    return bool(DOTTED.seen(_alone(key)))


def doubts(key: str, method: str) -> list[str]:
    """Say what is doubtful about the key of one link; ``method`` is POST for a form's key or prefix."""
    return [doubt.of_one() for doubt in _DOUBTS[method] if doubt.seen(_alone(key))]


class Doubts:
    """What is doubtful about many keys: how many have each doubt, and the first of these."""

    def __init__(self, method: str) -> None:
        self._method = method
        self._found: dict[int, tuple[int, str]] = {}

    def look(self, keys: Sequence[str], *, listed: bool) -> Self:
        """Add ``keys``. Those ``listed`` by S3 are there, whatever they look like."""
        text = "\n".join(["", *keys, ""])
        if not (any(part in text for part in _WITHIN) or _AT_AN_END.search(text) or _ESCAPE.search(text)):
            return self
        for number, doubt in enumerate((DOTTED,) if listed else _DOUBTS[self._method]):
            if doubt.seen(text):
                found = [key for key in keys if doubt.seen(_alone(key))]
                if found:  # a key may itself have line breaks
                    self._add(number, len(found), found[0])
        return self

    def add(self, others: "Doubts") -> None:
        """Add those of other keys."""
        for number, (count, example) in others._found.items():
            self._add(number, count, example)

    def words(self) -> list[str]:
        """Say them."""
        doubts = _DOUBTS[self._method]
        return [doubts[number].of_many(*self._found[number]) for number in sorted(self._found)]

    def _add(self, number: int, count: int, example: str) -> None:
        before, first = self._found.get(number, (0, example))
        self._found[number] = before + count, first


def _alone(key: str) -> str:
    key = key.replace("\n", " ")
    return f"\n{key}\n"
