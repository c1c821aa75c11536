"""What public-access blocks, object ownership and versioning do less than before.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from collections.abc import Iterator

from review.attributes import first
from review.facts.kinds import GUARDS
from review.model import Finding, careful, dangerous, good
from review.rules.registry import Subject, rule

BLOCKS = {
    "block_public_acls": "refuses new ACLs that make something public",
    "block_public_policy": "blocks public policies",
    "ignore_public_acls": "ignores ACLs that make something public",
    "restrict_public_buckets": "keeps others out of a bucket with a public policy",
}
ACCOUNT = "aws_s3_account_public_access_block"


@rule(("aws_s3_bucket_public_access_block", ACCOUNT), *BLOCKS)
def block(it: Subject) -> Iterator[Finding]:
    """Judge each of the four switches; since April 2023 all are on by default for a new bucket."""
    what = GUARDS[it.kind]
    for name, does in BLOCKS.items():
        if it.new and it.now.get(name) is False:
            yield careful(f"{what} switches off what S3 does by default: it {does}")
        elif it.was.get(name) and not it.now.get(name):
            yield dangerous(f"{what} no longer {does}")
        elif it.now.get(name) and not it.was.get(name):
            yield good(f"{what} {does} now")


# https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
@rule("aws_s3_bucket_ownership_controls", "rule.object_ownership")
def ownership(it: Subject) -> Iterator[Finding]:
    """Judge whether ACLs count; since April 2023 they do not by default for a new bucket."""
    old, new = (first(one, "rule", "object_ownership") for one in (it.was, it.now))
    if new == "BucketOwnerEnforced":
        yield good("ACLs are disabled: the bucket owner owns every object")
    elif it.new:
        words = "ACLs are enabled by {}, and not by default: an object's ACL can let others in"
        yield careful(words, new)
    elif old == "BucketOwnerEnforced":
        yield dangerous("ACLs are enabled again by {}: an object's ACL can let others in", new)
    else:
        yield careful("the owner of objects changes: {}, and was {}", new, old)


@rule("aws_s3_bucket_versioning", "versioning_configuration.status")
def versioning(it: Subject) -> Iterator[Finding]:
    """Judge whether versions are kept."""
    yield from versions_kept(first(it.now, "versioning_configuration", "status") == "Enabled", new=it.new)


def versions_kept(kept: bool, *, new: bool) -> Iterator[Finding]:
    """Say that versions are kept now, or no longer."""
    if kept:
        yield good("versions are kept now")
    elif new:
        yield careful("versions are not kept: what is overwritten or deleted is lost")
    else:
        yield dangerous("versions are no longer kept: what is overwritten or deleted is lost")


@rule("aws_s3_bucket_versioning", "versioning_configuration.mfa_delete", new=False)
def mfa_delete(it: Subject) -> Iterator[Finding]:
    """Judge whether a version can be deleted without MFA."""
    old, new = (first(one, "versioning_configuration", "mfa_delete") == "Enabled" for one in (it.was, it.now))
    if old != new:
        yield (
            good("versions can be deleted with MFA only")
            if new
            else dangerous("versions can be deleted without MFA")
        )
