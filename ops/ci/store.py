"""The plans in the state bucket: encrypted by its key, and read only by who may read the state as well.

Everything lies under `ci/ENV/`: a plan in `TREE/DIGEST/`, where DIGEST is the SHA-256 of its manifest, and
what was deployed last in `deployed/`.
"""

import contextlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from ops import aws
from ops.ci.manifest import DIGEST, FILES, MANIFEST, Manifest, require_unaltered, sha256
from ops.errors import OpsError
from stacks.settings import Settings


class PlanStore:
    """The plans of one environment. Every method raises OpsError where S3 refuses or does not answer."""

    def __init__(self, settings: Settings) -> None:
        """Name the store; nothing is asked of S3 yet."""
        self._environment = settings.environment
        self._region = settings.state.region
        self._bucket = settings.state.bucket
        self._where = {"Bucket": self._bucket}
        if settings.account_id is not None:
            self._where["ExpectedBucketOwner"] = settings.account_id

    def keep_plan(self, manifest: Manifest, files: Mapping[str, bytes]) -> str:
        """Store a plan, and return where; its manifest comes last, so that a half one is never found."""
        body = manifest.to_bytes()
        folder = f"{manifest.tree}/{sha256(body)}"
        for name in FILES:
            self.keep(f"{folder}/{name}", files[name])
        self.keep(f"{folder}/{MANIFEST}", body)
        return self.url(folder)

    def digests(self, tree: str) -> list[str]:
        """Return the digests of all plans of a tree."""
        names = {key.split("/")[1] for key in self._versions(f"{tree}/") if key.endswith(f"/{MANIFEST}")}
        return sorted(name for name in names if DIGEST.fullmatch(name))

    def plan(self, tree: str, digest: str) -> tuple[Manifest, dict[str, bytes]]:
        """Return a plan's manifest and its files by name.

        Raises:
            OpsError: it is not there, or not as it was stored.
        """
        folder = f"{tree}/{digest}"
        found = self._versions(f"{folder}/")
        bodies = {}
        for name in (MANIFEST, *FILES):
            versions = found.pop(f"{folder}/{name}", [])
            if len(versions) != 1:
                times = "is missing" if not versions else f"was written {len(versions)} times"
                raise OpsError(f"the stored plan was altered: {self.url(f'{folder}/{name}')} {times}")
            bodies[name] = self._get(f"{folder}/{name}", versions[0]) or b""
        if found:
            raise OpsError(f"the stored plan was altered: {self.url(min(found))} is not part of it")
        body = bodies.pop(MANIFEST)
        if sha256(body) != digest:
            where = self.url(f"{folder}/{MANIFEST}")
            raise OpsError(f"the stored plan was altered: the SHA-256 of {where} is not {digest}")
        manifest = Manifest.parse(body)
        require_unaltered(manifest, bodies)
        return manifest, bodies

    def keep(self, name: str, body: bytes) -> None:
        """Store an object, unless there is one: nothing is ever overwritten.

        Who plans may not read what is there, as a plan holds the state. In a plan's folder it can only be the
        same: the folder is called after the SHA-256 of all, which `plan` checks.
        """
        with self._errors("write", name):
            aws.put_new(self._s3, body, **self._where, Key=self._key(name))

    def replace(self, name: str, body: bytes) -> None:
        """Store a new version of an object."""
        with self._errors("write", name):
            self._s3.put_object(**self._where, Key=self._key(name), Body=body)

    def read(self, name: str) -> bytes | None:
        """Return an object, or None where there is none."""
        return self._get(name)

    def url(self, name: str) -> str:
        """Return the address of an object, as people write it."""
        return f"s3://{self._bucket}/{self._key(name)}"

    def _key(self, name: str) -> str:
        return f"ci/{self._environment}/{name}"

    @cached_property
    def _s3(self) -> Any:  # noqa: ANN401 - boto3 makes its classes as it runs
        return aws.client("s3", self._region)

    def _versions(self, prefix: str) -> dict[str, list[str]]:
        """Return the ids of all versions and delete markers, by the object's name."""
        found: dict[str, list[str]] = {}
        with self._errors("list", prefix):
            paginator = self._s3.get_paginator("list_object_versions")
            for page in paginator.paginate(**self._where, Prefix=self._key(prefix)):
                for one in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
                    name = one["Key"].removeprefix(self._key(""))
                    found.setdefault(name, []).append(one["VersionId"])
        return found

    def _get(self, name: str, version: str | None = None) -> bytes | None:
        which = {} if version is None else {"VersionId": version}
        with self._errors("read", name):
            return aws.get_object(self._s3, **self._where, Key=self._key(name), **which)

    @contextlib.contextmanager
    def _errors(self, doing: str, name: str) -> Iterator[None]:
        with aws.one_line_errors(f"cannot {doing} {self.url(name)}"):
            yield
