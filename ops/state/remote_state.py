"""Terraform's state and its lock, read and written as objects of the state bucket.

Everything here works where Terraform itself no longer starts: `terraform init`
fails on a state that is not JSON, and takes an empty one for an environment
in which nothing was deployed yet.
"""

import contextlib
import getpass
import json
import os
import socket
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ops.shared import aws
from ops.shared.errors import OpsError
from ops.state.bucket_objects import BucketObjects
from settings import resource_names
from settings.model import Settings


class DamagedStateError(OpsError):
    """There is or was a state that Terraform cannot use; the message names the remedy."""


def _written(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, indent=2, ensure_ascii=False).encode() + b"\n"


@dataclass(frozen=True)
class Snapshot:
    """One version of a state.

    Attributes:
        body: its bytes.
        serial: which write it was, counted by Terraform.
        lineage: the id that all versions of a state share.
        outputs: the stack's outputs by name, as {"value": …, "type": …, "sensitive": …}.
        resources: the attributes of what Terraform manages, by address.
        tainted: addresses that were not created completely, which the next deploy would replace.
    """

    body: bytes
    serial: int
    lineage: str
    outputs: Mapping[str, Mapping[str, Any]]
    resources: Mapping[str, Mapping[str, Any]]
    tainted: tuple[str, ...]

    @classmethod
    def parse(cls, body: bytes) -> "Snapshot":
        """Read a state file; raises ValueError with what it is instead, such as "is empty"."""
        if not body.strip():
            raise ValueError("is empty")
        try:
            content = json.loads(body)
        except ValueError:
            raise ValueError("is not JSON") from None
        try:
            managed = {
                f"{resource['type']}.{resource['name']}": resource["instances"][0]
                for resource in content["resources"]
                if resource["mode"] == "managed" and resource["instances"]
            }
            return cls(
                body=body,
                serial=int(content["serial"]),
                lineage=str(content["lineage"]),
                outputs=dict(content["outputs"]),
                resources={address: dict(one["attributes"]) for address, one in managed.items()},
                tainted=tuple(address for address, one in managed.items() if one.get("status") == "tainted"),
            )
        except (KeyError, TypeError, ValueError):
            raise ValueError("is JSON, but not a Terraform state") from None

    def __str__(self) -> str:
        """Describe it."""
        return f"serial {self.serial}, {len(self.resources)} resources"

    def with_serial(self, serial: int) -> bytes:
        """Return the state file with another serial, as Terraform writes it."""
        return _written(json.loads(self.body) | {"serial": serial})

    def with_buckets_emptied(self) -> bytes | None:
        """Return the state file in which each bucket may be emptied when it is destroyed; None if it is so.

        The provider reads `force_destroy` from the state: a bucket that was protected would need a deploy
        before its destroy.
        """
        content = json.loads(self.body) | {"serial": self.serial + 1}
        buckets = [one for one in content["resources"] if one["type"] == "aws_s3_bucket"]
        attributes = [instance["attributes"] for bucket in buckets for instance in bucket["instances"]]
        if all(one.get("force_destroy") for one in attributes):
            return None
        for one in attributes:
            one["force_destroy"] = True
        return _written(content)


@dataclass(frozen=True)
class Version:
    """A version of the state object; `problem` says what is wrong where there is no snapshot."""

    id: str
    written: datetime
    size: int
    latest: bool
    snapshot: Snapshot | None
    problem: str


@dataclass(frozen=True)
class Lock:
    """Who holds the lock of the state, from Terraform's lock file."""

    id: str
    who: str
    operation: str
    created: str
    info: str = ""

    def holder_died(self) -> bool:
        """Return whether a process of this user on this machine took it, named in `info`, and is gone."""
        number = self.info.removeprefix("pid ")
        if self.who != _we() or not number.isdecimal():
            return False
        try:
            os.kill(int(number), 0)
        except ProcessLookupError:
            return True
        except (OSError, OverflowError):
            return False
        return False

    def __str__(self) -> str:
        """Describe it."""
        return f"locked by {self.who} since {self.created} ({self.operation}, lock {self.id})"


def _we() -> str:
    """Say who we are, as Terraform does in a lock."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


def releasing(environment: str, lock: Lock | None) -> str:
    """Return the command that releases a lock by its id: nobody releases a lock that they did not see."""
    which = "LOCK_ID" if lock is None else lock.id
    return f"make recover ENV={environment} ARGS='--release-lock {which}'"


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
        self.key = resource_names.state_key(stack)
        self._lock_key = f"{self.key}.tflock"
        self._objects = BucketObjects(settings)
        self.url = self._objects.url(self.key)

    def read(self) -> Snapshot | None:
        """Return the state, or None where there never was one.

        Raises:
            DamagedStateError: it is empty, is not a state, or was deleted.
        """
        body = self._objects.get(self.key)
        if body is None:
            if self.was_deleted():
                raise self._damaged("was deleted")
            return None
        try:
            return Snapshot.parse(body)
        except ValueError as error:
            raise self._damaged(str(error)) from error

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
        """Delete the lock file, if it is still the one of `lock`."""
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

    def take_lock(self, operation: str, info: str = "") -> None:
        """Take the lock; raises OpsError where somebody else holds it.

        Args:
            operation: what it is held for.
            info: more about that; `pid NUMBER` says which process holds it.
        """
        lock = {
            "ID": str(uuid.uuid4()),
            "Operation": operation,
            "Info": info,
            "Who": _we(),
            "Version": "",
            "Created": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "Path": f"{self._objects.bucket}/{self.key}",
        }
        if not self._objects.put_own(self._lock_key, json.dumps(lock).encode()):
            raise self.held(self.lock())

    def drop_lock(self) -> None:
        """Give the lock back, which we hold."""
        self._objects.delete(self._lock_key)

    def held(self, lock: Lock | None) -> OpsError:
        """Return the error for a state that somebody else works on."""
        return OpsError(
            f"the state {self.url} is {lock or 'locked'}",
            f"if that run is certainly dead, {releasing(self.environment, lock)} releases it",
        )

    def write(self, body: bytes) -> None:
        """Make `body` the newest version, and read it back."""
        self._objects.put(self.key, body, ContentType="application/json")
        if self._objects.get(self.key) != body:
            raise OpsError(f"{self.url} does not read back as it was written just now")
