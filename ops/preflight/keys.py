"""KMS keys by their aliases."""

from typing import Any

from ops.deploy.names_in_aws import look_up_key
from ops.preflight.verdict import Verdict, bad, good


def unusable(subject: str, alias: str, key: dict[str, Any]) -> Verdict | None:
    """Return a line with ✗ where the key of an alias cannot be used, or where Terraform would replace it."""
    name, state = key["KeyId"], key["KeyState"]
    if state == "PendingDeletion":
        when = f" on {key['DeletionDate']:%Y-%m-%d}" if "DeletionDate" in key else ""
        text = (
            f"{alias}: the key is scheduled for deletion{when}, and then nothing that it encrypts can be read"
        )
        remedy = f"`aws kms cancel-key-deletion --key-id {name}`, then `aws kms enable-key --key-id {name}`"
        return bad(subject, text, remedy)
    if state != "Enabled":
        return bad(subject, f"{alias}: the key is {state}", f"`aws kms enable-key --key-id {name}`")
    return None


def usable(subject: str, alias: str, region: str, remedy: str) -> Verdict:
    """Check that an alias stands for a key that can be used; `remedy` is for where there is none."""
    key = look_up_key(alias, region)
    if key is None:
        return bad(subject, f"{alias} does not exist", remedy)
    return unusable(subject, alias, key) or good(subject, f"{alias} stands for {key['KeyId']}")
