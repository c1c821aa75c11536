"""Keys whose download says something of its own, from columns of the manifest."""

from collections.abc import Mapping
from typing import cast

from presign import says
from presign.bulk.rows import Own
from presign.errors import ManifestError, RequestError

OPTIONS = {
    "version_id": "--version-column",
    "download_as": "--download-as-column",
    "content_type": "--content-type-column",
}


class SaidKey(str):
    """A key; ``own`` is what its link alone asks for."""

    own: Own | None

    def renamed(self, key: str) -> "SaidKey":
        """Return another key that asks for the same."""
        found = SaidKey(key)
        found.own = self.own
        return found


def said(key: str, values: Mapping[str, object]) -> SaidKey | ManifestError:
    """Return the key with what its row says, by the names of OPTIONS, or what is wrong with that.

    What is empty or None is left out: the link is then for the newest version, or replaces nothing.
    """
    given = {name: value for name, value in values.items() if value not in (None, "")}
    for name, value in given.items():
        if not isinstance(value, str):
            return ManifestError(f"the value for {OPTIONS[name]} is not a string")
    found = SaidKey(key)
    try:
        query = says.query(cast(says.DownloadSays, given))
    except RequestError as error:
        return ManifestError(str(error))
    found.own = Own(query, {}) if query else None
    return found
