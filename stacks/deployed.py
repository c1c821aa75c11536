"""What an environment's stacks deploy that decides who may do what: their policies, as plain values.

Read from the synthesized JSON, so that the proof is about what Terraform gets. Each Terraform reference is
replaced by an example of its value.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from constructs_lib.policies.packing import size
from constructs_lib.policies.place import Place
from constructs_lib.policies.trust_policy import ISSUER
from proof import Policy, policy
from proof.properties.things import Bucket, Holder, Key, Topic
from settings import resource_names
from settings.model import Settings
from settings.names.aws import arn_account, partition_of
from stacks.unread import UnreadError, refuse_unread

STAND_IN = "123456789012"
"""The account id where the settings have none."""

Json = Mapping[str, Any]
_REFERENCE = re.compile(r"(?<!\$)\$\{([^}]+)\}")
_UNKNOWN = "<what {} stands for>"
"""Replaces a reference outside of policies; a policy with it is refused."""


@dataclass(frozen=True)
class Deployed:
    """What the stacks of one environment deploy.

    Attributes:
        settings: of the environment.
        account: its account; if the settings have none, that of a principal in them, or a stand-in.
        stacks: their synthesized JSON, by name.
    """

    settings: Settings
    account: str
    stacks: Mapping[str, Json] = field(repr=False)

    @classmethod
    def of(cls, settings: Settings, stacks: Mapping[str, Json]) -> "Deployed":
        """Read the synthesized JSON of an environment's stacks, by name.

        Raises:
            UnreadError: something in it may grant access, and no promise reads it.
        """
        for name, stack in stacks.items():
            refuse_unread(name, stack.get("resource", {}))
        return cls(settings, _account(settings), dict(sorted(stacks.items())))

    @property
    def place(self) -> Place:
        """Where the data bucket is."""
        return Place(partition_of(self.settings.region), self.account, self.settings.region)

    @property
    def storage(self) -> str:
        """The name of the storage stack."""
        return resource_names.storage_stack(self.settings.environment)

    @cached_property
    def buckets(self) -> dict[str, Bucket]:
        """Every bucket that has a policy, by what it is called."""
        return {
            what: Bucket(what, self.place.bucket(name), self.account, self._policy(document, what))
            for what, name, document in self._bucket_policies()
        }

    @cached_property
    def keys(self) -> dict[str, Key]:
        """Every KMS key, by what it is called."""
        return {
            what: Key(what, arn, self.account, self._policy(document, what))
            for what, arn, document in self._key_policies()
        }

    @cached_property
    def topics(self) -> dict[str, Topic]:
        """Every topic, by what it is called."""
        return {
            what: Topic(what, self.topic_arn, self.account, self._policy(one["policy"], what))
            for one in self._of(self.storage, "aws_sns_topic_policy").values()
            for what in [self._called(one, self.storage, "topic")]
        }

    @property
    def topic_arn(self) -> str:
        """The ARN of the topic of the alarms."""
        names = [one["name"] for one in self._of(self.storage, "aws_sns_topic").values()]
        return self.place.arn("sns", names[0] if names else "")

    @property
    def upload_headers(self) -> dict[str, str]:
        """What an upload has to send, as the outputs say it."""
        outputs = self._resolved(self.stacks[self.storage]["output"], self.storage)
        headers: dict[str, str] = outputs["UploadHeaders"]["value"]
        return headers

    @cached_property
    def managed(self) -> dict[str, Policy]:
        """Every managed policy that a stack makes, by name."""
        return {
            one["name"]: self._policy(one["policy"], one["name"])
            for stack in self.stacks
            for one in self._of(stack, "aws_iam_policy").values()
        }

    @cached_property
    def roles(self) -> dict[str, Holder]:
        """Every role that a stack makes, by name, with the policies that are attached to it."""
        return {
            role["name"]: Holder(
                f"role {role['name']}",
                self.place.iam(f"role/{role['name']}"),
                self.account,
                tuple(self._attached(stack, identifier)),
                self._policy(role["assume_role_policy"], f"trust of {role['name']}"),
            )
            for stack in self.stacks
            for identifier, role in self._of(stack, "aws_iam_role").items()
        }

    @cached_property
    def sizes(self) -> dict[str, int]:
        """How many bytes the policy of each bucket and key has."""
        found = (*self._bucket_policies(), *self._key_policies())
        return {
            what: len((document if isinstance(document, str) else json.dumps(document)).encode())
            for what, _, document in found
        }

    @cached_property
    def managed_sizes(self) -> dict[str, int]:
        """How many characters IAM counts in every managed policy that a stack makes, by name."""
        return {
            one["name"]: size(json.loads(one["policy"]), account=self.account)
            for stack in self.stacks
            for one in self._of(stack, "aws_iam_policy").values()
        }

    def holder(self, name: str) -> Holder:
        """Return a principal that has only the managed policy `name`."""
        arn = self.place.iam("role/holder-of-a-managed-policy")
        return Holder(f"managed policy {name}", arn, self.account, (self.managed[name],))

    def boundary(self, role: str) -> Holder:
        """Return a principal that has only the policy that is the permissions boundary of a role.

        Raises:
            UnreadError: the role has none, or it is no policy of these stacks.
        """
        arns = [
            str(one.get("permissions_boundary", ""))
            for stack in self.stacks
            for one in self._of(stack, "aws_iam_role").values()
            if one["name"] == role
        ]
        for name in self.managed:
            if arns == [self.place.iam(f"policy/{name}")]:
                return self.holder(name)
        raise UnreadError(f"role {role}: its permissions boundary is no policy of these stacks")

    # Reading the JSON

    def _of(self, stack: str, kind: str) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self._resources[stack].get(kind, {})
        return found

    @cached_property
    def _resources(self) -> dict[str, dict[str, Any]]:
        """The resources of each stack, by kind."""
        return {stack: self._resolved(one.get("resource", {}), stack) for stack, one in self.stacks.items()}

    def _resolved(self, resource: Json, stack: str) -> dict[str, Any]:
        text = _REFERENCE.sub(lambda found: self._example(found[1], stack), json.dumps(resource))
        found: dict[str, Any] = json.loads(text.replace("$${", "${"))
        return found

    def _example(self, reference: str, stack: str) -> str:
        place, _, attribute = reference.rpartition(".")
        kind, _, identifier = place.partition(".")
        if kind == "data" and attribute == "account_id":
            return self.account
        if kind == "aws_kms_key" and attribute == "arn":
            key = self.stacks[stack]["resource"][kind][identifier]
            return self._key_arn(key, stack)
        if kind == "aws_iam_openid_connect_provider" and attribute == "arn":
            return self.place.iam(f"oidc-provider/{ISSUER}")
        return _UNKNOWN.format(reference)

    def _key_arn(self, key: Json, stack: str) -> str:
        # As long as the id of a key is, for the size of the policies.
        name = f"{self._called(key, stack, 'key').replace(' ', '-')}-".ljust(36, "0")
        return replace(self.place, region=_region(key, self.stacks[stack])).arn("kms", f"key/{name}")

    def _bucket_policies(self) -> Iterator[tuple[str, str, Any]]:
        for stack in self.stacks:
            buckets = self._of(stack, "aws_s3_bucket")
            for one in self._of(stack, "aws_s3_bucket_policy").values():
                identifier = one["bucket"].split(".")[1]
                yield self._called(one, stack, "bucket"), buckets[identifier]["bucket"], one["policy"]

    def _key_policies(self) -> Iterator[tuple[str, str, Any]]:
        for stack in self.stacks:
            for one in self._of(stack, "aws_kms_key").values():
                yield self._called(one, stack, "key"), self._key_arn(one, stack), one["policy"]

    def _called(self, resource: Json, stack: str, kind: str) -> str:
        """Return what a bucket or key is called: by the construct that makes it."""
        construct = str(resource["//"]["metadata"]["path"]).split("/")[1]
        if construct in ("secure-bucket", "encryption-key"):
            return f"{'data' if stack == self.storage else 'state'} {kind}"
        return construct.replace("-", " ")

    def _attached(self, stack: str, role: str) -> Iterator[Policy]:
        policies = self._of(stack, "aws_iam_policy")
        for one in self._of(stack, "aws_iam_role_policy_attachment").values():
            if f"aws_iam_role.{role}.name" in one["role"]:
                _, _, identifier = one["policy_arn"].partition("aws_iam_policy.")
                policy = policies.get(identifier.partition(".")[0])
                if policy is None:
                    raise UnreadError(f"role {role}: {one['policy_arn']} is no policy of stack {stack}")
                yield self.managed[policy["name"]]

    @staticmethod
    def _policy(document: Any, name: str) -> Policy:  # noqa: ANN401 - JSON, as text or read
        text = document if isinstance(document, str) else json.dumps(document)
        unknown = re.search(_UNKNOWN.format("([^>]*)"), text)
        if unknown is not None:
            raise UnreadError(f"{name}: unknown Terraform reference ${{{unknown[1]}}}")
        return policy(json.loads(text), name)


def _region(resource: Json, stack: Json) -> str:
    alias = resource.get("provider", "aws").partition(".")[2]
    (found,) = (one["region"] for one in stack["provider"]["aws"] if one.get("alias", "") == alias)
    return str(found)


def _account(settings: Settings) -> str:
    if settings.account_id is not None:
        return settings.account_id
    access = settings.access
    named = [access.deploy_role] if access.deploy_role is not None else list(access.principals)
    return next((account for arn in named if (account := arn_account(arn))), STAND_IN)
