"""A role that a deploy makes, and the permissions boundary that it needs first."""

from ops.deploy.caller import Caller
from ops.deploy.names_in_aws import look_up_role, policy_exists
from ops.preflight.taken import TakenNames
from ops.preflight.verdict import Verdict, bad, good
from settings.model import Settings


def judge(
    subject: str, name: str, boundary: str, settings: Settings, caller: Caller, taken: TakenNames
) -> Verdict:
    """Say whether the role `name` can be made, or is ours; its boundary is the policy called `boundary`."""
    if not policy_exists(caller.iam(f"policy/{boundary}"), settings.region):
        text = f"its permissions boundary {boundary} does not exist, so it cannot be created"
        return bad(subject, text, f"make bootstrap ENV={settings.environment}")
    if look_up_role(name, settings.region) is None:
        return good(subject, f"{name} is free, and its permissions boundary exists")
    return taken.judge(subject, "aws_iam_role", [name])
