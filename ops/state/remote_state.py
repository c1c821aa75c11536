"""Terraform's state and its lock, read and written as objects of the state bucket.

Everything here works where Terraform itself no longer starts: `terraform init`
fails on a state that is not JSON, and takes an empty one for an environment
in which nothing was deployed yet.
"""

import contextlib
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ops.shared import aws
from ops.shared.checkout import file_of
from ops.shared.errors import OpsError
from ops.state.bucket_objects import BucketObjects
from ops.state.lock import SEALED, Lock, bucket_of, releasing, we
from ops.state.snapshot import Snapshot
from settings import resource_names
from settings.model import Settings


class DamagedStateError(OpsError):
    """There is or was a state that Terraform cannot use; the message names the remedy."""


class MissingStateError(DamagedStateError):
    """There was never a state where bootstrap should have written one."""


class MovedStateError(DamagedStateError):
    """The state is in another bucket now, and what is left here is out of date."""


@dataclass(frozen=True)
class Version:
    """A version of the state object; `problem` says what is wrong where there is no snapshot."""

    id: str
    written: datetime
    size: int
    latest: bool
    snapshot: Snapshot | None
    problem: str


class RemoteState:
    """The state of one stack in its environment's state bucket.

    Every method raises OpsError where S3 refuses or does not answer.

    Attributes:
        environment: the environment's name.
        stack: the stack's name.
        key: the state object's.
        url: the state object, as people write it.
    """

    def __init__(self, settings: Settings, stack: str) -> None:
        """Name the state of `stack`; nothing is asked of S3 yet."""
        self.environment, self.stack = settings.environment, stack
        # Bootstrap writes it, as an environment's role may not see that it is missing.
        self._always_there = settings.state.shared and stack == resource_names.storage_stack(
            settings.environment
        )
        self.key = resource_names.state_key(stack)
        self._lock_key = f"{self.key}.tflock"
        self._objects = BucketObjects(settings)
        self.url = self._objects.url(self.key)

    def read(self) -> Snapshot | None:
        """Return the state, or None where there never was one.

        Raises:
            DamagedStateError: it is empty, is not a state, or was deleted.
            MissingStateError: there never was one, in a shared bucket.
        """
        body = self._objects.get(self.key)
        if body is None:
            if self.was_deleted():
                raise self._damaged("was deleted")
            if self._always_there:
                remedy = f"make bootstrap ENV={self.environment} writes an empty one, or moves it there"
                raise MissingStateError(f"the state {self.url} is missing", remedy)
            return None
        try:
            return Snapshot.parse(body)
        except ValueError as error:
            raise self._damaged(str(error)) from error

    def exists(self) -> bool:
        """Return whether there is a state, or was one: what was deleted must not begin again."""
        return self._objects.get(self.key) is not None or self.was_deleted() is True

    def was_deleted(self) -> bool | None:
        """Return whether a missing state has versions; None where these credentials may not list them.

        Our policies allow it. Anyone who lacks it sees as much as Terraform does: no state.
        """
        try:
            return any(True for _ in self._own_versions())
        except OpsError as error:
            if aws.refused(error):
                return None
            raise

    def _damaged(self, problem: str) -> DamagedStateError:
        scope = " ARGS=--backend" if self.stack.endswith("-state") else ""
        return DamagedStateError(
            f"the state {self.url} {problem}",
            f"make state-restore ENV={self.environment}{scope} brings an earlier version of it back",
        )

    def versions(self) -> list[Version]:
        """Return every version of the state object, the newest first."""
        return [self._version(listed) for listed in self._own_versions()]

    def _version(self, listed: Mapping[str, Any]) -> Version:
        snapshot, problem = None, ""
        try:
            snapshot = Snapshot.parse(self._objects.get(self.key, listed["VersionId"]) or b"")
        except ValueError as error:
            problem = str(error)
        written, size, latest = listed["LastModified"], listed["Size"], listed["IsLatest"]
        return Version(listed["VersionId"], written, size, latest, snapshot, problem)

    def newest_version(self) -> str | None:
        """Return the id of the version that a read returns now; None where the bucket keeps no versions."""
        return self._objects.newest_version(self.key)

    def all_bodies(self) -> Iterator[tuple[str, bytes]]:
        """Yield every version of every state in the bucket, of other stacks too, each after its key."""
        for listed in self._objects.versions(""):
            if listed["Key"].endswith(".tfstate"):
                yield listed["Key"], self._objects.get(listed["Key"], listed["VersionId"]) or b""

    def _own_versions(self) -> Iterator[dict[str, Any]]:
        # The lock file has the same prefix.
        return (one for one in self._objects.versions(self.key) if one["Key"] == self.key)

    def lock(self) -> Lock | None:
        """Return who holds the lock."""
        body = self._objects.get(self._lock_key)
        if body is None:
            return None
        try:
            content = json.loads(body)
        except ValueError:
            content = {}
        fields = [str(content.get(name) or "unknown") for name in ("ID", "Who", "Operation", "Created")]
        operation = fields[2].removeprefix("OperationType").lower()
        info = str(content.get("Info", ""))
        return Lock(id=fields[0], who=fields[1], operation=operation, created=fields[3], info=info)

    def release(self, lock: Lock) -> None:
        """Delete the lock file, if it is still the one of `lock`.

        Raises:
            MovedStateError: it keeps a state that moved from being used.
            OpsError: it is another one by now.
        """
        if lock.moved_to:
            raise self.held(lock)
        if self.lock() != lock:
            raise OpsError(f"the lock on {self.url} changed hands just now: nothing was released")
        self._objects.delete(self._lock_key)

    @contextlib.contextmanager
    def locked(self, operation: str) -> Iterator[None]:
        """Hold the lock for the block, as Terraform does: nobody deploys meanwhile.

        Raises:
            OpsError: somebody else holds it.
        """
        self.take_lock(operation)
        try:
            yield
        finally:
            self.drop_lock()

    def take_lock(self, operation: str, info: str = "", *, lock_id: str | None = None) -> None:
        """Take the lock; raises OpsError where somebody else holds it.

        Args:
            operation: what it is held for.
            info: more about that; `pid NUMBER` says which process holds it.
            lock_id: the id of the lock; a new one where None.
        """
        lock = {
            "ID": lock_id or str(uuid.uuid4()),
            "Operation": operation,
            "Info": info,
            "Who": we(),
            "Version": "",
            "Created": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "Path": f"{self._objects.bucket}/{self.key}",
        }
        if not self._objects.put_own(self._lock_key, json.dumps(lock).encode()):
            raise self.held(self.lock())

    def drop_lock(self) -> None:
        """Give the lock back, which we hold."""
        self._objects.delete(self._lock_key)

    def seal(self, moved_to: str) -> None:
        """Take the lock and keep it: Terraform shows to anyone who wants it where the state is now.

        Raises:
            OpsError: somebody else holds it.
        """
        sealed, lock = f"{SEALED}{moved_to}", self.lock()
        if lock is None or lock.id != sealed:
            self.take_lock(f"moved to {moved_to}", lock_id=sealed)

    def held(self, lock: Lock | None) -> OpsError:
        """Return the error for a state that somebody else works on, or that moved."""
        if lock is not None and lock.moved_to:
            return MovedStateError(
                f"the state {self.url} is out of date: it moved to {lock.moved_to}",
                f"set state.of in {file_of(self.environment)} to the environment whose state bucket is "
                f"{bucket_of(lock.moved_to)}, as in the settings that it moved with",
            )
        return OpsError(
            f"the state {self.url} is {lock or 'locked'}",
            f"if that run is certainly dead, {releasing(self.environment, lock)} releases it",
        )

    def refuse_moved(self) -> None:
        """Raise MovedStateError where the state moved to another bucket."""
        if (lock := self.lock()) is not None and lock.moved_to:
            raise self.held(lock)

    def write_first(self, body: bytes) -> bool:
        """Write `body` where there is no state; return whether it was written, and reads back.

        Raises:
            OpsError: it does not read back.
        """
        if not self._objects.put_new(self.key, body, ContentType="application/json"):
            return False
        self._require(body)
        return True

    def write(self, body: bytes) -> None:
        """Make `body` the newest version, and read it back."""
        self._objects.put(self.key, body, ContentType="application/json")
        self._require(body)

    def _require(self, body: bytes) -> None:
        if self._objects.get(self.key) != body:
            raise OpsError(f"{self.url} does not read back as it was written just now")
