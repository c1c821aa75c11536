"""How long links and forms work, and which have ended before their time.

Links and forms are requests that carry their signature, so they work for anyone who has them:
https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from constructs_lib.arguments import Key, Moment, checked
from constructs_lib.policies import Condition, Statement, deny

from annotated_types import Interval

_LINK_OR_FORM = {"s3:authType": ["POST", "REST-QUERY-STRING"]}


@checked
@dataclass(frozen=True)
class Links:
    """Which links and forms work.

    Attributes:
        max_age_seconds: how old their signature may be.
        issued_before: those of sessions that began before do not work: a moment as a policy writes it.
        revoked: those for these keys, and for all keys below what ends with a slash, do not work.
    """

    max_age_seconds: Annotated[int, Interval(ge=1, le=7 * 24 * 3600)] = 7 * 24 * 3600
    issued_before: Moment | None = None
    revoked: tuple[Key, ...] = ()


def deny_legacy_signatures(*, bucket_arn: str) -> Statement:
    """Refuse signatures of version 2, for which S3 knows no age.

    Written as "is SigV2" and not as "is not SigV4", because requests that AWS
    services make by themselves carry no signature version.
    """
    condition: Condition = {"StringEquals": {"s3:signatureversion": "AWS"}}
    return deny("DenyLegacySignatures", "s3:*", [bucket_arn, f"{bucket_arn}/*"], condition)


def deny_stale_presigned_urls(*, bucket_arn: str, max_age_seconds: int) -> Statement:
    """Refuse links and forms that were signed longer ago than `max_age_seconds`, for every signer.

    `s3:signatureAge` counts milliseconds.
    """
    condition: Condition = {
        "NumericGreaterThan": {"s3:signatureAge": str(max_age_seconds * 1000)},
        "StringEquals": _LINK_OR_FORM,
    }
    return deny("DenyStalePresignedUrls", "s3:*", [bucket_arn, f"{bucket_arn}/*"], condition)


def deny_revoked_sessions(*, bucket_arn: str, issued_before: str) -> Statement:
    """Refuse links and forms of sessions that began before a moment, also those that are signed later.

    The access key of an IAM user has no session: the condition key is absent, and its links pass.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
    """
    condition: Condition = {
        "DateLessThan": {"aws:TokenIssueTime": issued_before},
        "StringEquals": _LINK_OR_FORM,
    }
    return deny("DenyRevokedSessions", "s3:*", [bucket_arn, f"{bucket_arn}/*"], condition)


def deny_revoked_links(*, bucket_arn: str, revoked: Sequence[str]) -> Statement:
    """Refuse links and forms for some keys; requests that are signed with credentials pass."""
    resources = [f"{bucket_arn}/{key}{'*' if key.endswith('/') else ''}" for key in revoked]
    return deny("DenyRevokedLinks", "s3:*", resources, {"StringEquals": _LINK_OR_FORM})


def link_statements(*, bucket_arn: str, links: Links) -> list[Statement]:
    """Return the statements that end links and forms."""
    statements = [
        deny_legacy_signatures(bucket_arn=bucket_arn),
        deny_stale_presigned_urls(bucket_arn=bucket_arn, max_age_seconds=links.max_age_seconds),
    ]
    if links.issued_before is not None:
        statements.append(deny_revoked_sessions(bucket_arn=bucket_arn, issued_before=links.issued_before))
    if links.revoked:
        statements.append(deny_revoked_links(bucket_arn=bucket_arn, revoked=links.revoked))
    return statements
