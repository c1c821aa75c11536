"""What CI's roles cannot do, and who cannot assume them."""

from collections.abc import Mapping, Sequence

from proof.asking import EVERY, Action, Resource, When, Where
from proof.decide import Decision
from proof.properties.model import Ask, Property
from proof.properties.things import Bucket, Holder, any_of
from proof.proving import always, nobody

READING_OBJECTS = ("s3:GetObject", "s3:GetObject*", "s3:GetObjectVersion*", "s3:SelectObjectContent")
LOOKING = (
    *("cloudtrail:Get*", "cloudtrail:Describe*", "cloudtrail:List*", "events:Describe*", "events:List*"),
    *(
        "guardduty:Get*",
        "guardduty:List*",
        "iam:Get*",
        "iam:List*",
        "kms:Decrypt",
        "kms:Describe*",
        "kms:Get*",
        "kms:List*",
    ),
    *("s3:Get*", "s3:List*", "sns:Get*", "sns:List*"),
)
"""What reads and changes nothing."""


def no_data(roles: Sequence[Holder], data: Bucket, needed: Mapping[str, Where]) -> Property:
    """Return that no role of CI reads an object of the data bucket, nor which tags and locks it has.

    Who deploys writes the policies, so anyone who approves a deploy can still give the data away.

    Args:
        roles: of CI.
        data: the bucket.
        needed: the requests about tags and locks that a role needs, each by a clause that says so.
    """
    looks = data.objects & Action(*READING_OBJECTS) & ~any_of(tuple(needed.values()))
    return Property(
        "ci-reads-no-data",
        f"{'; '.join(('No role of CI can read an object of the data bucket', *needed))}.",
        "CI runs code from many people; it needs settings, not data.",
        tuple(Ask(one.what, one.decision(data.policy), nobody(one.requests & looks)) for one in roles),
    )


def writes_only(role: Holder, name: str, says: str, bucket_arn: str, prefix: str) -> Property:
    """Return that a role writes new objects below a prefix of the state bucket, and nothing else anywhere.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html

    Args:
        role: it.
        name: of the property.
        says: the promise, a sentence.
        bucket_arn: the state bucket.
        prefix: where it may write.
    """
    new = When({"Null": {"s3:if-none-match": "false"}})
    written = Resource(f"{bucket_arn}/{prefix}*") & Action("s3:PutObject") & new
    allowed = any_of([Action(*LOOKING), written, Action("kms:GenerateDataKey")])
    return Property(
        name,
        says,
        "Anyone who can push a branch runs code with the role of pull requests.",
        (Ask(role.what, role.decision(), nobody(role.requests & ~allowed)),),
    )


def taken_by(roles: Mapping[Holder, Where]) -> Property:
    """Return that only the workflows in question take a role, by what the token says.

    https://docs.github.com/en/actions/reference/security/oidc

    Args:
        roles: each with the requests that may take it.
    """
    return Property(
        "ci-roles-taken-by-their-workflows",
        "Only the workflows of the repository, each from its own event, branch or environment, can assume "
        "the roles of CI.",
        "Without a check of `sub`, any repository on GitHub could assume a role.",
        tuple(
            ask
            for role, allowed in roles.items()
            for ask in (
                Ask(
                    role.what,
                    Decision(role.trust, role.account),
                    nobody(EVERY & ~allowed & Action("sts:AssumeRole*", "sts:TagSession"), without_iam=True),
                ),
                Ask(f"{role.what}, by its workflow", Decision(role.trust, role.account), always(allowed)),
            )
        ),
    )
