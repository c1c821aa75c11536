"""After a deploy that died: release its lock, save its state, and import what the state does not know."""

from collections.abc import Callable, Sequence

from ops.deploy.bootstrapped import require_bootstrapped
from ops.deploy.imports import Import, find_imports
from ops.deploy.spare_keys import UNKNOWABLE, WAIT_DAYS, Spare, find_spare_keys, kept_for
from ops.shared.checkout import settings_of
from ops.shared.errors import OpsError
from ops.shared.output_folder import local_state
from ops.shared.sandbox_variable import as_here
from ops.shared.terraform import Stack, synthesized
from ops.state.emergency_copy import emergency_copies
from ops.state.remote_state import RemoteState
from ops.state.snapshot import Snapshot
from settings.model import Settings

Agree = Callable[[str], bool]
"""Asks a person whether to do something."""


def recover(environment: str, agree: Agree, release: Sequence[str] = ()) -> None:
    """Repair an environment's states so that the next deploy succeeds.

    Args:
        environment: its name.
        agree: asked before each change but the release of a lock.
        release: the ids of the locks to release; no other lock is.

    Raises:
        OpsError: something cannot be recovered, or was not confirmed; what was done before stays done.
    """
    require_bootstrapped(settings_of(environment))
    unseen = set(release)
    with synthesized(environment) as (settings, stacks):
        # The state stack first: it holds what the other needs.
        for stack in sorted(stacks.values(), key=lambda stack: not stack.name.endswith("-state")):
            if "s3" not in stack.described["terraform"]["backend"]:
                continue
            if (local := local_state(stack.name, stack.env)).exists():
                raise OpsError(
                    f"the state of {stack.name} is still on this machine, in {local}",
                    f"make bootstrap ENV={environment} moves it first",
                )
            _Recovery(stack, settings, agree, unseen).run()
    for one in sorted(unseen):
        print(f"Note: no state of {environment} has a lock {one}; it may have been released already")
    plan, deploy = f"make plan ENV={environment}", f"make deploy ENV={environment}"
    print(as_here(f"Next: {plan} shows what is left to do, {deploy} does it."))


class _Recovery:
    """The steps for one stack; each does nothing if there is nothing to do."""

    def __init__(self, stack: Stack, settings: Settings, agree: Agree, release: set[str]) -> None:
        self._stack = stack
        self._settings = settings
        self._release = release
        self._state = RemoteState(settings, stack.name)
        self._agree = agree

    def run(self) -> None:
        self._release_lock()
        self._push_emergency_copies()
        snapshot = self._state.read()
        if snapshot is None and self._stack.name.endswith("-state"):
            return  # bootstrap creates that stack, and finds what an earlier run created
        found = find_imports(self._stack.described, self._settings, snapshot.resources if snapshot else {})
        tainted = snapshot.tainted if snapshot else ()
        if found or tainted:
            self._stack.init()
        self._untaint(tainted)
        self._import(found)
        self._offer_spare_keys()
        count = len(snapshot.resources if snapshot else ()) + len(found)
        print(f"✓ {self._stack.name}: not locked, and its state knows all {count} resources that exist")

    def _ask(self, question: str) -> None:
        if not self._agree(f"{self._stack.name}: {question}"):
            raise OpsError("aborted: not confirmed")

    def _release_lock(self) -> None:
        lock = self._state.lock()
        if lock is None:
            return
        print(f"✗ {self._stack.name}: {lock}")
        if lock.moved_to or lock.id not in self._release:
            raise self._state.held(lock)
        self._state.release(lock)
        self._release.remove(lock.id)
        print(f"✓ {self._stack.name}: lock {lock.id} released")

    def _push_emergency_copies(self) -> None:
        for copy in emergency_copies(self._stack.name):
            try:
                saved = Snapshot.parse(copy.read_bytes())
            except ValueError as error:
                raise OpsError(f"the emergency copy {copy.name} {error}", "remove it") from error
            now = self._state.read()
            print(f"✗ {self._stack.name}: the state of a deploy is only in {copy.name}")
            print(f"    emergency copy: {saved}\n    state bucket:   {now or 'no state'}")
            if now is not None and saved.lineage != now.lineage:
                raise OpsError(f"{copy.name} is of another lineage than {self._state.url}", "look at both")
            if now is not None and saved.serial <= now.serial and saved.body != now.body:
                raise OpsError(
                    f"{copy.name} has serial {saved.serial}, and {self._state.url} was written since, with "
                    f"serial {now.serial}",
                    "remove the copy if nothing in it is missed",
                )
            self._ask("write the emergency copy to the state bucket?")
            with self._state.locked("recover"):
                self._state.write(saved.body)
            copy.unlink()
            print(f"✓ {self._stack.name}: {saved} written to {self._state.url}, read back")

    def _untaint(self, addresses: Sequence[str]) -> None:
        if not addresses:
            return
        for address in addresses:
            print(f"✗ {self._stack.name}: {address} was not created completely and would be replaced")
        self._ask("keep them, and let the next deploy complete them?")
        for address in addresses:
            self._stack.terraform("untaint", address)
        print(f"✓ {self._stack.name}: {len(addresses)} kept")

    def _import(self, found: Sequence[Import]) -> None:
        if not found:
            return
        for one in found:
            print(f"✗ {self._stack.name}: {one.what} exists and is not in the state; ours, as {one.proof}")
        self._ask("import them into the state?")
        for one in found:
            self._stack.terraform("import", "-input=false", one.address, one.import_id)
            print(f"✓ {self._stack.name}: {one.what} is in the state")

    def _offer_spare_keys(self) -> None:
        if not self._spare_keys():
            return
        # A deploy makes keys that no state knows yet. While we hold the lock, none does.
        with self._state.locked("recover"):
            for spare in self._spare_keys():
                self._offer(spare)

    def _spare_keys(self) -> list[Spare]:
        snapshot = self._state.read()
        return list(find_spare_keys(self._stack.described, snapshot.resources if snapshot else {}))

    def _offer(self, spare: Spare) -> None:
        stack = self._stack.name
        print(f"✗ {stack}: KMS key {spare.key_id} looks like this stack's, and is not in its state")
        if reason := kept_for(spare, self._state):
            print(f"    it stays: {reason}")
            return
        print(
            f"    it has no alias and no grant, no state in the bucket names it, no bucket of the account\n"
            f"    encrypts with it; {UNKNOWABLE}"
        )
        if self._agree(f"{self._stack.name}: schedule its deletion in {WAIT_DAYS} days?"):
            spare.schedule_deletion()
            keep = f"aws kms cancel-key-deletion --region {spare.region} --key-id {spare.key_id}"
            print(
                f"✓ {self._stack.name}: key {spare.key_id} is deleted in {WAIT_DAYS} days; `{keep}` keeps it"
            )
