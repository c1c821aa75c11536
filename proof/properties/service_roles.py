"""The roles of an environment that a service of AWS takes: who takes one, and what it may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from proof.asking import Action, Resource, When, Where
from proof.decide import Decision
from proof.properties.model import Ask
from proof.properties.records import DELIVERED
from proof.properties.things import Bucket, Holder, any_of
from proof.proving import always, nobody


def delivered_by_role() -> Where:
    """Return the requests that a service sends as such a role, which is then no service principal."""
    sent: Where = When({"Bool": DELIVERED["Bool"] | {"aws:PrincipalIsAWSService": "false"}})
    return sent & When({name: block for name, block in DELIVERED.items() if name != "Bool"})


def key_through_s3(bucket: Bucket, keys: Sequence[str], via: Sequence[str], uses: Sequence[str]) -> Where:
    """Return the use of a bucket's key through S3, for that bucket; none where there is no key.

    Args:
        bucket: it.
        keys: the ARNs of its key, with wildcards where that is not known.
        via: S3 of its region, as `kms:ViaService` names it.
        uses: what is done with the key.
    """
    arn = {"kms:EncryptionContext:aws:s3:arn": [bucket.arn, f"{bucket.arn}/*"]}
    through = When({"StringEquals": {"kms:ViaService": list(via)}, "StringLike": arn})
    return any_of([Resource(*keys)] if keys else []) & Action(*uses) & through


def does_exactly(holders: Mapping[Holder, Where]) -> tuple[Ask, ...]:
    """Return what asks whether each holder allows its reference, and no more of what it may ask for."""
    asks = []
    for holder, reference in holders.items():
        more, less = holder.requests & ~reference, holder.requests & reference
        asks.append(Ask(f"{holder.what}, more", holder.decision(), nobody(more)))
        asks.append(Ask(f"{holder.what}, less", holder.decision(), always(less)))
    return tuple(asks)


def taken_only_by(role: Holder, name: str, service: Where) -> tuple[Ask, ...]:
    """Return what asks whether these requests of the service ``name`` take the role, and no others."""
    decision = Decision(role.trust, role.account)
    takes = Action("sts:AssumeRole*", "sts:TagSession", "sts:SetSourceIdentity")
    return (
        Ask(role.what, decision, nobody(takes & ~service, without_iam=True)),
        Ask(f"{role.what}, {name}", decision, always(service)),
    )
