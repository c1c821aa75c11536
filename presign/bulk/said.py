"""Keys whose row says something of its own, from columns of the manifest."""

from collections.abc import Mapping
from typing import cast

from presign import active, says
from presign.bulk.rows import Own
from presign.errors import ManifestError, RequestError

DOWNLOAD = {
    "version_id": "--version-column",
    "download_as": "--download-as-column",
    "content_type": "--content-type-column",
}
UPLOAD = {"checksum": "--checksum-column", "content_type": "--content-type-column"}
"""What a row may say, and the option that names its column."""


class SaidKey(str):
    """A key; ``own`` is what its link alone asks for."""

    own: Own | None

    def renamed(self, key: str) -> "SaidKey":
        """Return another key that asks for the same."""
        found = SaidKey(key)
        found.own = self.own
        return found


def said(key: str, values: Mapping[str, object], *, uploads: bool = False) -> SaidKey | ManifestError:
    """Return the key with what its row says, by the names of DOWNLOAD or UPLOAD, or what is wrong with that.

    What is empty or None is left out: the link is then for the newest version, or takes any content type.
    Only a checksum must be there, once there is a column for it.
    """
    given = {name: value for name, value in values.items() if value not in (None, "")}
    for name, value in given.items():
        if not isinstance(value, str):
            option = (UPLOAD if uploads else DOWNLOAD)[name]
            return ManifestError(f"the value for {option} is not a string")
    if "checksum" in values and "checksum" not in given:
        return ManifestError("the row has no checksum")
    found = SaidKey(key)
    try:
        query = {} if uploads else says.query(cast(says.DownloadSays, given))
        if not uploads:
            active.refuse_shown(key, query)
        headers = says.headers(cast(says.UploadSays, given)) if uploads else {}
    except RequestError as error:
        return ManifestError(str(error))
    found.own = Own(query, headers) if query or headers else None
    return found
