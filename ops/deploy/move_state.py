"""Moves an environment's states from the state bucket that it had to the one that `state.of` names.

Each object is copied byte for byte, and only to where there is none. First, the lock of the old state is
taken, and kept: Terraform refuses to deploy from the old state then, and says where it is now. So the next
run finishes one that died, and nobody writes to the old state meanwhile or later, as from an old checkout.
The state of the state stack does not move, as it is about the old bucket. It is sealed last: its seal says
that everything else is in the new one.
"""

import contextlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from ops.deploy.imports import own_bucket_exists
from ops.shared.errors import OpsError
from ops.state.bucket_objects import BucketObjects
from ops.state.lock import bucket_of
from ops.state.remote_state import DamagedStateError, RemoteState
from ops.state.snapshot import Snapshot
from settings import resource_names
from settings.model import Settings


@dataclass(frozen=True)
class OldBackend:
    """The state bucket that an environment had before.

    Attributes:
        bucket: its name.
        region: its region.
        named: whether somebody says so; else it is the default, and need not exist.
    """

    bucket: str
    region: str
    named: bool

    @classmethod
    def of(cls, settings: Settings, bucket: str | None, region: str | None) -> "OldBackend":
        """Return what is named, with the defaults of the environment for what is None."""
        default = resource_names.DEFAULT_STATE_BUCKET.format(environment=settings.environment)
        return cls(bucket or default, region or settings.region, bucket is not None)

    def exists(self, settings: Settings, *, account: str) -> bool:
        """Return whether there is such a bucket.

        Raises:
            OpsError: it is named and does not exist or is the new one, or S3 does not say.
        """
        if self.bucket == settings.state.bucket:
            problem = f"{self.bucket} is the state bucket of {settings.state.of}"
            raise OpsError(problem, "name another one in --from-bucket")
        found = own_bucket_exists(self.bucket, account=account, region=self.region)
        if self.named and not found:
            remedy = "check --from-bucket and --from-region"
            raise OpsError(f"bucket {self.bucket} does not exist in {self.region}", remedy)
        return found

    def settings(self, settings: Settings) -> Settings:
        """Return the settings of an environment that still has this state bucket."""
        state = {"of": None, "shared": False, "bucket": self.bucket, "region": self.region}
        return settings.model_copy(update={"state": settings.state.model_copy(update=state)})


def former_bucket(settings: Settings, *, account: str) -> str:
    """Return the state bucket that an environment had before its state moved; "" where it has none, it seems.

    Only the default name can be known: nobody wrote down what was named in --from-bucket.
    """
    old = OldBackend.of(settings, None, None)
    with contextlib.suppress(OpsError):
        if settings.state.of is not None and old.exists(settings, account=account):
            return old.bucket
    return ""


class StateMove:
    """What one environment has in its old state bucket, and where it goes."""

    def __init__(self, settings: Settings, old: OldBackend, *, account: str) -> None:
        """Name both; nothing is asked of S3 yet."""
        self._settings, self._before = settings, old.settings(settings)
        self._to = BucketObjects(settings, owner=account)
        self._from = BucketObjects(self._before, owner=account)
        environment = settings.environment
        stacks = (resource_names.storage_stack(environment), resource_names.ci_stack(environment))
        self._moving = tuple(self._both(stack) for stack in stacks)
        self._own = self._both(resource_names.state_stack(environment))

    def run(self) -> Iterator[str]:
        """Copy what is not in the new bucket yet; yield a line for each object that was copied.

        Raises:
            OpsError: somebody holds the lock, the state moved to a third bucket before, or the new bucket has
                another state; or S3 refuses something.
        """
        if self._went_elsewhere():
            return
        for old, new in self._moving:
            yield from self._state(old, new)
        yield from self._records()
        own_old, own_new = self._own
        if any(old.exists() for old, _new in (*self._moving, self._own)):
            own_old.seal(own_new.url)

    def _both(self, stack: str) -> tuple[RemoteState, RemoteState]:
        return RemoteState(self._before, stack), RemoteState(self._settings, stack)

    def _went_elsewhere(self) -> bool:
        """Return whether the old states moved to a third bucket, and all came to the new one from there.

        Raises:
            OpsError: they did not come from there yet, or they were in the new one before.
        """
        new_own = self._own[1]
        for old, new in (*self._moving, self._own):
            new.refuse_moved()
            lock = old.lock()
            if lock is None or lock.moved_to in ("", new.url):
                continue
            # Bootstrap writes it after a whole move, and a teardown empties it.
            if (there := new_own.read()) is not None and there.resources:
                return True
            raise OpsError(
                f"{old.url} is out of date: it moved to {lock.moved_to} before",
                f"nothing was changed; --from-bucket {bucket_of(lock.moved_to)} moves it from there",
            )
        return False

    def _state(self, old: RemoteState, new: RemoteState) -> Iterator[str]:
        if (snapshot := _read(old)) is None:
            return
        _refuse_other(old, snapshot, new)
        old.seal(new.url)
        snapshot = _read(old)
        if snapshot is None:
            raise OpsError(f"{old.url} was deleted just now", "retry")
        if new.write_first(snapshot.body):
            yield f"{new.url}: {snapshot}"
        else:
            _refuse_other(old, snapshot, new)

    def _records(self) -> Iterator[str]:
        """Copy the records of deploys. Plans and reviews stay: a plan is for the backend it was made with."""
        environment = self._settings.environment
        own, after = (resource_names.ci_folders(environment, guest=one).deployed for one in (False, True))
        # The old bucket may have been shared, too.
        for key in itertools.chain(self._from.keys(after), self._from.keys(own)):
            body = self._from.get(key)
            target = f"{after}{key.removeprefix(after).removeprefix(own)}"
            if body is not None and self._to.put_new(target, body):
                yield self._to.url(target)


def _read(old: RemoteState) -> Snapshot | None:
    try:
        return old.read()
    except DamagedStateError as error:
        remedy = "remove state.of, restore that state with `make state-restore`, then set state.of again"
        raise OpsError(error.problem, remedy) from error


def _refuse_other(old: RemoteState, snapshot: Snapshot, new: RemoteState) -> None:
    """Raise where the new bucket has a state that did not come of the old one."""
    if not new.exists() or (there := new.read()) is None:
        return
    if there.lineage != snapshot.lineage:
        raise OpsError(f"{old.url} and {new.url} are two different states", "nothing was overwritten")
    if there.serial < snapshot.serial:
        raise OpsError(
            f"{old.url} is newer than {new.url} (serial {snapshot.serial}, not {there.serial})",
            "nothing was overwritten; somebody released the lock of the old one and deployed with it",
        )
