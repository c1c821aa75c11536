"""Who writes and deletes records, and who raises alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proof.asking import Account, Action, Caller, Principal, Resource, When, Where
from proof.properties.control import CLIENT
from proof.properties.encryption import encrypting
from proof.properties.model import Ask, Property
from proof.properties.things import Bucket, Topic, any_of
from proof.proving import always, never_denied, nobody

REPLICATING = (
    *("s3:ObjectOwnerOverrideToBucketOwner", "s3:ReplicateDelete", "s3:ReplicateObject"),
    *("s3:ReplicateObjectAnnotation", "s3:ReplicateTags"),
)
DELIVERED: dict[str, dict[str, str]] = {
    "Bool": {"aws:SecureTransport": "true", "aws:PrincipalIsAWSService": "true"},
    "NumericGreaterThanEqualsIfExists": {"s3:TlsVersion": "1.2"},
    "StringNotEquals": {"s3:signatureversion": "AWS"},
    "Null": {"s3:authType": "true"},
}
"""How AWS services deliver records; no page says that they carry no signature."""
ANNOTATING = ("s3:PutObjectAnnotation", "s3:PutObjectVersionAnnotation")
WRITING = tuple(sorted({*encrypting(), *REPLICATING, *ANNOTATING}))
"""What brings an object or hides one, notes something about one, or changes its key."""


def only_services_write(bucket: Bucket, *, account: str, sources: Sequence[str]) -> Property:
    """Return that only AWS services write records, and only for our resources.

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
        "Only AWS services can write to the log bucket, and only for this environment's bucket and trail.",
        "A record that can be forged or overwritten proves nothing.",
        (
            Ask(bucket.what, bucket.decision, nobody(writes & ~Caller("service"))),
            Ask(f"{bucket.what}, for others", bucket.decision, nobody(by_service & ~ours)),
            Ask(
                f"{bucket.what}, for another account", bucket.decision, nobody(by_service & bucket_of_others)
            ),
        ),
    )


@dataclass(frozen=True)
class Delivery:
    """What one of AWS's services writes.

    Attributes:
        service: its name.
        prefix: below which it writes.
        source: the ARN of what it is about.
        condition: what else it sends, as a Condition element's StringEquals.
        looks: whether it looks first whose bucket it is.
    """

    service: str
    prefix: str
    source: str
    condition: tuple[tuple[str, str], ...] = ()
    looks: bool = False

    @property
    def requests(self) -> Where:
        """The requests of that service."""
        return Principal(service=(self.service,))


def by_services(bucket: Bucket, deliveries: Sequence[Delivery]) -> Where:
    """Return the requests with which AWS services deliver; `only_services_write` says for whom they write."""
    looks = [
        one.requests
        & bucket.itself
        & Action("s3:GetBucketAcl")
        & When({"ArnEquals": {"aws:SourceArn": one.source}})
        for one in deliveries
        if one.looks
    ]
    writes = [one.requests & bucket.objects & Action(*WRITING) for one in deliveries]
    return any_of([*writes, *looks])


def records_arrive(bucket: Bucket, account: str, deliveries: Sequence[Delivery]) -> Property:
    """Return that each service can write its records, and that somebody can read them.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
    """
    asks = []
    for one in deliveries:
        sent = {"aws:SourceAccount": account, **dict(one.condition)}
        asked = When({"StringEquals": sent, "ArnEquals": {"aws:SourceArn": one.source}, **DELIVERED})
        writes = one.requests & Action("s3:PutObject") & asked
        below = Resource(f"{bucket.arn}/{one.prefix}*")
        asks.append(Ask(f"{bucket.what}, {one.prefix}", bucket.decision, always(writes & below)))
        if one.looks:
            named = When({"ArnEquals": {"aws:SourceArn": one.source}, **DELIVERED})
            looks = one.requests & bucket.itself & Action("s3:GetBucketAcl") & named
            asks.append(Ask(f"{bucket.what}, to look at it", bucket.decision, always(looks)))
    reads = bucket.everything & Action("s3:GetObject", "s3:ListBucket") & Account(account) & When(CLIENT)
    asks.append(Ask(f"{bucket.what}, to read it", bucket.decision, never_denied(reads)))
    return Property(
        "records-arrive",
        "The records of AWS services arrive in the log bucket and can be read there.",
        "AWS drops a record that it cannot deliver, without an error.",
        tuple(asks),
    )


def each_below_its_prefix(bucket: Bucket, deliveries: Sequence[Delivery]) -> Property:
    """Return that no service writes where another's records are."""
    asks = []
    for service in sorted({one.service for one in deliveries}):
        below = [f"{bucket.arn}/{one.prefix}*" for one in deliveries if one.service == service]
        elsewhere = Principal(service=(service,)) & bucket.objects & Action(*WRITING) & ~Resource(*below)
        asks.append(Ask(f"{bucket.what}, {service}", bucket.decision, nobody(elsewhere)))
    return Property(
        "records-below-their-prefix",
        "Each AWS service writes only below the prefix of its own records.",
        "If records are mixed, nobody knows what is missing.",
        tuple(asks),
    )


def nobody_deletes(bucket: Bucket) -> Property:
    """Return that records stay, until the bucket's lifecycle deletes them, which asks no policy.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
    """
    deletes = Action("s3:DeleteObject", "s3:DeleteObjectVersion")
    return Property(
        "nobody-deletes-records",
        "Nobody can delete a record from the log bucket.",
        "Otherwise an attacker could hide what they did.",
        (Ask(bucket.what, bucket.decision, nobody(bucket.objects & deletes)),),
    )


def only_our_alarms(topic: Topic, rule_arns: Sequence[str]) -> Property:
    """Return that only EventBridge publishes, and only by our rules as far as it says which rule it is.

    AWS's pages contradict each other about whether it says so:
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sns-permissions
    """
    publishes = Resource(topic.arn) & Action("sns:Publish")
    ours = When({"ArnEquals": {"aws:SourceArn": list(rule_arns)}}) | When({"Null": {"aws:SourceArn": "true"}})
    allowed = Principal(service=("events.amazonaws.com",)) & ours
    return Property(
        "only-our-alarms",
        "Only EventBridge can publish an alarm, and only by this environment's rules if it says "
        "which rule it is.",
        "Anyone who can publish could send false alarms until nobody reads them.",
        (Ask(topic.what, topic.decision, nobody(publishes & ~any_of([allowed]))),),
    )


def alarms_arrive(topic: Topic, rule_arns: Sequence[str]) -> Property:
    """Return that each of our rules can publish, whether or not EventBridge says which rule it is."""
    publishes = Resource(topic.arn) & Action("sns:Publish") & Principal(service=("events.amazonaws.com",))
    said = When({"ArnEqualsIfExists": {"aws:SourceArn": list(rule_arns)}})
    https = When({"Bool": {"aws:SecureTransport": "true", "aws:PrincipalIsAWSService": "true"}})
    return Property(
        "alarms-arrive",
        "Every alarm of this environment can be published.",
        "An alarm that nobody receives protects nothing.",
        (Ask(topic.what, topic.decision, always(publishes & said & https)),),
    )
