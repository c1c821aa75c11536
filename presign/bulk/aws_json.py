"""Reads the JSON of ``aws s3api list-objects-v2`` and ``list-object-versions``, one object at a time.

https://docs.aws.amazon.com/cli/latest/reference/s3api/list-objects-v2.html#output
"""

import codecs
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from presign.bulk.lines import MAX_LINE
from presign.errors import ManifestError

_BLOCK = 1 << 18  # bytes
_LISTS = ("Contents", "Versions", "DeleteMarkers")
_WRONG = "the manifest is not what 'aws s3api list-objects-v2' or 'list-object-versions' writes as JSON"


def entries(stream: BinaryIO, bucket: str) -> Iterator[tuple[object, bool]]:
    """Yield each object, as it is in the document, and whether it is a delete marker. Raises ManifestError.

    With ``--query Contents`` the document is the array alone.
    """
    reader = _Reader(stream)
    first = reader.peek()
    if first == "[":
        yield from ((item, False) for item in reader.array())
    elif first == "{":
        yield from _of_document(reader, bucket)
    elif first and reader.value() is not None:  # null, or nothing: there are no objects
        raise ManifestError(_WRONG)
    if reader.peek():
        raise ManifestError(f"{_WRONG}: something follows its end")


def _of_document(reader: "_Reader", bucket: str) -> Iterator[tuple[object, bool]]:
    reader.take("{")
    while reader.peek() != "}":
        name: Any = reader.value()
        reader.take(":")
        if name in _LISTS and reader.peek() == "[":
            yield from ((item, name == "DeleteMarkers") for item in reader.array())
        else:
            value = reader.value()
            if name == "Name" and value != bucket:
                raise ManifestError(
                    f"the manifest lists the bucket {value}, not that of the outputs, {bucket}"
                )
            if name == "EncodingType" and value:
                raise ManifestError("the manifest's keys are encoded: list again without --encoding-type")
        if reader.peek() != "}":
            reader.take(",")
    reader.take("}")


class _Reader:
    """The values of a JSON document, of which only a part is in memory."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._json = json.JSONDecoder()
        self._text = ""
        self._at = 0

    def peek(self) -> str:
        """Return the next character that is no white space; nothing at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in " \t\r\n":
                    return self._text[self._at]
                self._at += 1
            if not self._more():
                return ""

    def take(self, wanted: str) -> None:
        """Pass a character, which must come next. Raises ManifestError."""
        if (found := self.peek()) != wanted:
            raise ManifestError(f"{_WRONG}: {found or 'its end'!r} where {wanted!r} must be")
        self._at += 1

    def value(self) -> object:
        """Return the next whole value. Raises ManifestError."""
        self.peek()
        while True:
            try:
                value, end = self._json.raw_decode(self._text, self._at)
            except (ValueError, RecursionError) as error:
                if len(self._text) - self._at > MAX_LINE or not self._more():
                    raise ManifestError(f"{_WRONG}: {error}") from error
                continue
            length = end - self._at
            if end == len(self._text) and self._more():
                continue  # a number may go on
            self._at += length
            return value

    def array(self) -> Iterator[object]:
        """Yield the items of an array."""
        self.take("[")
        while self.peek() != "]":
            yield self.value()
            if self.peek() != "]":
                self.take(",")
        self.take("]")

    def _more(self) -> bool:
        block = self._stream.read(_BLOCK)
        self._text = self._text[self._at :] + self._decoder.decode(block, final=not block)
        self._at = 0
        return bool(block)
