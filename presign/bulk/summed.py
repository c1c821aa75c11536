"""Keys whose upload must have a checksum, from a column of the manifest."""

from presign import checksums
from presign.errors import ManifestError, RequestError


class SummedKey(str):
    """A key; ``header`` is the name and the value of the header with its checksum."""

    header: tuple[str, str]

    def renamed(self, key: str) -> "SummedKey":
        """Return another key with the same checksum."""
        found = SummedKey(key)
        found.header = self.header
        return found


def summed(key: str, checksum: object) -> SummedKey | ManifestError:
    """Return the key with its checksum, such as ``sha256:DIGEST``, or what is wrong with that."""
    if not isinstance(checksum, str) or not checksum:
        return ManifestError("the row has no checksum")
    found = SummedKey(key)
    try:
        [found.header] = checksums.header(checksum).items()
    except RequestError as error:
        return ManifestError(str(error))
    return found
