"""What the judgement of one resource depends on outside of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from review.accounts import region_of
from review.attributes import Attributes, Json

STATEMENTS = 80
"""How many statements of a plan are compared exactly: a second's work."""


class Budget:
    """How many statements of policies may still be compared exactly in a plan."""

    def __init__(self, statements: int = STATEMENTS) -> None:
        self._left = statements

    def allows(self, statements: int) -> bool:
        """Count `statements`, and return whether they may still be compared."""
        self._left -= statements
        return self._left >= 0

    @property
    def is_spent(self) -> bool:
        """Whether a comparison was asked for and not allowed."""
        return self._left < 0


@dataclass(frozen=True)
class Around:
    """What the judgement of one resource depends on outside of it.

    Attributes:
        own_accounts: the accounts that are ours; empty if the plan does not say.
        own_regions: the regions that our resources are in, as far as the plan says.
        new_buckets, gone_buckets: names of buckets that the plan makes or destroys.
        own_buckets: names of the buckets that are there after it.
        renamed: the new name of each bucket that is replaced by one of another name.
        configured: the expressions that the configuration gives to each resource, by address without keys.
        new_addresses: of the resources that the plan makes, and does not replace; without keys.
        bucket_regions: the region of each bucket that is there already, by the bucket's name.
        principal_tags, resource_tags: the keys of tags, in small letters, by which policies decide.
        gone_principals: `role`, `user` or `group`, and the name, of each that is destroyed.
        synthesized: the resources in the synthesized JSON of what is planned, by address; empty without it.
        unseen: whether an unknown value is used where the configuration in the plan does not show it.
        budget: for comparing policies exactly; beyond it they are judged by their clauses alone.
    """

    own_accounts: Collection[str] = ()
    own_regions: Collection[str] = ()
    new_buckets: Collection[str] = ()
    gone_buckets: Collection[str] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    configured: Mapping[str, Attributes] = field(default_factory=dict)
    new_addresses: Collection[str] = ()
    bucket_regions: Mapping[str, str] = field(default_factory=dict)
    principal_tags: Collection[str] = ()
    resource_tags: Collection[str] = ()
    gone_principals: Collection[tuple[str, str]] = ()
    own_buckets: Collection[str] = ()
    synthesized: Mapping[str, Attributes] = field(default_factory=dict)
    unseen: bool = False
    budget: Budget = field(default_factory=Budget)

    def is_elsewhere(self, name: Json) -> bool:
        """Return whether an ARN is of a region that none of our resources is in."""
        region = region_of(name)
        return bool(region) and region not in self.own_regions

    def region_for(self, setting: Attributes) -> str:
        """Return the region that a setting of a bucket is in; empty if the plan does not say.

        Where it is null, the provider's is meant. S3 changes a bucket's settings in its own region only.
        """
        if setting.get("region"):
            return str(setting["region"])
        only = next(iter(self.own_regions)) if len(self.own_regions) == 1 else ""
        return self.bucket_regions.get(str(setting.get("bucket")), only)

    def goes_with_its_bucket(self, setting: Attributes) -> bool:
        """Return whether the bucket that a setting is of is destroyed as well."""
        name = setting.get("bucket")
        return isinstance(name, str) and name in self.gone_buckets

    def goes_with_its_principal(self, kind: str, policy: Attributes) -> bool:
        """Return whether the role, user or group that a policy is of is destroyed as well."""
        whose = kind.removeprefix("aws_iam_").removesuffix("_policy")
        return (whose, str(policy.get(whose))) in self.gone_principals
