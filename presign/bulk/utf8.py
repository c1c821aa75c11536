"""Reads text in UTF-8 or UTF-16 as UTF-8. PowerShell's ``>`` writes UTF-16."""

import codecs
import io
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_HEAD = 4096  # bytes that tell the encoding
_BLOCK = 1 << 18  # bytes
_MARKS = (  # the longer ones first, as UTF-16's begins UTF-32's
    (codecs.BOM_UTF8, ""),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def as_utf8(stream: BinaryIO) -> BinaryIO:
    """Return what the open ``stream`` holds, as UTF-8 without a byte order mark.

    Where the text is not valid, reading raises OSError. UTF-16 without a mark is recognized where most
    characters are Latin; other text with null bytes stays as it is. UTF-16 whose first character is null
    has the mark of UTF-32, and is read as that.
    """
    head = stream.read(_HEAD)
    mark, encoding = next((pair for pair in _MARKS if head.startswith(pair[0])), (b"", _guessed(head)))
    return io.BufferedReader(_Utf8(head[len(mark) :], stream, encoding), _BLOCK)


def _guessed(head: bytes) -> str:
    """Tell UTF-16 by the null byte that each Latin character has, always on the same side."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    most = len(head) // 2 * 3 / 4
    if odd > most and not even:
        return "utf-16-le"
    return "utf-16-be" if even > most and not odd else ""


class _Utf8(io.RawIOBase):
    """``head`` and then the rest of ``stream``, decoded from ``encoding`` and encoded again."""

    def __init__(self, head: bytes, stream: BinaryIO, encoding: str) -> None:
        self._stream = stream
        self._encoding = encoding
        # Lone surrogates become bytes that are not UTF-8: a bad row, which spoils no other.
        self._decoder = codecs.getincrementaldecoder(encoding)("surrogatepass") if encoding else None
        self._ready = self._utf8(head)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        while not self._ready:
            data = self._stream.read(_BLOCK)
            self._ready = self._utf8(data)
            if not data:
                break
        view = memoryview(buffer)
        count = min(len(view), len(self._ready))
        view[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def _utf8(self, data: bytes) -> bytes:
        if not self._decoder:
            return data
        try:
            return self._decoder.decode(data, final=not data).encode("utf-8", "surrogatepass")
        except UnicodeDecodeError as error:
            raise OSError(f"it is not valid {self._encoding.upper()}: {error.reason}") from error
