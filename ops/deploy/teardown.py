"""`ops teardown`: removes all that bootstrap, deploy and ci-roles made of an environment.

The stacks go one after the other, each by its own state: CI's roles, the storage, and last what holds the
states, whose own state comes to this machine before. The next run continues one that was killed: Terraform
forgets a resource only after it is gone, and the local state is removed last.
"""

import contextlib
import json
import os

from ops.deploy import teardown_plan
from ops.deploy.bootstrapped import refuse_misspelt
from ops.deploy.caller import Caller, require_own_account
from ops.deploy.imports import own_bucket_exists, refuse_unknown
from ops.deploy.locked_objects import refuse_locked_in_state, refuse_locked_objects
from ops.deploy.move_state import former_bucket
from ops.deploy.teardown_plan import Found
from ops.shared.checkout import file_of, settings_of
from ops.shared.errors import OpsError
from ops.shared.output_folder import local_state, outputs_file, remove_local_state
from ops.shared.terraform import Stack, TerraformError, synthesized
from ops.shared.toolchain import ROOT
from ops.state.guests import refuse_with_guests
from ops.state.remote_state import RemoteState
from ops.state.snapshot import Snapshot
from ops.state.state_check import refuse_lost_state
from settings import resource_names
from settings.model import Settings

import click

OPERATION = "teardown"
"""What the lock of a state says while a teardown holds it."""


def run_teardown(environment: str, *, auto_approve: bool) -> None:
    """Remove an environment, its state last.

    Args:
        environment: its name.
        auto_approve: do not ask for the name.

    Raises:
        OpsError: its name looks misspelt, it is protected or locked, something of it is in no state, it was
            not confirmed, or a step failed; another run continues from there.
    """
    if not local_state(resource_names.state_stack(environment), os.environ).exists():
        # An earlier teardown, which this one continues, may have removed the state bucket.
        refuse_misspelt(environment)
    settings = settings_of(environment)
    if settings.protect and settings.object_lock.mode != "compliance":
        raise _protected(settings)
    caller = require_own_account(settings)
    _refuse_with_guests(settings, caller)
    if settings.protect:
        # Where something is locked, no setting helps.
        refuse_locked_objects(settings, caller.account)
        raise _protected(settings)
    click.echo(f"Synthesizing the stacks of {environment}")
    with synthesized(environment) as (settings, stacks), contextlib.ExitStack() as held:
        _Teardown(settings, stacks, caller, held).run(auto_approve=auto_approve)


def _refuse_with_guests(settings: Settings, caller: Caller) -> None:
    """Raise an OpsError where the state bucket that would go has the states of other environments."""
    state = settings.state
    if state.of is None and own_bucket_exists(state.bucket, account=caller.account, region=state.region):
        refused = f"{settings.environment} cannot be removed, and nothing of it was changed"
        refuse_with_guests(settings, refused, certain=True)


def _protected(settings: Settings) -> OpsError:
    name, file = settings.environment, file_of(settings.environment)
    change = "protect = false"
    if settings.object_lock.mode == "compliance":
        change = f'object_lock.mode = "governance" and {change}'
    return OpsError(
        f"environment {name} is protected: nothing of it was changed",
        f"if its bucket, its keys and all objects are to go, set {change} in {file}, then make teardown "
        f"ENV={name}; no deploy is needed in between",
    )


