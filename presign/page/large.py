"""Files that are uploaded in parts: begun when the page is made, each with a key of its own."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from presign.multipart import render, sizes, upload
from presign.multipart.s3 import Uploads
from presign.options import PlaceOptions
from presign.prepare import Prepared

NEW = {"if-none-match": "*"}
"""The condition with which an upload replaces no object."""

_LISTED = 1000  # parts that S3 lists at once


@dataclass(frozen=True)
class Large:
    """A file that is expected: the name that people see, the key, and the most bytes that it may have."""

    name: str
    key: str
    parts: sizes.Parts


@contextmanager
def begun(
    prepared: Prepared,
    options: PlaceOptions,
    wanted: Sequence[Large],
    headers: Mapping[str, str],
    condition: dict[str, str],
) -> Iterator[list[upload.Upload]]:
    """Begin an upload for each file; abort all of them where the block fails.

    ``headers`` is what the uploads say besides what the bucket demands. ``condition`` has the headers with
    which they are completed.
    """
    if not wanted:
        yield []
        return
    client = Uploads(prepared, options)
    headers = {**prepared.stack.upload_headers, **headers}
    with ExitStack() as stack:
        begun = [stack.enter_context(client.begun(one.key, headers)) for one in wanted]
        yield [
            upload.sign(prepared, one.key, one.name, one.parts, [], condition, id_and_end)
            for one, id_and_end in zip(wanted, begun, strict=True)
        ]


def about(prepared: Prepared, wanted: Sequence[Large], made: Sequence[upload.Upload]) -> list[dict[str, Any]]:
    """Return what a page says of each: what its links have in common, and the signature of each part."""
    return [_about(prepared, *pair) for pair in zip(wanted, made, strict=True)]


def _about(prepared: Prepared, one: Large, made: upload.Upload) -> dict[str, Any]:
    head, between = render.common(made.parts[0])
    ids = {"uploadId": made.upload_id}
    starts = range(0, one.parts.count, _LISTED)
    queries = [ids if start == 0 else {**ids, "part-number-marker": str(start)} for start in starts]
    lists = [prepared.signer.plan("GET", prepared.expires, {}, query).url(one.key) for query in queries]
    return {
        "name": one.name,
        "key": one.key,
        "size": one.parts.size,
        "partSize": one.parts.part_size,
        "head": head.removeprefix(prepared.bucket_url),
        "between": between,
        "signatures": [part.url.rpartition("=")[2] for part in made.parts],
        "lists": [url.removeprefix(prepared.bucket_url) for url in lists],
        "complete": made.complete.removeprefix(prepared.bucket_url),
        "condition": made.complete_headers,
    }
