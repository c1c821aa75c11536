"""Keys that a deploy created and no state knows: the answer to CreateKey was lost and Terraform asked again.

Such a key costs money and encrypts nothing. It looks like a key that somebody kept to read old objects,
so it is deleted only if nothing speaks for keeping it; `UNKNOWABLE` says what AWS cannot answer.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ops.deploy.caller import ask_caller
from ops.deploy.names_in_aws import Stack, StackNames, encrypting_keys
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


def find_spare_keys(stack: Stack, resources: Mapping[str, Mapping[str, Any]]) -> Iterator[Spare]:
    """Yield the keys that look like those of a stack and are not.

    Args:
        stack: the stack's synthesized JSON.
        resources: the attributes of what its state knows, by address.

    Raises:
        OpsError: AWS does not answer.
    """
    names = StackNames(stack, resources)
    ours = {one["key_id"] for address, one in resources.items() if address.startswith("aws_kms_key.")}
    for described in names.of("aws_kms_key"):
        with aws.one_line_errors("cannot tell which account this is"):
            account = ask_caller(described.region).account
        own = OwnKeys(described.region, account, described.tags)
        for key in own.like(described.described["description"]):
            if key["KeyId"] not in ours and key["KeyState"] in ("Enabled", "Disabled"):
                yield Spare(key["KeyId"], described.region)


def kept_for(spare: Spare, state: RemoteState) -> str:
    """Return the first reason to keep a key, or what could not be checked; empty if it may be deleted.

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
        if any(spare.key_id in key for key in encrypting_keys(bucket["Name"], spare.region)):
            yield f"bucket {bucket['Name']} encrypts with it"


def _pages(client: aws.Client, operation: str, part: str, **which: str) -> Iterator[Mapping[str, Any]]:
    for page in client.get_paginator(operation).paginate(**which):
        yield from page[part]
