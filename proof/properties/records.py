"""Who writes records, and who takes them back; and who raises alarms."""

from collections.abc import Sequence

from proof.asking import Action, Caller, Principal, Resource, When
from proof.properties.encryption import encrypting
from proof.properties.model import Ask, Property
from proof.properties.things import Bucket, Topic, any_of
from proof.proving import nobody

REPLICATING = (
    *("s3:ObjectOwnerOverrideToBucketOwner", "s3:ReplicateDelete", "s3:ReplicateObject"),
    "s3:ReplicateTags",
)
WRITING = tuple(sorted({*encrypting(), *REPLICATING} - {"s3:UpdateObjectEncryption"}))
"""What brings an object, or hides one: by a change of its key its content stays."""


def only_services_write(bucket: Bucket, *, account: str, sources: Sequence[str]) -> Property:
    """Return that AWS's services write records, for what is ours, and nobody else does.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html

    Args:
        bucket: where the records go.
        account: whose records they are.
        sources: the ARNs of what is recorded: the data bucket, the trail.
    """
    writes = bucket.objects & Action(*WRITING)
    ours = When({"ArnEquals": {"aws:SourceArn": list(sources)}})
    # A bucket's ARN does not say whose it is.
    of_buckets = [one for one in sources if ":s3:::" in one]
    bucket_of_others = When(
        {"ArnEquals": {"aws:SourceArn": of_buckets}, "StringNotEquals": {"aws:SourceAccount": account}}
    )
    by_service = writes & Caller("service")
    return Property(
        "only-services-write-records",
        "Nobody but AWS's services writes to the log bucket, and they only for this environment's bucket and "
        "trail.",
        "A record that somebody can forge or overwrite proves nothing.",
        (
            Ask(bucket.what, bucket.decision, nobody(writes & ~Caller("service"))),
            Ask(f"{bucket.what}, for others", bucket.decision, nobody(by_service & ~ours)),
            Ask(
                f"{bucket.what}, for another account", bucket.decision, nobody(by_service & bucket_of_others)
            ),
        ),
    )


def nobody_deletes(bucket: Bucket) -> Property:
    """Return that records stay, until the bucket's lifecycle deletes them, which asks no policy.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
    """
    deletes = Action("s3:DeleteObject", "s3:DeleteObjectVersion")
    return Property(
        "nobody-deletes-records",
        "Nobody deletes a record from the log bucket.",
        "Who did something could hide it.",
        (Ask(bucket.what, bucket.decision, nobody(bucket.objects & deletes)),),
    )


def only_our_alarms(topic: Topic, rule_arns: Sequence[str]) -> Property:
    """Return that EventBridge publishes, by our rules, as far as it says which one it is.

    AWS's pages contradict each other about whether it says so:
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sns-permissions
    """
    publishes = Resource(topic.arn) & Action("sns:Publish")
    ours = When({"ArnEquals": {"aws:SourceArn": list(rule_arns)}}) | When({"Null": {"aws:SourceArn": "true"}})
    allowed = Principal(service=("events.amazonaws.com",)) & ours
    return Property(
        "only-our-alarms",
        "Nobody but EventBridge publishes an alarm, and of its rules only this environment's, where it says "
        "which.",
        "Who could publish could cry wolf until nobody listens.",
        (Ask(topic.what, topic.decision, nobody(publishes & ~any_of([allowed]))),),
    )
