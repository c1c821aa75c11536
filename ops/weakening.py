"""What a change of a resource does to security, judged from its attributes before and after.

The attributes are those of Terraform's plan JSON
(https://developer.hashicorp.com/terraform/internals/json-format#change-representation),
so that hand-made changes and planned ones are judged alike.
"""

from collections.abc import Callable, Mapping

from ops.attributes import Attributes, first
from ops.findings import Finding, Severity
from ops.policy_changes import policy_findings
from ops.retention_changes import lifecycle_findings, object_lock_findings
from ops.weakening_audit import GONE as AUDIT_GONE
from ops.weakening_audit import JUDGES as AUDIT_JUDGES

DANGEROUS, WEAKER, CHANGED, STRONGER = (
    Severity.DANGEROUS,
    Severity.WEAKER,
    Severity.CHANGED,
    Severity.STRONGER,
)

# What AWS does where such a resource does not exist.
ABSENT: Mapping[str, Attributes] = {
    "aws_s3_bucket_public_access_block": {
        "block_public_acls": False,
        "block_public_policy": False,
        "ignore_public_acls": False,
        "restrict_public_buckets": False,
    },
    "aws_s3_bucket_versioning": {"versioning_configuration": [{"status": "Disabled"}]},
    "aws_s3_bucket_server_side_encryption_configuration": {
        "rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "AES256"}]}]
    },
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketOwnershipControls.html
    "aws_s3_bucket_ownership_controls": {"rule": [{"object_ownership": "ObjectWriter"}]},
    "aws_s3_bucket_policy": {"policy": None},
    "aws_s3_bucket_cors_configuration": {"cors_rule": []},
    "aws_s3_bucket_lifecycle_configuration": {"rule": []},
    "aws_s3_bucket_logging": {"target_bucket": None},
    "aws_s3_bucket_inventory": {"enabled": False},
    "aws_s3_bucket_notification": {"eventbridge": False},
    "aws_s3_bucket_object_lock_configuration": {"rule": []},
}


def findings(kind: str, before: Attributes | None, after: Attributes | None) -> list[Finding]:
    """Say what a change of one resource does to security, the gravest first.

    Args:
        kind: the resource's type, such as `aws_s3_bucket`.
        before: its attributes; None where it did not exist.
        after: likewise; None where it is gone. An attribute that is missing only here is
            one that is not known before it is applied.

    Returns:
        The findings; none where nothing of it matters for security.
    """
    if kind in ABSENT:
        before = ABSENT[kind] if before is None else before
        after = ABSENT[kind] if after is None else after
    if before is not None and after is None:
        return [GONE[kind](before)] if kind in GONE else []
    judge = JUDGES.get(kind)
    # A key, a bucket or a managed policy that is new weakens nothing that was there before.
    found = [] if judge is None or before is None or after is None else judge(before, after)
    return sorted(found, key=lambda finding: finding.severity, reverse=True)


def _differs(before: Attributes, after: Attributes, name: str) -> bool:
    return before.get(name) != after.get(name)


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


def _policy_of(name: str) -> Callable[[Attributes, Attributes], list[Finding]]:
    def judge(before: Attributes, after: Attributes) -> list[Finding]:
        if "policy" in before and "policy" not in after:
            words = f"{name} is not known before it is applied, and may change"
            return [Finding(CHANGED, words, "policy")]
        return policy_findings(name, before.get("policy"), after.get("policy"), "policy")

    return judge


def _key(before: Attributes, after: Attributes) -> list[Finding]:
    found = _policy_of("the key policy")(before, after)
    if _differs(before, after, "is_enabled"):
        if after.get("is_enabled"):
            found.append(Finding(STRONGER, "the key can be used again", "is_enabled"))
        else:
            words = "the key is disabled: nothing that it encrypts can be read or written"
            found.append(Finding(DANGEROUS, words, "is_enabled"))
    if _differs(before, after, "enable_key_rotation"):
        if after.get("enable_key_rotation"):
            found.append(Finding(STRONGER, "the key rotates now", "enable_key_rotation"))
        else:
            found.append(Finding(WEAKER, "the key no longer rotates", "enable_key_rotation"))
    elif after.get("enable_key_rotation"):
        found += _days(before, after, "rotation_period_in_days", "the key rotates every {} days", more=WEAKER)
    words = "a deleted key can be restored for {} days"
    found += _days(before, after, "deletion_window_in_days", words, more=STRONGER)
    return found


def _days(before: Attributes, after: Attributes, name: str, words: str, *, more: Severity) -> list[Finding]:
    """Judge a number of days; `more` is what a higher number is: weaker or stronger."""
    old, new = before.get(name), after.get(name)
    if not isinstance(old, int) or not isinstance(new, int) or old == new:
        return []
    less = STRONGER if more is WEAKER else WEAKER
    return [Finding(more if new > old else less, f"{words.format(new)} now, and was {old}", name)]


