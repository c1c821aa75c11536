"""An upload in parts that was begun, with its links."""

import hashlib
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from presign import duration, keys, reserved
from presign.errors import RequestError
from presign.multipart.sizes import MIB, Parts
from presign.prepare import Prepared
from presign.signer import encode_keys

DEFAULT_EXPIRES = 24 * 60 * 60  # seconds
DIGEST_HEADER = "content-md5"


@dataclass(frozen=True)
class Part:
    """One part: its link, the headers to send, and which bytes of the file it is."""

    number: int
    url: str
    headers: dict[str, str]
    offset: int
    size: int


@dataclass(frozen=True)
class Upload:
    """What the person who uploads gets. ``removed_at`` is when a lifecycle rule removes what is unfinished.

    ``locked`` is whether the bucket has Object Lock, as far as the outputs tell.
    ``parts`` has all of them for the largest file; a smaller one leaves the last ones out.
    """

    place: str
    upload_id: str
    file: str
    expires_at: datetime
    removed_at: datetime | None
    sizes: Parts
    parts: Sequence[Part]
    complete: str
    complete_headers: dict[str, str]
    abort: str
    locked: bool

    @property
    def name(self) -> str:
        """A short name for this upload, of letters and digits."""
        return hashlib.sha256(self.upload_id.encode()).hexdigest()[:12]

    def doubts(self) -> list[str]:
        """Say whether it is removed before its links expire."""
        if self.removed_at is None or self.removed_at >= self.expires_at:
            return []
        return [
            f"a lifecycle rule of the bucket removes the upload to {self.place} at "
            f"{duration.iso(self.removed_at)}, before the links expire"
        ]


def require_key(prepared: Prepared, key: str, headers: Mapping[str, str]) -> None:
    """Raise PresignError for a key that gets no links with such ``headers``, before an upload begins."""
    encode_keys([key])
    keys.refuse(key, virtual=prepared.virtual)
    reserved.refuse(key)
    prepared.stack.revoked.refuse(key)
    prepared.stack.scan.refuse_tags(key, headers)


def sign(
    prepared: Prepared,
    key: str,
    file: str,
    sizes: Parts,
    digests: Sequence[str],
    condition: dict[str, str],
    begun: tuple[str, datetime | None],
) -> Upload:
    """Make the links.

    ``digests`` are the parts' MD5 digests, or empty where any content is taken. ``condition`` has the headers
    with which the upload is completed. ``begun`` is the upload's id, and when it is removed.
    """
    upload_id, removed_at = begun
    whole = {"uploadId": upload_id}

    def part(number: int) -> Part:
        headers = {DIGEST_HEADER: digests[number - 1]} if digests else {}
        query = {"partNumber": str(number), **whole}
        url = prepared.signer.plan("PUT", prepared.expires, headers, query).url(key)
        return Part(number, url, headers, *sizes.bounds(number))

    complete = prepared.signer.plan("POST", prepared.expires, condition, whole)
    return Upload(
        place=f"s3://{prepared.stack.bucket}/{key}",
        upload_id=upload_id,
        file=file,
        expires_at=complete.expires_at,
        removed_at=removed_at,
        sizes=sizes,
        parts=[part(number) for number in range(1, sizes.count + 1)],
        complete=complete.url(key),
        complete_headers=condition,
        abort=prepared.signer.plan("DELETE", prepared.expires, {}, whole).url(key),
        locked=prepared.stack.object_lock,
    )


def digests_of(file: str, sizes: Parts) -> list[str]:
    """Return the MD5 digest of each part of a local file, in base64. Raises RequestError."""
    try:
        with Path(file).open("rb") as opened:
            return [_digest(iter(lambda: opened.read(MIB), b""), sizes) for _ in range(sizes.count)]
    except OSError as error:
        raise RequestError(f"cannot read {file}: {error.strerror or error}") from error


def _digest(chunks: Iterator[bytes], sizes: Parts) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    for _, chunk in zip(range(sizes.part_size // MIB), chunks, strict=False):
        digest.update(chunk)
    return b64encode(digest.digest()).decode()
