"""How requests travel."""

from collections.abc import Sequence

from proof.asking import Action, Resource, When
from proof.properties.model import Ask, Property
from proof.properties.things import Bucket, Topic
from proof.proving import denied


def https_only(buckets: Sequence[Bucket], topics: Sequence[Topic]) -> Property:
    """Return that nothing travels in plain text.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
    """
    plain = When({"Bool": {"aws:SecureTransport": "false"}})
    return Property(
        "https-only",
        "Nobody can access a bucket or publish an alarm over plain HTTP.",
        "Plain text can be read and changed in transit, and the links in it can be used.",
        (
            *(Ask(one.what, one.decision, denied(one.refusable & plain)) for one in buckets),
            *(
                Ask(one.what, one.decision, denied(Resource(one.arn) & Action("sns:Publish") & plain))
                for one in topics
            ),
        ),
    )


def no_outdated_tls(buckets: Sequence[Bucket]) -> Property:
    """Return that old versions of TLS are refused.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html#example-object-tls-version
    """
    old = When({"NumericLessThan": {"s3:TlsVersion": "1.2"}})
    return Property(
        "no-outdated-tls",
        "Nobody can access a bucket with TLS below 1.2.",
        "Older versions of TLS are broken.",
        tuple(Ask(one.what, one.decision, denied(one.refusable & old)) for one in buckets),
    )
