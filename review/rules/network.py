"""Who reaches what by the network: what security groups let through, and databases on the Internet.

https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
"""

from collections.abc import Iterator

from review.attributes import Attributes, blocks, texts
from review.clauses import network
from review.model import Finding, careful, dangerous, good
from review.rules.registry import Subject, rule
from review.who import WIDEST

GROUPS = ("aws_default_security_group", "aws_security_group")
PORTS = ("from_port", "ip_protocol", "protocol", "to_port")
PEERS = (
    *("cidr_blocks", "cidr_ipv4", "cidr_ipv6", "ipv6_cidr_blocks", "prefix_list_id", "prefix_list_ids"),
    *("referenced_security_group_id", "security_groups", "self", "source_security_group_id"),
)
INTO, OUT = "ingress", "egress"
Opening = tuple[str, str]
"""The ports, and for whom."""


@rule(GROUPS, INTO)
def into_group(it: Subject) -> Iterator[Finding]:
    """Judge who reaches what is in a security group."""
    yield from _opened(INTO, *(_openings(blocks(one.get(INTO))) for one in (it.was, it.now)))


@rule(GROUPS, OUT)
def out_of_group(it: Subject) -> Iterator[Finding]:
    """Judge what is reached from within a security group."""
    yield from _opened(OUT, *(_openings(blocks(one.get(OUT))) for one in (it.was, it.now)))


SINGLE = (*PORTS, *PEERS, "security_group_id")


@rule("aws_security_group_rule", *SINGLE, "type")
def one_rule(it: Subject) -> Iterator[Finding]:
    """Judge a rule of a security group that is a resource of its own."""
    if not it.new and it.was.get("type") != it.now.get("type"):
        yield careful("its direction changes to {}", it.now.get("type"))
    yield from _by_rule(str(it.now.get("type")), it)


@rule("aws_vpc_security_group_ingress_rule", *SINGLE)
def into_by_rule(it: Subject) -> Iterator[Finding]:
    """Judge a rule about who reaches what is in a security group."""
    yield from _by_rule(INTO, it)


@rule("aws_vpc_security_group_egress_rule", *SINGLE)
def out_by_rule(it: Subject) -> Iterator[Finding]:
    """Judge a rule about what is reached from within a security group."""
    yield from _by_rule(OUT, it)


def _by_rule(way: str, it: Subject) -> Iterator[Finding]:
    groups = [one.get("security_group_id") for one in (it.was, it.now)]
    if not it.new and groups[0] != groups[1]:
        yield careful("it is a rule of the group {} now, and was of {}", *reversed(groups))
    yield from _opened(way, _openings([it.was]), _openings([it.now]))


def _openings(found: list[Attributes]) -> set[Opening]:
    return {(_ports(one), peer) for one in found for peer in _peers(one)}


def _ports(one: Attributes) -> str:
    protocol = str(one.get("protocol") or one.get("ip_protocol") or "port")
    ports = list(dict.fromkeys(str(one[name]) for name in ("from_port", "to_port") if name in one))
    return "all ports" if protocol in ("-1", "all") else f"{protocol} {'-'.join(ports)}".strip()


def _peers(one: Attributes) -> Iterator[str]:
    for name in PEERS:
        value = one.get(name)
        if value is True:
            yield "the group itself"
        else:
            yield from texts([value] if isinstance(value, str) else value) - {""}


def _opened(way: str, old: set[Opening], new: set[Opening]) -> Iterator[Finding]:
    """Say what is open that was not; only the reader knows whether that is intended."""
    anybody = sorted({ports for ports, peer in new - old if _is_anybody(peer)})
    others = sorted(f"{ports} for {peer}" for ports, peer in new - old if not _is_anybody(peer))
    if anybody:
        words = (
            "anybody on the Internet can reach" if way == INTO else "it can reach anybody on the Internet by"
        )
        yield careful(f"{words} {{}}", ", ".join(anybody))
    if others:
        yield careful("it opens {}", ", ".join(others))
    if new < old:
        yield good("it closes {}", ", ".join(sorted(f"{ports} for {peer}" for ports, peer in old - new)))


def _is_anybody(peer: str) -> bool:
    found = network(peer)
    return found is not None and found.prefixlen < WIDEST[found.version]


DATABASES = (
    *("aws_db_instance", "aws_dms_replication_instance", "aws_neptune_cluster_instance"),
    *("aws_rds_cluster_instance", "aws_redshift_cluster"),
)


@rule(DATABASES, "publicly_accessible")
def database(it: Subject) -> Iterator[Finding]:
    """Judge whether a database has an address on the Internet; by default it has none."""
    if it.now.get("publicly_accessible") is True:
        yield dangerous("the database is reachable from the Internet")
    elif it.was.get("publicly_accessible") is True:
        yield good("the database is no longer reachable from the Internet")
