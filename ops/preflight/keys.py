"""KMS keys by their aliases."""

from typing import Any

from ops.preflight.line import Line, bad, good
from ops.shared import aws


def key_of(alias: str, region: str) -> dict[str, Any] | None:
    """Return what KMS says of the key that an alias stands for; None where there is no such alias."""
    kms = aws.client("kms", region)
    try:
        return dict(kms.describe_key(KeyId=alias)["KeyMetadata"])
    except kms.exceptions.NotFoundException:
        return None


def unusable(subject: str, alias: str, key: dict[str, Any]) -> Line | None:
    """Return a line with ✗ where the key of an alias cannot be used, or where Terraform would replace it."""
    name, state = key["KeyId"], key["KeyState"]
    if state == "PendingDeletion":
        when = f" on {key['DeletionDate']:%Y-%m-%d}" if "DeletionDate" in key else ""
        text = f"{alias}: the key is to be deleted{when}, and nothing it encrypts can be read then"
        remedy = f"`aws kms cancel-key-deletion --key-id {name}`, then `aws kms enable-key --key-id {name}`"
        return bad(subject, text, remedy)
    if state != "Enabled":
        return bad(subject, f"{alias}: the key is {state}", f"`aws kms enable-key --key-id {name}`")
    return None


def usable(subject: str, alias: str, region: str, remedy: str) -> Line:
    """Check that an alias stands for a key that can be used; `remedy` is for where there is none."""
    key = key_of(alias, region)
    if key is None:
        return bad(subject, f"{alias} does not exist", remedy)
    return unusable(subject, alias, key) or good(subject, f"{alias} stands for {key['KeyId']}")
