"""`ops bootstrap` of an environment that keeps its state in the bucket of another one.

It has no bucket and no key: its state stack has only policies. The state of its storage stack comes from the
bucket that it had before, or begins empty.
"""

from ops.deploy import names_in_aws
from ops.deploy.already_deployed import refuse_deployed
from ops.deploy.caller import Caller
from ops.deploy.move_state import OldBackend, StateMove
from ops.deploy.own_backend import Bootstrap
from ops.shared import aws
from ops.shared.checkout import file_of
from ops.shared.errors import OpsError
from ops.shared.terraform import Stack
from ops.state.remote_state import RemoteState
from settings import resource_names
from settings.model import Settings


class GuestBootstrap(Bootstrap):
    """One run."""

    def __init__(
        self, settings: Settings, stack: Stack, *, auto_approve: bool, old: OldBackend, new_state: bool
    ) -> None:
        """Hold what `ops.deploy.bootstrap.run_bootstrap` was given."""
        super().__init__(settings, stack, auto_approve=auto_approve, new_state=new_state)
        self._owner = str(settings.state.of)
        self._old = old

    def _prepare(self, caller: Caller) -> bool:
        environment, owner = self._settings.environment, self._owner
        self._step(f"Looking for the state bucket of {owner} in account {self._account}, {self._region}")
        self._require_shared_bucket()
        self._refuse_unfinished()
        self._say(f"{environment} keeps its state in {self._bucket}, and has no state bucket of its own")
        self._refuse_moved()
        moved = self._move_states()
        state = RemoteState(self._settings, resource_names.storage_stack(environment))
        if not self._new_state and not state.exists():
            remedy = "--from-bucket NAME names the state bucket that it had before"
            refuse_deployed(self._settings, caller, remedy)
        return moved

    def _require_shared_bucket(self) -> None:
        """Raise an OpsError unless the bucket exists and has no bucket key, which hides objects from KMS."""
        first = f"make bootstrap ENV={self._owner} first"
        if not self._bucket_exists():
            raise OpsError(f"the state bucket {self._bucket} of {self._owner} does not exist", first)
        with aws.one_line_errors(f"cannot read the encryption of {self._bucket}"):
            if names_in_aws.has_bucket_key(self._bucket, self._region, ExpectedBucketOwner=self._account):
                raise OpsError(f"the state bucket {self._bucket} of {self._owner} is not shared yet", first)

    def _refuse_unfinished(self) -> None:
        """Raise an OpsError where a state bucket of its own was begun, and its state has not moved yet."""
        local = self._read_local()
        if local is not None and any(one.startswith("aws_s3_bucket.") for one in local.resources):
            environment = self._settings.environment
            raise OpsError(
                f"{self._local} has the state of a state bucket for {environment} that is not finished",
                f"remove state.of from {file_of(environment)}, make bootstrap, then set it again",
            )

    def _move_states(self) -> bool:
        """Move what is in the environment's former state bucket; return whether anything was written."""
        moved, old = False, self._old
        if old.exists(self._settings, account=self._account):
            self._step(f"Moving what is in {old.bucket} to {self._bucket}")
            for line in StateMove(self._settings, old, account=self._account).run():
                self._say(line)
                moved = True
            self._say(f"{old.bucket} stays as it is{'' if moved else ': nothing is left to move'}")
        return moved
