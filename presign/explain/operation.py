"""What a link is for. A URL does not say its method: it shows in what else was signed, or not at all.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

from dataclasses import dataclass

from presign import reserved
from presign.explain.cause import listed
from presign.explain.link import Link
from presign.explain.subresources import OF_BUCKETS, OF_OBJECTS
from presign.outputs import Outputs

_UPLOAD_HEADERS = (
    "x-amz-server-side",
    "x-amz-checksum",
    "x-amz-meta-",
    "x-amz-tagging",
    "x-amz-acl",
    "x-amz-storage-class",
    "x-amz-object-lock",
    "x-amz-copy-source",
    "content-",
    "cache-control",
    "expires",
)
_DOWNLOAD_HEADERS = ("x-amz-server-side-encryption-customer", "x-amz-checksum-mode")  # have them, too
_OBJECT = {
    "GET": "download",
    "HEAD": "look at",
    "PUT": "upload",
    "DELETE": "delete",
    "POST": "upload by a form",
}
_BUCKET = {
    "GET": "list the bucket",
    "HEAD": "look at the bucket",
    "PUT": "create the bucket",
    "DELETE": "delete the bucket",
    "POST": "upload by a form",
}
_PART = {"GET": "read", "PUT": "change", "DELETE": "delete", "POST": "start"}
_LISTING = ("list-type", "prefix", "delimiter", "max-keys", "marker", "start-after", "continuation-token")
_UNKNOWN = ("GET", "HEAD", "PUT", "DELETE")  # a form has its own signature, and all else its parameters


@dataclass(frozen=True)
class Operation:
    """What a link does, in words, and with which methods. ``sure`` is false where another is possible.

    ``reads`` is whether it may get the content of an object, ``uploads`` whether it can only store one.
    """

    words: str
    methods: tuple[str, ...]
    sure: bool = True
    reads: bool = False
    uploads: bool = False


_BY_SDK = {"GetObject": "GET", "PutObject": "PUT", "HeadObject": "HEAD", "DeleteObject": "DELETE"}


def of(link: Link, outputs: Outputs | None) -> Operation:
    """Return what the link is for, as far as it can be known."""
    names, method = link.parameters, link.method
    if link.fields:
        return _of_object("POST")
    if "partNumber" in names and "uploadId" in names:
        words = f"upload part {names['partNumber'][:5]} of an upload in parts"
        return Operation(words, ("PUT",), uploads=True)
    if "uploadId" in names:
        return Operation(
            "complete, abort or list an upload in parts", ("POST", "DELETE", "GET"), uploads=True
        )
    if "uploads" in names and link.place.key:
        return Operation("start an upload in parts", ("POST",), uploads=True)
    parts = OF_OBJECTS if link.place.key else OF_BUCKETS
    part = next((name for name in names if name in parts), None)
    if part:
        return _of_part(part, (method,) if method in _PART else parts[part], of=link.place.key)
    if not link.place.key:
        return _of_bucket(method, listing=not names.keys().isdisjoint(_LISTING))
    if link.place.key.startswith(reserved.FOLDER) and method in ("", "GET"):
        words = f"{'open' if method else 'open, look at or delete'} a page of 'presign page', whose own links"
        methods = (method,) if method else ("GET", "HEAD", "DELETE")
        return Operation(f"{words} it does not show", methods, sure=bool(method), reads=True)
    method = method or _BY_SDK.get(names.get("x-id", ""), "")  # the SDK for JavaScript names the operation
    if not method and any(map(_stores, (*link.signed_headers, *names))):
        method = "PUT"
    return _of_object(method) if method in _OBJECT else _unsure(link, outputs)


def _stores(name: str) -> bool:
    return name.startswith(_UPLOAD_HEADERS) and not name.startswith(_DOWNLOAD_HEADERS)


def _of_object(method: str) -> Operation:
    reads, uploads = method in ("GET", "HEAD"), method in ("PUT", "POST")
    return Operation(_OBJECT[method], (method,), reads=reads, uploads=uploads)


def _of_part(part: str, methods: tuple[str, ...], *, of: str) -> Operation:
    verbs = listed([_PART[method] for method in methods], "or")
    return Operation(f"{verbs} the {'object' if of else 'bucket'}'s {part}", methods)


def _of_bucket(method: str, *, listing: bool) -> Operation:
    if method in _BUCKET:
        return Operation(_BUCKET[method], (method,))
    if listing:
        return Operation(_BUCKET["GET"], ("GET",))
    return Operation("list, look at, create or delete the bucket", _UNKNOWN, sure=False)


def _unsure(link: Link, outputs: Outputs | None) -> Operation:
    """Name all that the link may do. The signature has the method, and only the secret key reads it there."""
    if any(name.startswith("response-") for name in link.parameters):
        return Operation("download or look at", ("GET", "HEAD"), sure=False, reads=True)
    # The bucket refuses an upload without its headers, so such a link cannot upload.
    refused = outputs and outputs.bucket == link.place.bucket and outputs.upload_headers
    methods = tuple(method for method in _UNKNOWN if method != "PUT" or not refused)
    return Operation(listed([_OBJECT[method] for method in methods], "or"), methods, sure=False, reads=True)
