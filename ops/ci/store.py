"""CI's files in the state bucket: encrypted by its key, and readable only with the right to read the state.

Everything lies under `ci/ENV/`: a pull request's review in `review/NUMBER/DIGEST/`, a plan of the main branch
in `plans/TREE/DIGEST/`, where DIGEST is the SHA-256 of the manifest there; and what was deployed last in
`deployed/`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from ops.ci.manifest import (
    DIGEST,
    MANIFEST,
    PLAN_FILES,
    REVIEW_FILES,
    Manifest,
    ReviewManifest,
    require_unaltered,
    sha256,
)
from ops.shared.errors import OpsError
from ops.state.bucket_objects import BucketObjects
from settings import resource_names
from settings.model import Settings

_Kind = TypeVar("_Kind", Manifest, ReviewManifest)


class PlanStore:
    """The files of one environment. Every method raises OpsError where S3 refuses or does not answer."""

    def __init__(self, settings: Settings) -> None:
        """Name the store; nothing is asked of S3 yet."""
        self._environment, self._objects = settings.environment, BucketObjects(settings)
        guest = settings.state.of is not None
        self._folders = resource_names.ci_folders(settings.environment, guest=guest)._asdict()

    def keep_plan(self, manifest: Manifest, files: Mapping[str, bytes]) -> str:
        """Store a plan of the main branch, and return where."""
        return self._keep_all(f"plans/{manifest.tree}", manifest, files, PLAN_FILES)

    def keep_review(self, manifest: ReviewManifest, files: Mapping[str, bytes]) -> str:
        """Store the review of a pull request, and return where."""
        return self._keep_all(f"review/{manifest.number}", manifest, files, REVIEW_FILES)

    def plan(self, tree: str, digest: str) -> tuple[Manifest, dict[str, bytes]]:
        """Return a plan's manifest and its files by name.

        Raises:
            OpsError: it is not there, or not as it was stored.
        """
        return self._all(f"plans/{tree}/{digest}", Manifest.parse, "plan")

    def review(self, number: int, digest: str) -> tuple[ReviewManifest, dict[str, bytes]]:
        """Return a review's manifest and its files by name.

        Raises:
            OpsError: it is not there, is not as it was stored, or is of something else.
        """
        manifest, bodies = self._all(f"review/{number}/{digest}", ReviewManifest.parse, "review")
        if (manifest.environment, manifest.number) != (self._environment, number):
            raise OpsError(
                f"the stored review is of {manifest.environment} in pull request {manifest.number}, "
                f"not of {self._environment} in {number}"
            )
        return manifest, bodies

    def review_digests(self, number: int) -> list[str]:
        """Return the digests of all reviews of a pull request."""
        found = self._versions(f"review/{number}/")
        names = {key.split("/")[2] for key in found if key.endswith(f"/{MANIFEST}")}
        return sorted(name for name in names if DIGEST.fullmatch(name))

    def _keep_all(
        self,
        above: str,
        manifest: Manifest | ReviewManifest,
        files: Mapping[str, bytes],
        names: Sequence[str],
    ) -> str:
        """Store files and, at last, their manifest, so that a half of them is never found."""
        folder = f"{above}/{manifest.digest}"
        for name in names:
            self.keep(f"{folder}/{name}", files[name])
        self.keep(f"{folder}/{MANIFEST}", manifest.to_bytes())
        return self.url(folder)

    def _all(self, folder: str, parse: Callable[[bytes], _Kind], what: str) -> tuple[_Kind, dict[str, bytes]]:
        """Return the manifest and the files of a folder that is called after the manifest's SHA-256."""
        found = self._versions(f"{folder}/")
        if not found:
            raise OpsError(f"no {what} is stored in {self.url(folder)}/", "each is kept for 30 days")
        body = self._only(found, f"{folder}/{MANIFEST}", what)
        digest = folder.rsplit("/", 1)[1]
        if sha256(body) != digest:
            where = self.url(f"{folder}/{MANIFEST}")
            raise OpsError(f"the stored {what} was altered: the SHA-256 of {where} is not {digest}")
        # Another version of ops stored other files: the manifest says which before they are looked for.
        manifest = parse(body)
        bodies = {name: self._only(found, f"{folder}/{name}", what) for name in manifest.files}
        if found:
            raise OpsError(f"the stored {what} was altered: {self.url(min(found))} is not part of it")
        require_unaltered(manifest, bodies)
        return manifest, bodies

    def _only(self, found: dict[str, list[str]], name: str, what: str) -> bytes:
        """Return an object of which there must be one version, and take it from those that were found."""
        versions = found.pop(name, [])
        if len(versions) != 1:
            times = "is missing" if not versions else f"was written {len(versions)} times"
            raise OpsError(f"the stored {what} was altered: {self.url(name)} {times}")
        return self._objects.get(self._key(name), versions[0]) or b""

    def keep(self, name: str, body: bytes) -> None:
        """Store an object, unless there is one: nothing is ever overwritten.

        The role may not read what is there, as that can hold the state. In a folder that is called after the
        SHA-256 of all it holds, it can only be the same, which `plan` and `review` check.
        """
        self._objects.put_new(self._key(name), body)

    def replace(self, name: str, body: bytes) -> None:
        """Store a new version of an object."""
        self._objects.put(self._key(name), body)

    def read(self, name: str) -> bytes | None:
        """Return an object, or None where there is none."""
        return self._objects.get(self._key(name))

    def url(self, name: str) -> str:
        """Return the address of an object, as people write it."""
        return self._objects.url(self._key(name))

    def _key(self, name: str) -> str:
        kind, _, rest = name.partition("/")
        return f"{self._folders[kind]}{rest}"

    def _versions(self, prefix: str) -> dict[str, list[str]]:
        """Return the ids of all versions and delete markers, by the object's name."""
        found: dict[str, list[str]] = {}
        for one in self._objects.versions(self._key(prefix), markers=True):
            kind = prefix.partition("/")[0]
            name = f"{kind}/{one['Key'].removeprefix(self._folders[kind])}"
            found.setdefault(name, []).append(one["VersionId"])
        return found
