"""How long links and forms work, and which have ended before their time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proof.asking import Resource, When, Where
from proof.properties.model import Ask, GivenUp, Property
from proof.properties.things import Bucket
from proof.proving import denied

LINK_OR_FORM = {"StringEquals": {"s3:authType": ["POST", "REST-QUERY-STRING"]}}


@dataclass(frozen=True)
class Links:
    """Which links and forms work.

    Attributes:
        max_age_seconds: how long after their signing.
        issued_before: those of sessions that began before this moment do not.
        revoked: those for these keys, and for all keys below what ends with a slash, do not.
    """

    max_age_seconds: int
    issued_before: str | None = None
    revoked: tuple[str, ...] = ()

    def work(self, bucket: Bucket) -> Where:
        """Return the links and forms for `bucket` that work, with requests that are none of these."""
        found: Where = When({"NumericLessThanEquals": {"s3:signatureAge": str(self.max_age_seconds * 1000)}})
        if self.issued_before is not None:
            found &= ~_began_before(self.issued_before)
        return found & ~self.taken_back(bucket) if self.revoked else found

    def taken_back(self, bucket: Bucket) -> Where:
        """Return the requests for what is revoked in `bucket`."""
        return Resource(*(f"{bucket.arn}/{key}{'*' if key.endswith('/') else ''}" for key in self.revoked))


def _began_before(moment: str) -> Where:
    return When({"DateLessThan": {"aws:TokenIssueTime": moment}})


def no_old_links(buckets: Sequence[Bucket], links: Links, *, name: str = "no-old-links") -> Property:
    """Return that links and forms end.

    `s3:signatureAge` counts milliseconds, and is always 0 in Signature Version 2:
    https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html
    """
    age = {"s3:signatureAge": str(links.max_age_seconds * 1000)}
    old = When({"NumericGreaterThan": age, **LINK_OR_FORM})
    duration = _duration(links.max_age_seconds)
    return Property(
        name,
        f"No link or form for the {_whose(buckets)} works more than {duration} after it is signed.",
        "A link works for anyone who finds it.",
        tuple(Ask(one.what, one.decision, denied(one.refusable & old)) for one in buckets),
    )


def revoked(buckets: Sequence[Bucket], links: Links) -> list[Property | GivenUp]:
    """Return that revoked links have ended, and which links cannot be revoked; empty if none is revoked.

    Temporary credentials say when they were issued, and an IAM user's access key says nothing:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-tokenissuetime
    """
    found: list[Property | GivenUp] = []
    if links.issued_before is not None:
        old = _began_before(links.issued_before) & When(LINK_OR_FORM)
        found += [
            Property(
                "no-links-of-revoked-sessions",
                f"No link or form for the {_whose(buckets)} works if its session began before "
                f"{links.issued_before}.",
                "Anyone with a leaked session can sign links for as long as the session lasts.",
                tuple(Ask(one.what, one.decision, denied(one.refusable & old)) for one in buckets),
            ),
            GivenUp(
                "no-links-of-revoked-keys",
                f"No link or form works that an IAM user's access key signed before {links.issued_before}.",
                "an access key is no session; deactivate it, or lower max_expiry",
            ),
        ]
    if links.revoked:
        found.append(
            Property(
                "no-revoked-links",
                f"No link or form for the {_whose(buckets)} works if it is for {_listed(links.revoked)}.",
                "A leaked link works for anyone who finds it.",
                tuple(
                    Ask(one.what, one.decision, denied(links.taken_back(one) & When(LINK_OR_FORM)))
                    for one in buckets
                ),
            )
        )
    return found


def no_legacy_signatures(buckets: Sequence[Bucket]) -> Property:
    """Return that Signature Version 2 is refused."""
    legacy = When({"StringEquals": {"s3:signatureversion": "AWS"}})
    return Property(
        "no-legacy-signatures",
        "No request with Signature Version 2 is allowed.",
        "S3 does not know how old such a signature is, so its link would never expire.",
        tuple(Ask(one.what, one.decision, denied(one.refusable & legacy)) for one in buckets),
    )


def _whose(buckets: Sequence[Bucket]) -> str:
    return " or the ".join(one.what for one in buckets)


def _listed(keys: Sequence[str]) -> str:
    more = f" or {len(keys) - 3} more" if len(keys) > 3 else ""
    return " or ".join(f"{key}*" if key.endswith("/") else key for key in keys[:3]) + more


def _duration(seconds: int) -> str:
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds % length == 0:
            count = seconds // length
            return f"{count} {unit}{'s' if count != 1 else ''}"
    return f"{seconds} seconds"
