"""What a change of a bucket, or of a setting of it, does to who gets in and what is kept."""

from collections.abc import Callable, Mapping

from ops.attributes import Attributes, differs, first
from ops.findings import Finding, Severity

DANGEROUS, WEAKER, CHANGED, STRONGER = (
    Severity.DANGEROUS,
    Severity.WEAKER,
    Severity.CHANGED,
    Severity.STRONGER,
)

PUBLIC_ACCESS = {
    "block_public_acls": "refuses new ACLs that make something public",
    "block_public_policy": "blocks public policies",
    "ignore_public_acls": "ignores ACLs that make something public",
    "restrict_public_buckets": "keeps others out of a bucket with a public policy",
}


def _public_access_block(before: Attributes, after: Attributes) -> list[Finding]:
    found = []
    for name, does in PUBLIC_ACCESS.items():
        if before.get(name) and not after.get(name):
            found.append(Finding(DANGEROUS, f"the public-access block no longer {does}", name))
        elif after.get(name) and not before.get(name):
            found.append(Finding(STRONGER, f"the public-access block {does} now", name))
    return found


def _versioning(before: Attributes, after: Attributes) -> list[Finding]:
    attribute = "versioning_configuration"
    found = []
    old, new = (first(one, attribute, "status") for one in (before, after))
    if old != new:
        if new == "Enabled":
            found.append(Finding(STRONGER, "versions are kept now", attribute))
        else:
            words = "versions are no longer kept: what is overwritten or deleted is lost"
            found.append(Finding(WEAKER, words, attribute))
    old, new = (first(one, attribute, "mfa_delete") == "Enabled" for one in (before, after))
    if old and not new:
        found.append(Finding(WEAKER, "versions can be deleted without MFA", attribute))
    elif new and not old:
        found.append(Finding(STRONGER, "versions can be deleted with MFA only", attribute))
    return found


# The strongest last.
ALGORITHMS = ("AES256", "aws:kms", "aws:kms:dsse")
AWS_KEY = "AWS's own, without a key policy of ours"


def _encryption(before: Attributes, after: Attributes) -> list[Finding]:
    path = ("rule", "apply_server_side_encryption_by_default")
    old, new = (str(first(one, *path, "sse_algorithm")) for one in (before, after))
    ranks = [ALGORITHMS.index(one) if one in ALGORITHMS else -1 for one in (old, new)]
    if old != new:
        if ranks[1] > ranks[0]:
            return [Finding(STRONGER, f"the default encryption is {new} now, and was {old}", "rule")]
        words = f"the default encryption is {new} now, and was {old}"
        if new == "AES256":
            words += ": whoever may read an object needs no key for it any more"
        return [Finding(WEAKER, words, "rule")]
    old_key, new_key = (first(one, *path, "kms_master_key_id") for one in (before, after))
    if old_key == new_key:
        return []
    words = f"the default key is {new_key or AWS_KEY} now, and was {old_key or AWS_KEY}"
    return [Finding(WEAKER, words, "rule")]


# The strongest last. https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
OWNERSHIP = ("ObjectWriter", "BucketOwnerPreferred", "BucketOwnerEnforced")


def _ownership(before: Attributes, after: Attributes) -> list[Finding]:
    old, new = (str(first(one, "rule", "object_ownership")) for one in (before, after))
    if old == new:
        return []
    if new == "BucketOwnerEnforced":
        return [Finding(STRONGER, "ACLs do not count any more: all objects are the bucket owner's", "rule")]
    if old == "BucketOwnerEnforced":
        words = f"ACLs count again ({new}): an object's ACL can let others in"
        return [Finding(WEAKER, words, "rule")]
    return [Finding(CHANGED, f"objects belong to others than before ({old} to {new})", "rule")]


ACL_GROUPS = {"AllUsers": "everybody", "AuthenticatedUsers": "everybody with an AWS account"}


def _bucket(before: Attributes, after: Attributes) -> list[Finding]:
    found = []
    if after.get("force_destroy") and not before.get("force_destroy"):
        words = "destroying the bucket deletes every object in it"
        found.append(Finding(WEAKER, words, "force_destroy"))
    elif before.get("force_destroy") and after.get("force_destroy") is False:
        found.append(Finding(STRONGER, "a bucket with objects cannot be destroyed", "force_destroy"))
    for grant in after.get("grant") or []:
        if grant in (before.get("grant") or []):
            continue
        group = str(grant.get("uri") or "").rpartition("/")[2]
        who = ACL_GROUPS.get(group) or grant.get("id") or group
        severity = DANGEROUS if group in ACL_GROUPS else WEAKER
        what = ", ".join(sorted(grant.get("permissions") or []))
        found.append(Finding(severity, f"the bucket's ACL gives {what} to {who}", "grant"))
    for name, words in (
        ("replication_configuration", "new objects are copied to another bucket"),
        ("website", "the bucket answers as a website"),
        ("cors_rule", "web pages of other origins may use the bucket"),
    ):
        if after.get(name) and differs(before, after, name):
            found.append(Finding(WEAKER, words, name))
    if before.get("object_lock_enabled") and after.get("object_lock_enabled") is False:
        found.append(Finding(WEAKER, "objects cannot be locked any more", "object_lock_enabled"))
    return found


JUDGES: Mapping[str, Callable[[Attributes, Attributes], list[Finding]]] = {
    "aws_s3_bucket": _bucket,
    "aws_s3_bucket_ownership_controls": _ownership,
    "aws_s3_bucket_public_access_block": _public_access_block,
    "aws_s3_bucket_server_side_encryption_configuration": _encryption,
    "aws_s3_bucket_versioning": _versioning,
}

GONE: Mapping[str, Callable[[Attributes], Finding]] = {
    "aws_s3_bucket": lambda before: Finding(
        DANGEROUS, f"the bucket {before.get('bucket')} is gone, with all that was in it"
    ),
}
