"""What a change of a bucket's own attributes does, and of its default encryption."""

from collections.abc import Iterable, Iterator

from review.accounts import foreign, region_of
from review.attributes import Json, blocks, first, leaves
from review.facts.kinds import GUARDS
from review.model import Finding, careful, dangerous, good
from review.rules.public_access import versions_kept
from review.rules.records import logged
from review.rules.registry import Subject, rule

# The strongest last.
ALGORITHMS = ("AES256", "aws:kms", "aws:kms:dsse")
AWS_KEY = "AWS's own, without a key policy of ours"


@rule(
    "aws_s3_bucket_server_side_encryption_configuration",
    "rule.apply_server_side_encryption_by_default",
)
def encryption(it: Subject) -> Iterator[Finding]:
    """Judge the default encryption."""
    yield from _encryption(first(it.was, "rule"), first(it.now, "rule"), it)


@rule("aws_s3_bucket_server_side_encryption_configuration", "rule.blocked_encryption_types")
def blocked_encryption(it: Subject) -> Iterator[Finding]:
    """Judge whether S3 refuses uploads that bring their own key; AWS can neither manage nor see such keys.

    Since April 2026 S3 refuses them for a new bucket.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_BlockedEncryptionTypes.html
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-s3-c-encryption-setting-faq.html
    """
    path = "rule.blocked_encryption_types"
    old, new = (leaves(side, path) for side in (it.was, it.now))
    if "SSE-C" in old and "SSE-C" not in new:
        yield dangerous("uploads with a key of the uploader's (SSE-C) are no longer blocked")
    elif "SSE-C" in new and "SSE-C" not in old:
        yield good("uploads with a key of the uploader's (SSE-C) are blocked")
    elif "NONE" in new and it.new:
        yield careful(
            "uploads with a key of the uploader's (SSE-C) are not blocked, which S3 does by default"
        )
    elif not it.new:
        yield careful("the blocked kinds of encryption are {} now, and were {}", *map(_listed, (new, old)))


def _listed(kinds: Iterable[Json]) -> str:
    return ", ".join(map(str, kinds)) or "not set"


@rule("aws_s3_bucket", "server_side_encryption_configuration")
def inline_encryption(it: Subject) -> Iterator[Finding]:
    """Judge the default encryption that a bucket sets itself; without one S3 encrypts with its own keys."""
    path = "server_side_encryption_configuration"
    yield from _encryption(first(it.was, path, "rule"), first(it.now, path, "rule"), it)


def _encryption(before: Json, after: Json, it: Subject) -> Iterator[Finding]:
    path = "apply_server_side_encryption_by_default"
    keys = [first(one, path, "kms_master_key_id") for one in (before, after)]
    stranger = foreign(keys[1], it.around.own_accounts)
    if stranger and keys[0] != keys[1]:
        yield stranger("the default key is {} of another account, which can revoke it", keys[1])
    old, new = (first(one, path, "sse_algorithm") or "AES256" for one in (before, after))
    if old != new:
        ranks = [ALGORITHMS.index(one) if one in ALGORITHMS else -1 for one in (old, new)]
        words = "the default encryption is {} now, and was {}"
        if ranks[1] > ranks[0]:
            yield good(words, new, old)
        else:
            lost = ": reading an object no longer needs permission for a key" if new == "AES256" else ""
            yield dangerous(words + lost, new, old)
        return
    regions = {region_of(one) for one in keys} - {""}
    # A key of several regions has one id in all of them, and S3 takes none of another region.
    if key_name(keys[0]) != key_name(keys[1]) or len(regions) > 1:
        yield dangerous("the default key is {} now, and was {}", keys[1] or AWS_KEY, keys[0] or AWS_KEY)


def key_name(key: Json) -> str:
    """Return what names a key, whether by its id or its ARN."""
    return str(key or "").rpartition(":key/")[2]


@rule(("aws_s3_bucket", "aws_s3_directory_bucket"), "force_destroy", new=False)
def force_destroy(it: Subject) -> Iterator[Finding]:
    """Judge whether destroying the bucket deletes what is in it."""
    if it.now.get("force_destroy"):
        yield dangerous("a plan that destroys the bucket would delete every object in it (force_destroy)")
    else:
        yield good("a bucket with objects cannot be destroyed")


@rule("aws_s3_bucket", "object_lock_enabled", "object_lock_configuration.object_lock_enabled", new=False)
def lockable(it: Subject) -> Iterator[Finding]:
    """Judge whether the bucket's objects can be locked.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-configure.html
    """
    old, new = it.was.get("object_lock_enabled"), it.now.get("object_lock_enabled")
    if old and new is False:
        yield dangerous("objects cannot be locked any more")
    elif new is True and not old:
        yield careful("objects can be locked now, and Object Lock cannot be switched off again")


@rule("aws_s3_bucket", "versioning")
def inline_versioning(it: Subject) -> Iterator[Finding]:
    """Judge whether a bucket that says so itself keeps versions."""
    old, new = (first(one, "versioning", "enabled") is True for one in (it.was, it.now))
    if old != new:
        yield from versions_kept(new, new=it.new)
    if first(it.was, "versioning", "mfa_delete") and not first(it.now, "versioning", "mfa_delete"):
        yield dangerous("versions can be deleted without MFA")


@rule("aws_s3_bucket", "logging")
def inline_logging(it: Subject) -> Iterator[Finding]:
    """Judge where a bucket that says so itself logs requests."""
    yield from logged(*((blocks(one.get("logging")) or [{}])[0] for one in (it.was, it.now)))


@rule("aws_s3_bucket", "replication_configuration", "website", "cors_rule")
def ways_out(it: Subject) -> Iterator[Finding]:
    """Judge what lets objects out of a bucket that says so itself."""
    for name, words in (
        ("replication_configuration", "new objects are copied to another bucket"),
        ("website", "the bucket serves a website"),
        ("cors_rule", "web pages of other origins may use the bucket"),
    ):
        if it.now.get(name) and it.was.get(name) != it.now.get(name):
            yield dangerous(words)
    if it.was.get("replication_configuration") and not it.now.get("replication_configuration"):
        yield dangerous("new objects are no longer replicated")


MOVES = [kind for kind in GUARDS if kind.startswith("aws_s3_bucket_")]
OTHERS = ("acl", "cors_configuration", "lifecycle_configuration", "notification", "inventory")


@rule([*MOVES, *(f"aws_s3_bucket_{name}" for name in OTHERS)], "bucket", "region", new=False)
def moves(it: Subject) -> Iterator[Finding]:
    """Judge a setting that leaves its bucket for another one, which may be in another region."""
    old, new = it.was.get("bucket"), it.now.get("bucket")
    regions = it.around.region_for(it.was), it.around.region_for(it.now)
    if all(regions) and regions[0] != regions[1]:
        yield dangerous("it moves to the region {}: {} loses it", *reversed(regions))
        return
    if old == new:
        if not all(regions):
            words = "its region is {} now, and was {}: the plan does not say whether it moves"
            yield careful(words, *(one or "not set" for one in reversed(regions)))
        return
    gone = it.around.goes_with_its_bucket(it.was) or it.around.renamed.get(str(old)) == new
    if gone or not isinstance(new, str):
        return
    name = GUARDS.get(it.kind)
    if name:
        yield dangerous(f"{name} moves to the bucket {{}}: {{}} loses it", new, old)
    else:
        yield careful("it moves from the bucket {} to {}", old, new)
