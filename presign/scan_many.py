"""Asks for the tags of many objects at once: a listing does not have them."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from presign import listing, scan_tags
from presign.errors import CheckError
from presign.prepare import Prepared

AT_A_TIME = 16

Said = Future[str | None]


class Asker:
    """Asks what the scan for malware said; ``asking`` makes it."""

    def __init__(self, prepared: Prepared) -> None:
        self.waiting: SimpleQueue[tuple[Said, str, str | None] | None] = SimpleQueue()
        self._scan, self._bucket = prepared.stack.scan, prepared.stack.bucket
        self._client: Any = listing.client(prepared, AT_A_TIME)

    def ask(self, keys: Sequence[str], versions: Sequence[str | None] = ()) -> list[Said]:
        """Return what will be said of each object, or version of it; see ``scan_tags.verdict``.

        What is not scanned counts as clean.
        """
        said: list[Said] = [Future() for _ in keys]
        for question in zip(said, keys, versions or [None] * len(keys), strict=True):
            self.waiting.put(question)
        return said

    def work(self) -> None:
        """Answer what is waiting, until there is a None."""
        while question := self.waiting.get():
            said, key, version = question
            try:
                said.set_result(self._verdict(key, version))
            except Exception as error:
                said.set_exception(error)

    def _verdict(self, key: str, version: str | None) -> str | None:
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        if not self._scan.covers(key):
            return self._scan.clean
        wanted = {"Bucket": self._bucket, "Key": key, **({"VersionId": version} if version else {})}
        try:
            answer = self._client.get_object_tagging(**wanted)
        except ClientError as error:
            answer = error.response
        except (BotoCoreError, ResponseParserError) as error:
            raise CheckError(f"S3 does not say which tags {key!r} has: {error}") from error
        status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode")
        refusal = answer.get("Error", {})
        tags = {tag.get("Key"): tag.get("Value", "") for tag in answer.get("TagSet", ())}
        found = scan_tags.Answer(status, refusal.get("Code", ""), refusal.get("Message", ""), tags)
        return scan_tags.verdict(self._scan, key, version, found)


@contextmanager
def asking(prepared: Prepared) -> Iterator[Asker]:
    """Ask with several threads, which end with the block.

    They are daemons, unlike those of an executor: Ctrl-C does not wait for their requests.
    """
    asker = Asker(prepared)
    for _ in range(AT_A_TIME):
        Thread(target=asker.work, daemon=True).start()
    try:
        yield asker
    finally:
        with suppress(Empty):
            while True:
                asker.waiting.get_nowait()
        for _ in range(AT_A_TIME):
            asker.waiting.put(None)
