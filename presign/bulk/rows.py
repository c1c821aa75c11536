"""What a row of a manifest may ask for besides its key, and what gets no links."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from presign import reserved
from presign.listing import ARCHIVES


class Own(NamedTuple):
    """What a row alone asks for: the parameters and the headers of its link."""

    query: Mapping[str, str]
    headers: Mapping[str, str]


def of_version(version_id: str | None) -> Own:
    """Return what a link to one version asks for; without an id, it is the version called null."""
    return Own({"versionId": version_id or "null"}, {})


@dataclass(frozen=True, slots=True)
class Wanted:
    """Keys to sign, and what each asks for; ``own`` is empty where none asks for anything."""

    keys: list[str]
    own: Sequence[Own | None] = ()

    def __getitem__(self, part: slice) -> "Wanted":
        return Wanted(self.keys[part], self.own[part])


@dataclass(slots=True)
class Left:
    """Chooses among listed objects, and counts those that get no links."""

    archived: bool = True  # whether what is archived gets links
    all_versions: bool = False
    counts: dict[str, int] = field(default_factory=dict)

    def out(self, key: str, *, latest: bool, marker: bool, storage: Sequence[str | None] = ()) -> bool:
        """Return whether an object is left out; ``storage`` is its class and its tier."""
        if key.startswith(reserved.FOLDER):
            self.count(f"objects in {reserved.FOLDER}: pages of 'presign page'")
        elif marker or not (latest or self.all_versions):
            self.count(
                "delete markers"
                if self.all_versions
                else "delete markers and versions that are not the latest"
            )
        elif not self.archived and any(name in ARCHIVES for name in storage):
            self.count("archived objects, which must be restored first (--archived includes them)")
        else:
            return False
        return True

    def words(self) -> list[str]:
        """Say how many of what."""
        return [f"{count:,} {what}" for what, count in self.counts.items()]

    def count(self, what: str) -> None:
        """Count one object that is left out, by what it is."""
        self.counts[what] = self.counts.get(what, 0) + 1
