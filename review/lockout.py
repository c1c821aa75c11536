"""Whether anybody of the account could still change a policy, and use the data."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from review.clauses import Clause, Test, clauses, uncovered
from review.facts.kinds import KEYS
from review.model import Finding, careful, dangerous
from review.patterns import glob_covers, is_glob
from review.policies import Policy

KEY_POLICIES = (*KEYS, "aws_kms_key_policy")
BUCKET_POLICIES = ("aws_s3_bucket", "aws_s3_bucket_policy")
NO_SID = "a Deny without a Sid"
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
    if new is None or kind not in (*KEY_POLICIES, *BUCKET_POLICIES):
        return
    if kind in KEY_POLICIES and not _root_may(new, change) and (old is None or _root_may(old, change)):
        yield dangerous("the account's root may no longer change the key policy: nobody could fix it")
    refusing = [one for one in clauses(new, "Deny") if _denies_all(one, change)]
    for one in uncovered(refusing, clauses(old, "Deny"))[:1]:
        who = "nobody but the account's root" if change.startswith("s3") else "nobody"
        where = " from elsewhere" if one.tests else ""
        words = f"{who} could change the policy{where} any more: {{}} denies it"
        yield dangerous(words, one.sid or NO_SID)


DEEDS = {
    "s3:GetObject": "read objects",
    "s3:PutObject": "write objects",
    "s3:DeleteObject": "delete objects",
    "kms:Decrypt": "decrypt with the key",
    "kms:GenerateDataKey": "encrypt with the key",
}
"""What a Deny may take from everybody."""


def refused_to_all(
    kind: str, old: Policy | None, new: Policy | None, own: Collection[str]
) -> Iterator[Finding]:
    """Say what nobody of the account, whose number is in `own`, can do with the data any more.

    A Deny with a condition that can be false is for some requests only, and is left to the reader.
    """
    if kind not in (*KEY_POLICIES, *BUCKET_POLICIES):
        return
    deeds = {one: words for one, words in DEEDS.items() if one.startswith("kms:") == (kind in KEY_POLICIES)}
    before = clauses(old, "Deny")
    everybody = {"*", *(f"arn:aws:iam::{account}:root" for account in own)}
    lost: dict[str, dict[str, None]] = {}
    for one in clauses(new, "Deny"):
        if (
            not all(map(_holds, one.tests))
            or one.principal is None
            or one.principal[0]
            or not one.principal[1] & everybody
        ):
            continue
        for deed, words in deeds.items():
            asked = replace(one, action=(False, frozenset([deed])))
            if _means(one, deed) and _of_data(one, deed) and uncovered([asked], before):
                lost.setdefault(one.sid, {})[words] = None
    for sid, acts in lost.items():
        words = f"nobody can {' or '.join(acts)} any more: {{}} denies it to everybody"
        yield careful(words, sid or NO_SID)


def _holds(test: Test) -> bool:
    """Return whether a condition is true for every ordinary request: for any value, or for HTTPS."""
    if test.key == "aws:securetransport":
        return test.operator == "bool" and test.values == {"true"}
    return (
        test.operator.endswith("like") and not test.negated and any(set(one) == {"*"} for one in test.values)
    )


def _means(one: Clause, action: str) -> bool:
    """Return whether a clause is about an action."""
    return one.action is not None and one.action[0] != any(
        glob_covers(each.lower(), action.lower()) for each in one.action[1]
    )


def _of_data(one: Clause, action: str) -> bool:
    """Return whether a clause's resources can be what holds the data: objects, or the key."""
    if one.resource is None or one.resource[0] or action.startswith("kms:"):
        return True
    return any("/" in each or is_glob(each) for each in one.resource[1])


def _root_may(policy: Policy, action: str) -> bool:
    return any(
        one.principal is not None
        and any(who == "*" or who.endswith(":root") for who in one.principal[1])
        and _means(one, action)
        for one in clauses(policy, "Allow")
    )


def _denies_all(one: Clause, action: str) -> bool:
    """Return whether a Deny is for everybody, and depends only on where they call from."""
    if one.principal != (False, frozenset(["*"])) or not _means(one, action):
        return False
    buckets = one.resource is None or any(
        "/" not in each or is_glob(each.partition("/")[0]) for each in one.resource[1]
    )
    return buckets and all(test.key in WHERE_KEYS for test in one.tests)
