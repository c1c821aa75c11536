"""The KMS keys of an account, and which of them look like a key that a stack describes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ops.shared import aws
from settings.names.aws import arn_account

OWN_TAGS = ("Environment", "Project")
"""The tags that do not change from one deploy to the next, as Repository and Author do."""


@dataclass(frozen=True)
class OwnKeys:
    """The keys of one account in one region. Every method raises OpsError where KMS does not answer.

    Attributes:
        region: the region.
        account: the account.
        tags: the tags of what the stack makes.
    """

    region: str
    account: str
    tags: Mapping[str, str]

    @cached_property
    def _kms(self) -> aws.Client:
        return aws.client("kms", self.region)

    def difference(self, key: Mapping[str, Any], description: str) -> str:
        """Say how a key differs from the described key; empty if it does not."""
        if (account := arn_account(key["Arn"])) != self.account:
            return f"it is of account {account}"
        if key["Description"] != description:
            return f'its description is "{key["Description"]}", not "{description}"'
        with aws.one_line_errors(f"cannot read the tags of key {key['KeyId']}"):
            tags = {
                tag["TagKey"]: tag["TagValue"]
                for page in self._kms.get_paginator("list_resource_tags").paginate(KeyId=key["KeyId"])
                for tag in page["Tags"]
            }
        for name in OWN_TAGS:
            if tags.get(name) != self.tags.get(name):
                return f'its tag {name} is "{tags.get(name, "")}", not "{self.tags.get(name, "")}"'
        return ""

    def like(self, description: str) -> Iterator[dict[str, Any]]:
        """Yield every key that has this description and the stack's tags."""
        with aws.one_line_errors("cannot list the account's keys"):
            pages = list(self._kms.get_paginator("list_keys").paginate())
        for listed in (key for page in pages for key in page["Keys"]):
            try:
                key = self._kms.describe_key(KeyId=listed["KeyId"])["KeyMetadata"]
            except self._kms.exceptions.ClientError:
                continue  # a key that its policy hides from us is not ours
            if key["KeyManager"] == "CUSTOMER" and not self.difference(key, description):
                yield key
