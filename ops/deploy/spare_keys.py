"""Keys that a deploy made and no state knows: the answer to CreateKey was lost, and Terraform asked again.

Such a key costs money and encrypts nothing. It looks the same as one that somebody kept to read old objects,
so it may go only if nothing speaks for it; what AWS cannot be asked stands in `UNKNOWABLE`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ops.deploy.own_keys import OwnKeys
from ops.shared import aws
from ops.shared.errors import OpsError
from ops.state.remote_state import RemoteState

WAIT_DAYS = 30
"""The longest that KMS waits before it deletes a key:
https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html"""

UNKNOWABLE = (
    "AWS does not say what else was encrypted with it, such as objects uploaded with its id, copies in other "
    "accounts, or objects from before a bucket changed its key"
)


@dataclass(frozen=True)
class Spare:
    """A key that the stack describes and that no state knows.

    Attributes:
        key_id: its id.
        region: where it is.
    """

    key_id: str
    region: str

    def schedule_deletion(self) -> None:
        """Let KMS delete it in WAIT_DAYS days; raises OpsError where it refuses."""
        with aws.one_line_errors(f"cannot schedule the deletion of key {self.key_id}"):
            aws.client("kms", self.region).schedule_key_deletion(
                KeyId=self.key_id, PendingWindowInDays=WAIT_DAYS
            )


def find_spare_keys(stack: Mapping[str, Any], resources: Mapping[str, Mapping[str, Any]]) -> Iterator[Spare]:
    """Yield the keys that look like those of a stack and are not.

    Args:
        stack: the stack's synthesized JSON.
        resources: the attributes of what its state knows, by address.

    Raises:
        OpsError: AWS does not answer.
    """
    ours = {one["key_id"] for address, one in resources.items() if address.startswith("aws_kms_key.")}
    for provider in stack["provider"]["aws"]:
        keys = _keys_of(provider)
        reference = f"aws.{provider['alias']}" if "alias" in provider else "aws"
        for described in stack["resource"].get("aws_kms_key", {}).values():
            if described.get("provider", "aws") == reference:
                yield from (
                    Spare(key["KeyId"], provider["region"])
                    for key in keys.like(described["description"])
                    if key["KeyId"] not in ours and key["KeyState"] in ("Enabled", "Disabled")
                )


def _keys_of(provider: Mapping[str, Any]) -> OwnKeys:
    region = provider["region"]
    with aws.one_line_errors("cannot tell which account this is"):
        account = aws.client("sts", region).get_caller_identity()["Account"]
    return OwnKeys(aws.client("kms", region), account, provider["default_tags"][0]["tags"])


def kept_for(spare: Spare, state: RemoteState) -> str:
    """Return the first thing that speaks for a key, or what could not be checked; empty where it may go.

    Args:
        spare: the key.
        state: a state of the environment; all others in its bucket are looked through, too.
    """
    try:
        with aws.one_line_errors("could not be checked for uses"):
            return next(_uses(spare, state), "")
    except OpsError as error:
        return str(error)


def _uses(spare: Spare, state: RemoteState) -> Iterator[str]:
    kms, s3 = aws.client("kms", spare.region), aws.client("s3", spare.region)
    for alias in _pages(kms, "list_aliases", "Aliases", KeyId=spare.key_id):
        yield f"it has the alias {alias['AliasName']}"
    for grant in _pages(kms, "list_grants", "Grants", KeyId=spare.key_id):
        yield f"it has a grant, {grant['GrantId']}"
    for name, body in state.all_bodies():
        if spare.key_id.encode() in body:
            yield f"a version of {name} names it"
    for bucket in _pages(s3, "list_buckets", "Buckets"):
        if spare.key_id in _encrypts_with(s3, bucket["Name"]):
            yield f"bucket {bucket['Name']} encrypts with it"


def _pages(client: aws.Client, operation: str, part: str, **which: str) -> Iterator[Mapping[str, Any]]:
    for page in client.get_paginator(operation).paginate(**which):
        yield from page[part]


def _encrypts_with(s3: aws.Client, bucket: str) -> str:
    """Return the keys of a bucket's default encryption, as they are written there."""
    try:
        rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    except s3.exceptions.ClientError as error:
        if aws.error_code(error) in ("ServerSideEncryptionConfigurationNotFoundError", "NoSuchBucket"):
            return ""
        raise
    return " ".join(
        rule.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID", "") for rule in rules
    )