class _Teardown:
    """One run."""

    def __init__(
        self, settings: Settings, stacks: dict[str, Stack], caller: Caller, held: contextlib.ExitStack
    ) -> None:
        self._settings, self._stacks, self._caller, self._held = settings, stacks, caller, held
        self._environment = settings.environment
        names = resource_names
        self._storage = stacks[names.storage_stack(self._environment)]
        self._backend = stacks[names.state_stack(self._environment)]
        self._local = local_state(self._backend.name, self._backend.env)
        self._step_number = 0

    def run(self, *, auto_approve: bool) -> None:
        """Do what is left to do."""
        account, where = self._caller.account, self._settings.state
        self._step(f"Looking for {self._environment} in account {account}")
        in_bucket = own_bucket_exists(where.bucket, account=account, region=where.region)
        if not in_bucket and not self._local.exists():
            self._require_nothing()
            return
        # Before anything is read: what is shown is what goes.
        states = [RemoteState(self._settings, name) for name in self._names]
        for state in states if in_bucket else ():
            self._lock(state)
        found = [self._found(state, in_bucket=in_bucket) for state in states]
        for one in found:
            if one.snapshot is not None:
                refuse_locked_in_state(one.snapshot, self._settings, account)
        self._confirm(found, auto_approve=auto_approve)
        *others, backend = found
        for one in others:
            self._destroy(one)
        if self._settings.state.of is None:
            self._destroy_backend(backend)
        else:
            # The bucket is another environment's. States of nothing stay there, in which nobody deploys.
            self._destroy(backend)
        self._forget()

    @property
    def _names(self) -> tuple[str, ...]:
        """The names of the stacks, in the order in which they go."""
        return (resource_names.ci_stack(self._environment), self._storage.name, self._backend.name)

    def _found(self, state: RemoteState, *, in_bucket: bool) -> Found:
        """Return what a stack's state knows.

        Raises:
            OpsError: it is lost or damaged, or something of the stack exists that it does not know.
        """
        if in_bucket:
            refuse_lost_state(self._settings, state.stack)
        snapshot = state.read() if in_bucket else None
        if state.stack == self._backend.name:
            snapshot = self._newest(snapshot)
            if snapshot is None:
                raise OpsError(
                    f"the bucket of {state.url} exists, and the state does not",
                    f"make bootstrap ENV={self._environment} imports what there is, then teardown again",
                )
        if (stack := self._stacks.get(state.stack)) is not None:
            resources = {} if snapshot is None else snapshot.resources
            refuse_unknown(stack.described, self._settings, resources, again=OPERATION)
        return Found(state.stack, state, snapshot)

    def _newest(self, remote: Snapshot | None) -> Snapshot | None:
        """Return the later one of the backend's own state here and in its bucket."""
        if not self._local.exists():
            return remote
        if self._settings.state.of is not None:
            raise OpsError(
                f"{self._local} has a state that is not in its bucket yet",
                f"make bootstrap ENV={self._environment} moves it there, then teardown again",
            )
        try:
            local = Snapshot.parse(self._local.read_bytes())
        except ValueError as error:
            raise OpsError(f"{self._local} {error}", "move it away, and retry") from error
        if remote is not None and remote.lineage != local.lineage:
            raise OpsError(
                f"{self._local} and the state of {self._backend.name} in the bucket are two different states",
                "nothing was changed: find out which one is right, move the other one away, and retry",
            )
        return remote if remote is not None and remote.serial >= local.serial else local

    def _require_nothing(self) -> None:
        """Say that there is nothing; raise an OpsError where something is left."""
        for stack in (self._storage, self._backend):
            refuse_unknown(stack.described, self._settings, {}, again=OPERATION, remedy="bootstrap")
        self._forget()

    def _confirm(self, found: list[Found], *, auto_approve: bool) -> None:
        click.echo(f"   What goes, for good, from account {self._caller.account}:")
        for one in found:
            for line in one.described(self._settings.region, self._caller.account):
                click.echo(f"   - {line}")
        if auto_approve:
            return
        try:
            answer = click.prompt(f"To remove all of this, type the environment's name ({self._environment})")
        except click.Abort as error:
            raise OpsError(
                "aborted: nobody answered, nothing was changed", "--auto-approve does not ask"
            ) from error
        if answer != self._environment:
            raise OpsError(f'aborted: "{answer}" is not "{self._environment}", nothing was changed')

    def _lock(self, state: RemoteState) -> None:
        """Hold a state's lock to the end, so that nobody deploys into what goes."""
        lock = state.lock()
        if lock is not None and lock.operation == OPERATION and lock.holder_died():
            state.release(lock)
        state.take_lock(OPERATION, f"pid {os.getpid()}")
        self._held.callback(self._unlock, state)

    def _unlock(self, state: RemoteState) -> None:
        # It is gone with the bucket where all went well.
        with contextlib.suppress(OpsError):
            state.drop_lock()

    def _destroy(self, one: Found) -> None:
        """Destroy what a state in the bucket knows."""
        if one.snapshot is None or not one.snapshot.resources:
            return
        self._step(f"Destroying {one.name}")
        self._detach(one.snapshot)
        if (forced := one.snapshot.with_buckets_emptied()) is not None:
            one.state.write(forced)
        stack = self._reduced(one.name, {"s3": {**self._s3_backend, "key": one.state.key}})
        stack.init()
        for address, kept in teardown_plan.shared_providers(one.snapshot, self._settings.region):
            click.echo(f"   {kept}: it stays")
            stack.terraform("state", "rm", "-lock=false", address)
        self._apply(stack)

    def _destroy_backend(self, one: Found) -> None:
        """Destroy the bucket that the states are in, by a local copy of its own state."""
        assert one.snapshot is not None  # noqa: S101 - `_found` ensures it
        _refuse_with_guests(self._settings, self._caller)  # who came meanwhile
        self._step(f"Keeping the state of {one.name} here, as its bucket goes")
        body = one.snapshot.with_buckets_emptied() or one.snapshot.body
        temporary = self._local.with_suffix(".new")
        temporary.write_bytes(body)
        temporary.replace(self._local)
        self._step(f"Destroying {one.name}")
        self._detach(one.snapshot)
        stack = self._reduced(one.name, {"local": {"path": str(self._local)}})
        stack.init()
        self._apply(stack)

    def _detach(self, snapshot: Snapshot) -> None:
        """Detach the policies from what people attached them to: IAM deletes none that is attached."""
        for line in teardown_plan.detach_policies(snapshot, self._settings.region):
            click.echo(f"   {line}")

    @property
    def _s3_backend(self) -> dict[str, object]:
        return dict(self._storage.described["terraform"]["backend"]["s3"])

    def _reduced(self, name: str, backend: dict[str, dict[str, object]]) -> Stack:
        """Return a stack that has providers alone, so that Terraform destroys all that the state knows.

        What the settings no longer describe goes as well, and `prevent_destroy` of a stack is not in the way.
        """
        of = self._stacks.get(name, self._storage)
        terraform = {**of.described["terraform"], "backend": backend}
        content = {"terraform": terraform, "provider": of.described["provider"]}
        folder = of.folder.with_name(f"{name}.teardown")
        folder.mkdir()
        (folder / "cdk.tf.json").write_text(json.dumps(content), encoding="utf-8")
        return Stack(name, folder, of.env)

    def _apply(self, stack: Stack) -> None:
        # We hold the lock.
        try:
            stack.apply("-destroy", "-auto-approve", "-lock=false")
        except TerraformError as error:
            again = f"make teardown ENV={self._environment} again: it continues from here"
            raise OpsError(error.problem, f"fix that and run {again}") from error

    def _forget(self) -> None:
        """Remove what is on this machine, and say what AWS still has."""
        self._step("Removing what is on this machine")
        for stack in ("", ".ci"):
            (ROOT / outputs_file(self._environment, stack)).unlink(missing_ok=True)
        remove_local_state(self._local)
        former = former_bucket(self._settings, account=self._caller.account)
        but = f"its former state bucket {former}, the key of that bucket, and " if former else ""
        click.echo(f"✓ nothing is left of {self._environment} but {but}keys that wait for their deletion:")
        described = [stack.described for stack in (self._storage, self._backend)]
        waiting = list(teardown_plan.waiting_keys(described, self._caller.account))
        for line in waiting or ["none"]:
            click.echo(f"  {line}")

    def _step(self, title: str) -> None:
        self._step_number += 1
        click.echo(f"{self._step_number}. {title}")
