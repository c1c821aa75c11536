"""What properties are about, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proof.asking import Account, Action, Caller, Either, Principal, Resource, Where
from proof.decide import Decision, Identity
from proof.grammar import Policy

ROOTS_OWN_ACTIONS = ("s3:DeleteBucketPolicy", "s3:GetBucketPolicy", "s3:PutBucketPolicy")
"""What the root of a bucket's account can do even when it is denied:
https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketPolicy.html"""


def any_of(parts: Sequence[Where]) -> Where:
    """Return the requests that are in one of `parts`; none where there is none."""
    return Either(tuple(parts))


@dataclass(frozen=True)
class Bucket:
    """A bucket with its policy.

    Attributes:
        what: what it is called, such as `data bucket`.
        arn: its ARN.
        account: whose it is, 12 digits.
        policy: its policy.
    """

    what: str
    arn: str
    account: str
    policy: Policy

    @property
    def decision(self) -> Decision:
        """The decision about a request for it."""
        return Decision(self.policy, self.account)

    @property
    def itself(self) -> Where:
        """The requests for the bucket, not for its objects."""
        return Resource(self.arn)

    @property
    def objects(self) -> Where:
        """The requests for its objects."""
        return Resource(f"{self.arn}/*")

    @property
    def everything(self) -> Where:
        """The requests for the bucket and its objects."""
        return Resource(self.arn, f"{self.arn}/*")

    @property
    def refusable(self) -> Where:
        """All of these but what no policy can refuse to the account's root."""
        return self.everything & ~(Caller("root") & Account(self.account) & Action(*ROOTS_OWN_ACTIONS))


@dataclass(frozen=True)
class Key:
    """A KMS key with its policy; attributes as of `Bucket`."""

    what: str
    arn: str
    account: str
    policy: Policy

    @property
    def decision(self) -> Decision:
        """The decision about a request for it."""
        return Decision(self.policy, self.account)

    @property
    def itself(self) -> Where:
        """The requests for the key."""
        return Resource(self.arn)


@dataclass(frozen=True)
class Topic(Key):
    """An SNS topic with its policy; attributes as of `Bucket`."""


@dataclass(frozen=True)
class Holder:
    """A role whose policies are all known, or a holder of one managed policy and nothing else.

    Attributes:
        what: what it is called, such as `role secure-storage-prod-plan`.
        arn: the ARN of the role.
        account: whose it is.
        policies: what it may do.
        trust: who may take it; None where that is not ours to say.
    """

    what: str
    arn: str
    account: str
    policies: tuple[Policy, ...]
    trust: Policy | None = None

    @property
    def requests(self) -> Where:
        """The requests that it makes."""
        return Principal(self.arn)

    def decision(self, of: Policy | None = None) -> Decision:
        """Return the decision about its requests, also by the policy `of` what they are about."""
        return Decision(of, self.account, (Identity((self.arn,), self.policies),))


@dataclass(frozen=True)
class Grant:
    """A principal to which a policy gives access.

    Attributes:
        principal: the ARN of a role, a user or an account's root.
        prefix: what the keys must begin with; all keys where empty.
    """

    principal: str
    prefix: str = ""

    @property
    def requests(self) -> Where:
        """The requests of that principal."""
        return Principal(self.principal)
