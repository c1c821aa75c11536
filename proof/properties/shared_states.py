"""What an environment cannot do with the states of others that are in the same bucket."""

from collections.abc import Sequence
from dataclasses import dataclass

from proof.asking import Action, Resource, When, Where
from proof.properties.keys import USING
from proof.properties.model import Ask, Property
from proof.properties.things import Holder, any_of
from proof.proving import nobody


@dataclass(frozen=True)
class OwnPart:
    """The part of a state bucket that is an environment's.

    Attributes:
        bucket_arn: the bucket.
        objects: the ARNs of the environment's objects, which may end in `*`.
        listed: the prefixes that it may list, which may end in `*`.
        key: the requests for the bucket's KMS key.
        contexts: the ARNs for which it may use that key.
    """

    bucket_arn: str
    objects: Sequence[str]
    listed: Sequence[str]
    key: Where
    contexts: Sequence[str]

    def others(self) -> Where:
        """Return the requests for what others have in the bucket."""
        objects = Resource(f"{self.bucket_arn}/*") & ~Resource(*self.objects)
        lists = Resource(self.bucket_arn) & Action("s3:ListBucket*")
        own_lists = When({"StringLike": {"s3:prefix": list(self.listed)}})
        own_uses = When({"StringLike": {"kms:EncryptionContext:aws:s3:arn": list(self.contexts)}})
        return any_of([objects, lists & ~own_lists, self.key & Action(*USING) & ~own_uses])


def nothing_of_other_states(holders: Sequence[Holder], part: OwnPart) -> Property:
    """Return that roles and managed policies reach only their environment's part of a shared state bucket.

    A list without a prefix would show the keys of all: S3 sends no `s3:prefix` then.
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html

    Args:
        holders: who has the roles and policies of the environment.
        part: what of the bucket is the environment's.
    """
    return Property(
        "nothing-of-other-states",
        "In a shared state bucket, the roles and policies of this environment can neither read, write, "
        "delete, lock nor list what is of another one, and cannot use the key for it.",
        "Anyone who can read a state has its secrets; anyone who can write it decides what a deploy does.",
        tuple(Ask(one.what, one.decision(), nobody(one.requests & part.others())) for one in holders),
    )