def _alias(before: Attributes, after: Attributes) -> list[Finding]:
    if not _differs(before, after, "target_key_id"):
        return []
    new = after.get("target_key_id") or "a key that is not known yet"
    words = f"the alias stands for another key: {new}, and was {before.get('target_key_id')}"
    return [Finding(DANGEROUS, words, "target_key_id")]


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
        if after.get(name) and _differs(before, after, name):
            found.append(Finding(WEAKER, words, name))
    if before.get("object_lock_enabled") and after.get("object_lock_enabled") is False:
        found.append(Finding(WEAKER, "objects cannot be locked any more", "object_lock_enabled"))
    return found


def _logging(before: Attributes, after: Attributes) -> list[Finding]:
    old, new = before.get("target_bucket"), after.get("target_bucket")
    if old and not new:
        return [Finding(WEAKER, "requests are no longer logged", "target_bucket")]
    if new and not old:
        return [Finding(STRONGER, f"requests are logged to {new}", "target_bucket")]
    return [Finding(CHANGED, f"requests are logged to {new}", "target_bucket")] if old != new else []


def _inventory(before: Attributes, after: Attributes) -> list[Finding]:
    if before.get("enabled") and not after.get("enabled"):
        return [Finding(CHANGED, "the inventory is no longer written", "enabled")]
    if after.get("enabled") and not before.get("enabled"):
        return [Finding(CHANGED, "an inventory is written", "enabled")]
    old, new = (first(one, "destination", "bucket", "bucket_arn") for one in (before, after))
    # The list names every object, and the other bucket may be in any account.
    words = f"the inventory is written to {new}"
    return [Finding(WEAKER, words, "destination")] if old != new else []


def _cors(before: Attributes, after: Attributes) -> list[Finding]:
    old, new = (_origins(one) for one in (before, after))
    found = []
    if new - old:
        words = f"web pages of {', '.join(sorted(new - old))} may use the bucket's links"
        found.append(Finding(WEAKER, words, "cors_rule"))
    if old - new:
        words = f"web pages of {', '.join(sorted(old - new))} may no longer use the bucket's links"
        found.append(Finding(STRONGER, words, "cors_rule"))
    if not found and _differs(before, after, "cors_rule"):
        found.append(Finding(CHANGED, "web pages may use the bucket's links otherwise", "cors_rule"))
    return found


def _origins(attributes: Attributes) -> set[str]:
    rules = attributes.get("cors_rule") or []
    return {str(origin) for rule in rules for origin in rule.get("allowed_origins") or []}


def _notification(before: Attributes, after: Attributes) -> list[Finding]:
    if bool(before.get("eventbridge")) == bool(after.get("eventbridge")):
        return []
    words = (
        "EventBridge is told of changes of objects"
        if after.get("eventbridge")
        else ("EventBridge is no longer told of changes of objects: what its rules start, stops")
    )
    return [Finding(CHANGED, words, "eventbridge")]


JUDGES: Mapping[str, Callable[[Attributes, Attributes], list[Finding]]] = {
    **AUDIT_JUDGES,
    "aws_iam_policy": _policy_of("the managed policy"),
    "aws_kms_alias": _alias,
    "aws_kms_key": _key,
    "aws_s3_bucket": _bucket,
    "aws_s3_bucket_cors_configuration": _cors,
    "aws_s3_bucket_inventory": _inventory,
    "aws_s3_bucket_lifecycle_configuration": lifecycle_findings,
    "aws_s3_bucket_logging": _logging,
    "aws_s3_bucket_notification": _notification,
    "aws_s3_bucket_object_lock_configuration": object_lock_findings,
    "aws_s3_bucket_ownership_controls": _ownership,
    "aws_s3_bucket_policy": _policy_of("the bucket policy"),
    "aws_s3_bucket_public_access_block": _public_access_block,
    "aws_s3_bucket_server_side_encryption_configuration": _encryption,
    "aws_s3_bucket_versioning": _versioning,
    "aws_sns_topic_policy": _policy_of("the topic policy"),
}


def _key_is_gone(before: Attributes) -> Finding:
    words = (
        "the key is gone or about to be deleted: what it encrypts cannot be read, and is lost once it is gone"
    )
    key = before.get("key_id")
    remedy = (
        f"first keep the key, as a deploy would make another: `aws kms cancel-key-deletion --key-id {key}`, "
        f"then `aws kms enable-key --key-id {key}`"
    )
    return Finding(DANGEROUS, words, remedy=remedy)


GONE: Mapping[str, Callable[[Attributes], Finding]] = {
    **AUDIT_GONE,
    "aws_iam_policy": lambda before: Finding(
        CHANGED, f"the managed policy {before.get('name')} is gone: who had it may do nothing by it any more"
    ),
    "aws_iam_role_policy_attachment": lambda before: Finding(
        CHANGED, f"the role {before.get('role')} no longer has {before.get('policy_arn')}"
    ),
    "aws_kms_alias": lambda before: Finding(CHANGED, f"the alias {before.get('name')} is gone"),
    "aws_kms_key": _key_is_gone,
    "aws_s3_bucket": lambda before: Finding(
        DANGEROUS, f"the bucket {before.get('bucket')} is gone, with all that was in it"
    ),
}
