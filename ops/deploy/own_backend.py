"""`ops bootstrap` of an environment with a state bucket of its own: from an empty account to a remote state.

The state stack describes the bucket that its own state lies in, so it is made
with a local state, which then moves into that bucket. Every run first looks
where the one before it came to, so that it can be stopped at any point and run
again.
"""

import json
import os
from pathlib import Path

from ops.deploy.already_deployed import refuse_deployed
from ops.deploy.caller import Caller, require_own_account
from ops.deploy.foreign_content import foreign_content
from ops.deploy.imports import Import, find_imports, own_bucket_exists
from ops.shared.checkout import file_of
from ops.shared.errors import OpsError
from ops.shared.output_folder import local_state, remove_local_state
from ops.shared.terraform import Stack, TerraformError
from ops.state.bucket_objects import BucketObjects
from ops.state.guests import refuse_with_guests
from ops.state.remote_state import RemoteState
from ops.state.snapshot import Snapshot, empty_state
from settings import resource_names
from settings.model import Settings

import click

OVERRIDE = "backend_override.tf.json"
IMPORTS = "imports.tf.json"
PLAN = "bootstrap.tfplan"


class Bootstrap:
    """One run."""

    def __init__(self, settings: Settings, stack: Stack, *, auto_approve: bool, new_state: bool) -> None:
        self._settings, self._stack = settings, stack
        self._auto_approve, self._new_state = auto_approve, new_state
        self._bucket, self._region = settings.state.bucket, settings.state.region
        self._key = stack.described["terraform"]["backend"]["s3"]["key"]
        self._local = local_state(stack.name, stack.env)
        self._account = ""
        self._step_number = 0

    def run(self) -> None:
        """Do what is left to do."""
        caller = require_own_account(self._settings)
        self._account = caller.account
        self._objects = BucketObjects(self._settings, owner=self._account)
        self._url = self._objects.url(self._key)
        wrote = self._prepare(caller)
        self._step(f"Looking for the state of {self._stack.name} in account {self._account}, {self._region}")
        local = self._read_local()
        remote = self._read_remote()
        if local is not None and remote is not None:
            self._require_successor(local, remote)
        self._say(f"on this machine: {local or 'none'}; in s3://{self._bucket}: {remote or 'none'}")
        if remote is None:
            self._make(local)
            self._move()
        self._step("Initializing Terraform with the state bucket")
        self._stack.init("-reconfigure")
        had_local = self._local.exists()
        if had_local:
            self._read_back()
        changes = self._plan(self._find(remote or self._read_remote()))
        if had_local:
            self._remove_local()
        if changes:
            self._ask_and_apply(changes)
        if self._settings.state.shared:
            wrote |= self._write_empty_state()
        if had_local or changes or wrote:
            click.echo(f"✓ {self._settings.environment} is bootstrapped, with its state in {self._url}")
        else:
            click.echo(
                f"✓ {self._settings.environment} was bootstrapped already: nothing was changed in {self._url}"
            )

    def _prepare(self, caller: Caller) -> bool:
        """Do what comes before everything else; return whether anything was written."""
        if self._bucket_exists():
            if not self._settings.state.shared:
                refuse_with_guests(self._settings, "state.shared cannot be false")
            self._refuse_moved()
        elif not self._new_state:
            file = file_of(self._settings.environment)
            remedy = f"if its state is in the bucket of another environment, set state.of again in {file}"
            refuse_deployed(self._settings, caller, remedy)
        return False

    def _refuse_moved(self) -> None:
        """Raise an OpsError where the states moved to another bucket: what is left is out of date."""
        for stack in (resource_names.storage_stack(self._settings.environment), self._stack.name):
            RemoteState(self._settings, stack).refuse_moved()

    def _write_empty_state(self) -> bool:
        """Write a state where the storage stack never had one; return whether it was written.

        In a shared bucket nobody may list all keys, so that S3 answers 403 for a missing one.
        """
        state = RemoteState(self._settings, resource_names.storage_stack(self._settings.environment))
        if state.exists():
            return False
        self._step(f"Writing an empty state to {state.url}")
        return state.write_first(empty_state())

    def _step(self, title: str) -> None:
        self._step_number += 1
        click.echo(f"{self._step_number}. {title}")

    def _say(self, text: str) -> None:
        click.echo(f"   {text}")

    def _read_local(self) -> Snapshot | None:
        if not self._local.exists():
            return None
        return _read_state(self._local.read_bytes(), f"{self._local}, which must be moved away,")

    def _bucket_exists(self) -> bool:
        try:
            return own_bucket_exists(self._bucket, account=self._account, region=self._region)
        except OpsError as error:
            raise OpsError(
                error.problem, f"see [state] bucket and region of {file_of(self._settings.environment)}"
            ) from error

    def _read_remote(self) -> Snapshot | None:
        body = self._objects.get(self._key) if self._bucket_exists() else None
        return None if body is None else _read_state(body, self._url)

    def _require_successor(self, local: Snapshot, remote: Snapshot) -> None:
        """Raise an OpsError unless `remote` is what became of `local`."""
        if remote.lineage != local.lineage:
            what = "are two different states"
        elif remote.serial < local.serial:
            what = f"are one state, but the local one is newer (serial {local.serial}, not {remote.serial})"
        else:
            return
        raise OpsError(
            f"{self._local} and {self._url} {what}",
            "nothing was changed: find out which one is right, move the other one away, and retry",
        )

    def _make(self, local: Snapshot | None) -> None:
        """Deploy the stack with a local state."""
        self._local.parent.mkdir(parents=True, exist_ok=True)
        backend = {"terraform": {"backend": {"local": {"path": str(self._local)}}}}
        (self._stack.folder / OVERRIDE).write_text(json.dumps(backend), encoding="utf-8")
        found = self._find(local)
        self._step("Initializing Terraform with a local state")
        self._stack.init("-reconfigure")
        changes = self._plan(found)
        if changes:
            self._ask_and_apply(changes)

    def _find(self, state: Snapshot | None) -> list[Import]:
        """Return what exists and `state` does not know, once it is certain that it is ours."""
        found = find_imports(self._stack.described, self._settings, state.resources if state else {})
        if any(one.address.startswith("aws_s3_bucket.") for one in found):
            self._require_own_bucket()
        return found

    def _plan(self, found: list[Import]) -> str:
        """Return the plan that also imports what was `found`; empty where nothing changes."""
        self._step("Planning")
        for one in found:
            self._say(f"{one.what} exists already, and is imported; ours, as {one.proof}")
        _write_imports(self._stack.folder / IMPORTS, found)
        # Without a lock, as a plan changes nothing; an apply of one that became outdated is refused.
        arguments = ("-input=false", "-lock=false", "-detailed-exitcode", f"-out={PLAN}")
        done = self._stack.terraform("plan", *arguments, accept=(0, 2))
        if done.returncode == 0:
            self._say("no changes")
            return ""
        return str(done.stdout)

    def _require_own_bucket(self) -> None:
        """Raise an OpsError, or ask, where a bucket without a state has what is not ours."""
        foreign = foreign_content(
            self._bucket,
            self._region,
            own_prefixes=(
                f"{resource_names.storage_stack(self._settings.environment)}/",
                f"{self._stack.name}/",
            ),
            own_tags=self._settings.tags,
        )
        if not foreign:
            return
        what = ", ".join(foreign[:3]) + (f" and {len(foreign) - 3} more" if len(foreign) > 3 else "")
        problem = f"bucket {self._bucket} exists without a state and contains what is not ours: {what}"
        if self._auto_approve:
            raise OpsError(
                problem,
                f"choose another name in [state] bucket of {file_of(self._settings.environment)}, or "
                "run without --auto-approve",
            )
        self._approve(f"{problem}. Use it as the state bucket anyway?")

    def _ask_and_apply(self, plan: str) -> None:
        click.echo(plan)
        if not self._auto_approve:
            self._approve("Apply these changes?")
        self._step("Applying")
        try:
            self._stack.apply(PLAN)
        except TerraformError as error:
            remedy = f"fix that and retry: it continues from here{self._rescued()}"
            if error.locked:
                remedy = f"`make recover ENV={self._settings.environment}` shows who holds it"
            raise OpsError(error.problem, remedy) from error

    def _rescued(self) -> str:
        """Save the copy that Terraform leaves where it cannot write the state, and say where it lies."""
        left = self._stack.folder / "errored.tfstate"
        if not left.exists():
            return ""
        saved = self._local.with_suffix(".errored.tfstate")
        saved.write_bytes(left.read_bytes())
        return f"; the state that could not be written lies in {saved}"

    def _approve(self, question: str) -> None:
        try:
            if click.confirm(question):
                return
        except click.Abort as error:
            raise OpsError(
                "aborted: nobody answered, nothing was changed", "--auto-approve does not ask"
            ) from error
        raise OpsError("aborted: not confirmed, nothing was changed")

    def _move(self) -> None:
        """Copy the local state into the bucket."""
        self._step(f"Moving the state to {self._url}")
        # Not with `terraform init -migrate-state` or `state push`, which begin a new lineage in an empty
        # backend: nobody could say any more what came of which. This also overwrites nobody's state, and
        # leaves no lock behind where we are killed.
        if not self._objects.put_own(self._key, self._local.read_bytes(), ContentType="application/json"):
            raise OpsError(
                f"{self._url} was just written by somebody else and was not overwritten",
                f"the state is safe in {self._local}: run this again",
            )
        (self._stack.folder / OVERRIDE).unlink()

    def _read_back(self) -> None:
        """Raise an OpsError unless the backend gives back all that the local state holds."""
        self._step("Reading it back")
        local = self._read_local()
        remote = _read_state(self._stack.terraform("state", "pull").stdout.encode(), self._url)
        if local is None:
            return
        if remote is None:
            raise OpsError(f"{self._url} is empty", f"the state is safe in {self._local}")
        self._require_successor(local, remote)
        if remote.serial == local.serial and remote.resources != local.resources:
            raise OpsError(f"{self._url} has other content than {self._local}, which stays")
        self._say(f"the same state: {remote}")

    def _remove_local(self) -> None:
        self._step(f"Removing the local copy, {os.path.relpath(self._local)}")
        remove_local_state(self._local)


def _read_state(body: bytes, where: str) -> Snapshot | None:
    """Return the state that `body` holds; None where it is empty, as before Terraform's first write."""
    if not body.strip():
        return None
    try:
        return Snapshot.parse(body)
    except ValueError as error:
        raise OpsError(f"{where} {error}") from error


def _write_imports(path: Path, found: list[Import]) -> None:
    if found:
        blocks = [{"to": one.address, "id": one.import_id} for one in found]
        path.write_text(json.dumps({"import": blocks}), encoding="utf-8")
    else:
        path.unlink(missing_ok=True)
