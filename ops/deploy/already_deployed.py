"""Whether an environment is deployed whose state is not where its settings say."""

from ops.deploy import names_in_aws
from ops.deploy.caller import Caller
from ops.shared import aws
from ops.shared.errors import OpsError
from ops.state.remote_state import RemoteState
from settings import resource_names
from settings.model import Settings


def refuse_deployed(settings: Settings, caller: Caller, remedy: str) -> None:
    """Raise where a bootstrap would begin with an empty state, and the next deploy would make all again.

    Args:
        settings: the environment, which has no state.
        caller: whose account it is.
        remedy: how to name the state that it has elsewhere.

    Raises:
        OpsError: its policy for data exists, or IAM does not say.
    """
    environment = settings.environment
    name = resource_names.data_policies(environment).access
    with aws.one_line_errors(f"cannot look at policy {name}"):
        exists = names_in_aws.policy_exists(caller.iam(f"policy/{name}"), settings.region)
    if exists:
        url = RemoteState(settings, resource_names.storage_stack(environment)).url
        raise OpsError(
            f"{environment} is deployed, as {name} exists, but {url} does not",
            f"{remedy}; if that state is lost, --new-state begins with an empty one, and make recover "
            "imports what exists",
        )
