"""Addresses of a condition key: one in each range between the networks' limits."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from proof.matches import Candidate, Match, foreign

Network = IPv4Network | IPv6Network


@lru_cache(maxsize=4096)
def network(match: Match) -> Network | None:
    """Return the network of an IpAddress value; None where it is none."""
    try:
        return ip_network(match.text, strict=False)
    except ValueError:
        return None


def addresses(matches: Sequence[Match], own: Sequence[Match]) -> list[Candidate]:
    """Return an address for each way in which `matches` can turn out; `own` are those of addresses."""
    networks = [one for one in map(network, own) if one is not None]
    out: dict[tuple[int, int], Candidate] = {}
    for text in _points(networks):
        one = address_candidate(matches, own, text)
        out.setdefault((one.sure, one.unknown), one)
    return list(out.values())


def address_candidate(matches: Sequence[Match], own: Sequence[Match], text: str) -> Candidate:
    """Return how `matches` turn out for one address."""
    address = ip_address(text)
    sure, unknown = 0, foreign(matches, own)
    for at, match in enumerate(matches):
        if match not in own:
            continue
        found = network(match)
        # How IAM reads an IPv6 address without a prefix is not documented.
        if found is None or (found.version == 6 and "/" not in match.text):
            unknown |= 1 << at
        elif found.version == address.version and address in found:
            sure |= 1 << at
    return Candidate(text, sure, unknown)


def _points(networks: list[Network]) -> list[str]:
    """Return an address of each range between the networks' limits, for IPv4 and IPv6 separately."""
    points = ["198.51.100.7", "2001:db8::7"]
    for version, largest in ((4, 2**32 - 1), (6, 2**128 - 1)):
        starts = {0}
        for one in networks:
            if one.version == version:
                starts |= {int(one.network_address), int(one.broadcast_address) + 1}
        make = IPv4Network if version == 4 else IPv6Network
        points += [str(make(start).network_address) for start in sorted(starts) if start <= largest]
    return points
