"""Where one environment ends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from proof.asking import Action, Resource, When, Where
from proof.properties.model import Ask, Property
from proof.properties.things import Holder, any_of
from proof.proving import nobody

MAKES_PLAN = "guardduty:CreateMalwareProtectionPlan"

LISTS = ("cloudtrail:DescribeTrails", "kms:ListAliases", "sts:GetCallerIdentity")
"""Actions about the whole account, which show only names."""


@dataclass(frozen=True)
class Environment:
    """What belongs to an environment.

    Attributes:
        arns: of all but its keys, with wildcards for what lies in a bucket.
        own_keys: the ARNs of its KMS keys.
        keys: patterns of the ARNs of KMS keys of any owner.
        plans: a pattern of the ARNs of GuardDuty's plans of any owner, whose ids GuardDuty makes.
        aliases: of its keys.
        tags: that its keys and its plan have.
    """

    arns: tuple[str, ...]
    own_keys: tuple[str, ...]
    keys: tuple[str, ...]
    plans: str
    aliases: tuple[str, ...]
    tags: Mapping[str, str]

    def others(self) -> Where:
        """Return the requests for resources of another environment, or of an unknown owner.

        A key that has one of the aliases is ours, whatever its tags say: an alias is of one key. A new key
        has neither tags nor an alias, and it can take five minutes until KMS counts them:
        https://docs.aws.amazon.com/kms/latest/developerguide/abac.html
        """
        tagged = any_of(
            [
                When(
                    {
                        "StringNotEquals": {f"aws:ResourceTag/{tag}": value},
                        "Null": {f"aws:ResourceTag/{tag}": "false"},
                    }
                )
                for tag, value in self.tags.items()
            ]
        )
        named = When({"Null": {"kms:ResourceAliases": "false"}})
        not_ours = When({"ForAllValues:StringNotEquals": {"kms:ResourceAliases": list(self.aliases)}})
        keys = Resource(*self.keys) & ~Resource(*self.own_keys) & not_ours & (tagged | named)
        tags = {f"aws:RequestTag/{tag}": value for tag, value in self.tags.items()}
        creates = Action("kms:CreateKey", MAKES_PLAN) & ~When({"StringEquals": tags})
        own_tags = {f"aws:ResourceTag/{tag}": value for tag, value in self.tags.items()}
        plans = Resource(self.plans) & ~When({"StringEquals": own_tags})
        elsewhere = ~Resource(*self.arns, *self.keys, self.plans) & ~Action(
            *LISTS, "kms:CreateKey", MAKES_PLAN
        )
        return any_of([keys & ~Action("kms:CreateKey"), creates, plans & ~Action(MAKES_PLAN), elsewhere])


def nothing_of_others(holders: Sequence[Holder], environment: Environment) -> Property:
    """Return that the roles and managed policies of an environment are for that environment.

    Args:
        holders: who has the roles and policies of the environment.
        environment: what belongs to it.
    """
    return Property(
        "nothing-of-other-environments",
        "The roles and policies of this environment give no access to another environment, except to keys "
        "with neither tags nor an alias yet.",
        "A role that deploys dev must not reach prod.",
        tuple(Ask(one.what, one.decision(), nobody(one.requests & environment.others())) for one in holders),
    )
