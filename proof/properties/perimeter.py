"""From where requests may come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from proof.asking import AWS_IDENTITY, EVERY, Action, Caller, Principal, When, Where
from proof.properties.model import Ask, Property
from proof.properties.things import Bucket
from proof.proving import denied

LISTING = ("s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:ListBucketVersions")

INTERNAL = (
    *("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"),
    *("::1/128", "fc00::/7", "fe80::/10"),
)
"""Addresses that no request from the internet has, so that S3 never sees them in aws:SourceIp:
https://www.iana.org/assignments/iana-ipv4-special-registry/"""


@dataclass(frozen=True)
class Perimeter:
    """Where requests may come from; an empty field limits nothing.

    Attributes:
        vpc_endpoints: ids of VPC endpoints.
        source_ips: IP ranges in CIDR notation.
        organization: the id of an organization.
        exempt: ARNs of the roles that pass from anywhere.
        listing: whether it holds for listing the objects too.
        exempt_listing: ARNs of further roles that may list from anywhere.
    """

    vpc_endpoints: tuple[str, ...] = ()
    source_ips: tuple[str, ...] = ()
    organization: str | None = None
    exempt: tuple[str, ...] = ()
    listing: bool = False
    exempt_listing: tuple[str, ...] = ()

    @property
    def of_network(self) -> bool:
        """Whether it limits the network."""
        return bool(self.vpc_endpoints or self.source_ips)

    def inside(self) -> Iterable[dict[str, Any]]:
        """Yield a Condition element for each way to be on the right network, as S3 sees it."""
        if self.vpc_endpoints:
            yield {"StringEquals": {"aws:SourceVpce": list(self.vpc_endpoints)}}
        if self.source_ips:
            yield {
                "IpAddress": {"aws:SourceIp": list(self.source_ips)},
                "NotIpAddress": {"aws:SourceIp": list(INTERNAL)},
            }

    def elsewhere(self) -> Where:
        """Return the requests from another network."""
        found: Where = EVERY
        if self.vpc_endpoints:
            found &= When({"StringNotEquals": {"aws:SourceVpce": list(self.vpc_endpoints)}})
        if self.source_ips:
            found &= When({"NotIpAddress": {"aws:SourceIp": list(self.source_ips)}})
        return found


def properties(buckets: Sequence[Bucket], perimeter: Perimeter) -> list[Property]:
    """Return what a perimeter promises; nothing where there is none.

    AWS services, and what they call on for a principal, come from networks of their own:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html
    """
    found = []
    if perimeter.of_network:
        # A service says that it calls for somebody; a request without that counts as direct.
        direct = When({"BoolIfExists": {"aws:ViaAWSService": "false"}})
        outside = perimeter.elsewhere() & ~Caller("service") & direct
        found.append(
            Property(
                "inside-the-network",
                f"Only {_exempt(perimeter)} can access an object{_listing(perimeter)} from outside the "
                "network.",
                "Leaked credentials do not work elsewhere.",
                tuple(_asks(buckets, perimeter, outside)),
            )
        )
    if perimeter.organization is not None:
        ours = When({"StringEquals": {"aws:PrincipalOrgID": perimeter.organization}})
        outside = ~Caller("service") & ~(AWS_IDENTITY & ours)
        found.append(
            Property(
                "inside-the-organization",
                f"Only {_exempt(perimeter)} can access an object{_listing(perimeter)} "
                f"from outside organization {perimeter.organization}.",
                "A policy that names a stranger by mistake gives no access.",
                tuple(_asks(buckets, perimeter, outside)),
            )
        )
    return found


def _asks(buckets: Sequence[Bucket], perimeter: Perimeter, outside: Where) -> Iterable[Ask]:
    for one in buckets:
        exempt = Principal(*perimeter.exempt)
        yield Ask(one.what, one.decision, denied(one.objects & outside & ~exempt))
        if perimeter.listing:
            exempt = Principal(*perimeter.exempt, *perimeter.exempt_listing)
            lists = one.itself & Action(*LISTING)
            yield Ask(f"{one.what}, listing", one.decision, denied(lists & outside & ~exempt))


def _exempt(perimeter: Perimeter) -> str:
    roles = [arn.partition(":role/")[2] for arn in perimeter.exempt]
    return " and ".join(["AWS services", *([f"the roles {', '.join(roles)}"] if roles else [])])


def _listing(perimeter: Perimeter) -> str:
    return " or list the objects" if perimeter.listing else ""
