"""What a link is for. A URL does not say its method: it shows in what else was signed."""

from dataclasses import dataclass

from presign import reserved
from presign.explain.link import Link
from presign.outputs import Outputs

_UPLOAD_HEADERS = (
    "x-amz-server-side",
    "x-amz-checksum",
    "x-amz-meta-",
    "x-amz-tagging",
    "x-amz-acl",
    "content-",
)
_MORE_UPLOAD_HEADERS = (
    "x-amz-storage-class",
    "x-amz-object-lock",
    "cache-control",
    "if-none-match",
    "expires",
)
_WORDS = {
    "GET": "download",
    "PUT": "upload",
    "HEAD": "look at",
    "DELETE": "delete",
    "POST": "upload by a form",
}


@dataclass(frozen=True)
class Operation:
    """What a link does, in words, and with which methods. ``sure`` is false where it is only likely."""

    words: str
    methods: tuple[str, ...]
    sure: bool = True

    @property
    def uploads(self) -> bool:
        """Whether it stores something."""
        return not {"PUT", "POST"}.isdisjoint(self.methods)


_BY_SDK = {
    "GetObject": Operation("download", ("GET",)),
    "PutObject": Operation("upload", ("PUT",)),
    "HeadObject": Operation("look at", ("HEAD",)),
    "DeleteObject": Operation("delete", ("DELETE",)),
}


def of(link: Link, outputs: Outputs | None) -> Operation:
    """Return what the link is for, as far as it can be known."""
    names, signed = link.parameters, link.signed_headers
    if not link.place.key and link.method in ("", "GET", "HEAD"):
        return Operation("list the bucket", (link.method,) if link.method else ("GET", "HEAD"))
    if link.place.key.startswith(reserved.FOLDER):
        return Operation("open a page of 'presign page', whose own links it does not show", ("GET",))
    if link.method in _WORDS and "uploadId" not in names:
        return Operation(_WORDS[link.method], (link.method,))
    if names.get("x-id") in _BY_SDK:  # the SDK for JavaScript names the operation
        return _BY_SDK[names["x-id"]]
    if "partNumber" in names and "uploadId" in names:
        return Operation(f"upload part {names['partNumber'][:5]} of an upload in parts", ("PUT",))
    if "uploads" in names:
        return Operation("start an upload in parts", ("POST",))
    if "uploadId" in names:
        return Operation("complete, abort or list an upload in parts", ("POST", "DELETE", "GET"))
    if any(name.startswith((*_UPLOAD_HEADERS, *_MORE_UPLOAD_HEADERS)) for name in (*signed, *names)):
        return Operation("upload", ("PUT",))
    if any(name.startswith("response-") for name in names) or "versionId" in names:
        return Operation("download", ("GET",))
    if outputs and outputs.bucket == link.place.bucket and outputs.upload_headers:
        return Operation("download: an upload would need signed headers", ("GET",))
    return Operation("most likely download: a link without headers does not say it", ("GET",), sure=False)
