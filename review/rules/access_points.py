"""Who reaches a bucket by an access point, and which buckets one leads to.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiRegionAccessPoints.html
"""

from collections.abc import Iterator

from review.accounts import foreign
from review.attributes import Attributes, blocks, first
from review.model import Finding, careful, dangerous, good
from review.rules.public_access import BLOCKS
from review.rules.registry import Subject, rule

OF_REGIONS = "aws_s3control_multi_region_access_point"


@rule("aws_s3_access_point", "public_access_block_configuration")
def block(it: Subject) -> Iterator[Finding]:
    """Judge the four switches of an access point, which are all on where it says nothing."""
    path = "public_access_block_configuration"
    yield from _switched(*(blocks(one.get(path)) for one in (it.was, it.now)))


@rule(OF_REGIONS, "details.public_access_block")
def block_of_regions(it: Subject) -> Iterator[Finding]:
    """Judge the four switches of an access point of several regions, which cannot change later."""
    yield from _switched(*(blocks(first(one, "details", "public_access_block")) for one in (it.was, it.now)))


def _switched(old: list[Attributes], new: list[Attributes]) -> Iterator[Finding]:
    for name, does in BLOCKS.items():
        was, now = (first(one, name) for one in (old, new))
        if now is False and was is not False:
            yield dangerous(f"the access point no longer {does}")
        elif was is False and now is not False:
            yield good(f"the access point {does} now")


@rule("aws_s3_access_point", "vpc_configuration", new=False)
def network(it: Subject) -> Iterator[Finding]:
    """Judge from where an access point is reached."""
    old, new = (first(one, "vpc_configuration", "vpc_id") for one in (it.was, it.now))
    if old and not new:
        yield dangerous("the access point is reachable from the Internet, and was only from {}", old)
    elif new and not old:
        yield good("the access point is reachable only from {}", new)
    else:
        yield careful("the access point is reachable from {}, and was from {}", new, old)


@rule(OF_REGIONS, "details.region")
def buckets(it: Subject) -> Iterator[Finding]:
    """Judge to which buckets an access point of several regions leads."""
    old, new = (_buckets(one) for one in (it.was, it.now))
    for name, account in sorted(new - old):
        stranger = foreign(account, it.around.own_accounts)
        if stranger:
            yield stranger("the access point leads to the bucket {} of another account: {}", name, account)
        else:
            yield careful("the access point leads to the bucket {}", name)
    for name, _ in sorted(old - new):
        yield careful("the access point no longer leads to the bucket {}", name)


def _buckets(side: Attributes) -> set[tuple[str, str]]:
    found = blocks(first(side, "details", "region"))
    return {(str(one.get("bucket")), str(one.get("bucket_account_id") or "")) for one in found}
