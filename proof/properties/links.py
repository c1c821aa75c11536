"""How long a link works."""

from collections.abc import Sequence

from proof.asking import When
from proof.properties.model import Ask, Property
from proof.properties.things import Bucket
from proof.proving import denied


def no_old_links(buckets: Sequence[Bucket], max_age_seconds: int, *, name: str = "no-old-links") -> Property:
    """Return that links and forms end.

    `s3:signatureAge` counts milliseconds, and is always 0 in Signature Version 2:
    https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html
    """
    whose = " or the ".join(one.what for one in buckets)
    age = {"s3:signatureAge": str(max_age_seconds * 1000)}
    old = When({"NumericGreaterThan": age, "StringEquals": {"s3:authType": ["POST", "REST-QUERY-STRING"]}})
    return Property(
        name,
        f"No link or form for the {whose} works longer than {_duration(max_age_seconds)} after its signing.",
        "A link works for everybody who finds it.",
        tuple(Ask(one.what, one.decision, denied(one.refusable & old)) for one in buckets),
    )


def no_legacy_signatures(buckets: Sequence[Bucket]) -> Property:
    """Return that Signature Version 2 is refused."""
    legacy = When({"StringEquals": {"s3:signatureversion": "AWS"}})
    return Property(
        "no-legacy-signatures",
        "No request with a signature of Version 2 passes.",
        "S3 does not know how old such a signature is, so that its link would never end.",
        tuple(Ask(one.what, one.decision, denied(one.refusable & legacy)) for one in buckets),
    )


def _duration(seconds: int) -> str:
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds % length == 0:
            count = seconds // length
            return f"{count} {unit}{'s' if count != 1 else ''}"
    return f"{seconds} seconds"
