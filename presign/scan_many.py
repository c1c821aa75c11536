"""Asks for the tags of many objects at once: a listing does not have them."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from presign import listing, scan_tags
from presign.errors import ListingError
from presign.prepare import Prepared

AT_A_TIME = 16


class Asker:
    """Asks what the scan for malware said; ``asking`` makes it."""

    def __init__(self, prepared: Prepared, pool: ThreadPoolExecutor) -> None:
        self._scan, self._bucket, self._pool = prepared.stack.scan, prepared.stack.bucket, pool
        self._client: Any = listing.client(prepared, AT_A_TIME)

    def values(self, keys: Sequence[str], versions: Sequence[str | None] = ()) -> Iterator[str | None]:
        """Yield what was said of each object, or version of it; None where S3 denies the answer.

        What is not scanned counts as clean. Raises ListingError where S3 has no answer.
        """
        return self._pool.map(self._value, keys, versions or [None] * len(keys))

    def _value(self, key: str, version: str | None) -> str | None:
        from botocore.exceptions import BotoCoreError, ClientError

        if not self._scan.covers(key):
            return self._scan.clean
        wanted = {"Bucket": self._bucket, "Key": key, **({"VersionId": version} if version else {})}
        try:
            tags: Sequence[Mapping[str, str]] = self._client.get_object_tagging(**wanted)["TagSet"]
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            if status == 403:
                return None
            if status in scan_tags.NOT_THERE:
                return scan_tags.MISSING
            raise ListingError(f"S3 does not say which tags {key!r} has: {error}") from error
        except BotoCoreError as error:
            raise ListingError(f"S3 does not say which tags {key!r} has: {error}") from error
        return next((tag["Value"] for tag in tags if tag["Key"] == self._scan.tag), "")


@contextmanager
def asking(prepared: Prepared) -> Iterator[Asker]:
    """Ask with several threads, which end with the block."""
    pool = ThreadPoolExecutor(AT_A_TIME)
    try:
        yield Asker(prepared, pool)
    finally:
        pool.shutdown(cancel_futures=True)
