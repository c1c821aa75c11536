"""Whether anybody of the account could still change a policy."""

from collections.abc import Iterator

from review.clauses import Clause, clauses, glob_covers, is_glob, uncovered
from review.model import Finding, dangerous
from review.policies import Policy

KEY_POLICIES = ("aws_kms_external_key", "aws_kms_key", "aws_kms_key_policy", "aws_kms_replica_key")
WHERE_KEYS = (
    "aws:sourceip",
    "aws:vpcsourceip",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:useragent",
    "aws:referer",
)


def locked_out(kind: str, old: Policy | None, new: Policy | None) -> Iterator[Finding]:
    """Say that nobody of the account could change the policy `new` any more.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketPolicy.html
    """
    change = "kms:PutKeyPolicy" if kind in KEY_POLICIES else "s3:PutBucketPolicy"
    if new is None or not (kind in KEY_POLICIES or kind in ("aws_s3_bucket", "aws_s3_bucket_policy")):
        return
    if kind in KEY_POLICIES and not _root_may(new, change) and (old is None or _root_may(old, change)):
        yield dangerous("the account's root may no longer change the key policy: nobody could put it right")
    for one in uncovered(clauses(new, "Deny"), clauses(old, "Deny")):
        if _denies_all(one, change):
            who = "nobody but the account's root" if change.startswith("s3") else "nobody"
            where = " from elsewhere" if one.tests else ""
            words = f"{who} could change the policy{where} any more: {{}} refuses that"
            yield dangerous(words, one.sid or "a Deny without a Sid")
            return


def _root_may(policy: Policy, action: str) -> bool:
    return any(
        one.principal is not None
        and any(who == "*" or who.endswith(":root") for who in one.principal[1])
        and one.action is not None
        and one.action[0] != any(glob_covers(each.lower(), action.lower()) for each in one.action[1])
        for one in clauses(policy, "Allow")
    )


def _denies_all(one: Clause, action: str) -> bool:
    """Return whether a Deny is for everybody, and depends on nothing but where they call from."""
    if one.principal != (False, frozenset(["*"])) or one.action is None:
        return False
    meant = one.action[0] != any(glob_covers(each.lower(), action.lower()) for each in one.action[1])
    buckets = one.resource is None or any(
        "/" not in each or is_glob(each.partition("/")[0]) for each in one.resource[1]
    )
    return meant and buckets and all(test.key in WHERE_KEYS for test in one.tests)
