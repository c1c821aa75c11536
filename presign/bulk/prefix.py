"""A Source: the objects below a prefix, as S3 lists them now."""

from collections.abc import Iterator

from presign import listing
from presign.bulk.manifest import Batch
from presign.bulk.rows import Left, of_version
from presign.prepare import Prepared


class Prefix:
    """The objects whose keys start with ``prefix``. They are in the order of their keys.

    ``after`` is the last key of the run that is resumed.
    """

    size = 0

    def __init__(self, prepared: Prepared, prefix: str, left: Left, after: str = "") -> None:
        self.left = left
        self._after = after
        self._prepared = prepared
        self._prefix = prefix

    def position(self) -> int:
        """Return 0: nobody knows how many there are."""
        return 0

    def batches(self) -> Iterator[Batch]:
        """Yield a batch for each page that S3 lists. Raises ListingError."""
        versions = self.left.all_versions
        name = f"s3://{self._prepared.stack.bucket}/{self._prefix}"
        first = 1
        for page in listing.pages(self._prepared, self._prefix, versions=versions, after=self._after):
            found = [
                entry
                for entry in page
                if not self.left.out(
                    entry.key, latest=entry.latest, marker=entry.marker, storage=(entry.storage,)
                )
            ]
            own = [of_version(entry.version_id) for entry in found] if versions else ()
            yield Batch(range(first, first + len(found)), [entry.key for entry in found], name, own)
            first += len(found)
