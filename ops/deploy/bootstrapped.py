"""Whether an environment was bootstrapped, which every command needs that uses its state."""

from ops.deploy.caller import require_own_account
from ops.deploy.names_in_aws import Owner, look_up_bucket
from ops.shared import aws
from ops.shared.checkout import file_of, settings_of
from ops.shared.environment_argument import (
    did_you_mean,
    environment_names,
    like_another,
    those_with_a_file,
    without_a_file,
)
from ops.shared.errors import OpsError
from ops.state.remote_state import RemoteState
from settings import resource_names
from settings.model import Settings


def require_bootstrapped(settings: Settings) -> None:
    """Raise an OpsError unless the environment has its state bucket, or these credentials may not see it.

    A name that looks misspelt is called that, except where its environment exists: as the preflight does.

    Raises:
        OpsError: there is no state bucket, it is another account's, the state moved to another one, or AWS
            does not answer. One line says what to do first.
    """
    name, bucket = settings.environment, settings.state.bucket
    near = like_another(name)
    try:
        account = require_own_account(settings).account
        with aws.one_line_errors(f"cannot look at the state bucket {bucket}"):
            owner = look_up_bucket(bucket, account=account, region=settings.state.region).owner
    except OpsError as error:
        if near is not None:
            raise OpsError(without_a_file(name), did_you_mean(name, near)) from error
        raise
    if owner is Owner.NOBODY:
        if near is not None:
            raise OpsError(without_a_file(name), did_you_mean(name, near))
        problem = f"{name} is not bootstrapped: there is no state bucket {bucket}"
        raise OpsError(problem, f"make bootstrap ENV={settings.state.of or name} first{_others(name)}")
    if owner is Owner.OTHERS:
        remedy = f"set state.bucket to a name of your own in {file_of(name)}, then make bootstrap ENV={name}"
        raise OpsError(f"the state bucket {bucket} of {name} is not account {account}'s", remedy)
    if settings.state.of is not None and not _has_state(settings):
        if near is not None:
            raise OpsError(without_a_file(name), did_you_mean(name, near))
        problem = f"{name} is not bootstrapped: it has no state in {bucket}"
        raise OpsError(problem, f"make bootstrap ENV={name} first{_others(name)}")
    _refuse_moved(settings)


def _others(name: str) -> str:
    """Name the environments that may be meant by a name without a file."""
    return "" if name in environment_names() else f". {those_with_a_file()}"


def _has_state(settings: Settings) -> bool:
    """Return whether the environment has a state, or these credentials may not see it."""
    try:
        return RemoteState(settings, resource_names.storage_stack(settings.environment)).exists()
    except OpsError as error:
        if aws.refused(error):
            return True
        raise


def _refuse_moved(settings: Settings) -> None:
    """Raise an OpsError where the state moved, unless these credentials may not see the lock."""
    try:
        RemoteState(settings, resource_names.storage_stack(settings.environment)).refuse_moved()
    except OpsError as error:
        if not aws.refused(error):
            raise


def refuse_misspelt(environment: str) -> None:
    """Raise an OpsError where a name looks misspelt, unless its environment exists."""
    if like_another(environment) is not None:
        require_bootstrapped(settings_of(environment))
