"""What the changes of a policy mean: who may do more, and what is refused less.

Policies are compared by their clauses, so that how they are written does not count.
How conditions combine:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
"""

from collections.abc import Collection, Iterator, Sequence

from review.attributes import Attributes, Json
from review.clauses import Clause, clauses, glob_covers, is_glob, uncovered
from review.exact import exactly
from review.facts.kinds import POLICIES
from review.model import DANGEROUS, GOOD, Finding, careful, dangerous, good
from review.policies import Policy, Statement, parse_policy
from review.policy_shifts import narrowed, widened
from review.promises import promise_findings
from review.rules.registry import Around
from review.values import is_sensitive, is_unknown
from review.who import Who, is_unique_id, owner_of, subjects_of, who_of

REFUSES = {
    "DenyInsecureTransport": "requests over plain HTTP",
    "DenyOutdatedTLS": "TLS older than 1.2",
    "DenyUnencryptedUploads": "uploads that are not encrypted as they should be",
    "DenyIncorrectKMSKey": "uploads that name another key",
    "DenyCustomerProvidedKeys": "uploads under a key that the uploader brings along",
    "DenyLegacySignatures": "signatures of version 2",
    "DenyStalePresignedUrls": "links older than the owner allows",
    "DenyOutsidePerimeter": "requests for objects from outside the network",
    "DenyOutsideOrganization": "requests for objects from outside the organization",
    "DenyListingOutsidePerimeter": "listing from outside the network",
    "DenyListingOutsideOrganization": "listing from outside the organization",
}
"""What each of this project's Deny statements refuses, by its Sid."""

NO_SID = "(no Sid)"
HARMLESS_ANYWHERE = (
    "cloudwatch:PutMetricData",
    "ec2:Describe*",
    "ecr:GetAuthorizationToken",
    "iam:GetAccountSummary",
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:DescribeLogGroups",
    "logs:DescribeLogStreams",
    "logs:PutLogEvents",
    "s3:GetAccountPublicAccessBlock",
    "s3:ListAllMyBuckets",
    "sts:GetCallerIdentity",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
)
"""What may be allowed on every resource: AWS offers no other, or it tells of nothing but what there is.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""


def policy_findings(kind: str, was: Attributes, now: Attributes, around: Around) -> Iterator[Finding]:
    """Yield what the change of a resource's policies means.

    Args:
        kind: the resource's type, such as `aws_s3_bucket_policy`.
        was: its attributes before.
        now: its attributes after, with placeholders for what is not known or not told.
        around: which accounts are ours, and which buckets get other names.
    """
    for attribute in POLICIES[kind]:
        before, after = was.get(attribute), now.get(attribute)
        if is_unknown(after):
            yield careful("its {} is known only after apply, so it cannot be judged yet", attribute)
        elif not (before == after or is_sensitive(before) or is_sensitive(after)):
            before = _renamed(before, around)
            if kind == "aws_s3_bucket_policy" and before and after:
                yield from _promises(now.get("bucket"), before, after, around)
            yield from _compared(kind, attribute, before, after, around)


def _promises(bucket: Json, before: Json, after: Json, around: Around) -> Iterator[Finding]:
    policies = parse_policy(before), parse_policy(after)
    if len(around.own_accounts) != 1 or policies[0] is None or policies[1] is None:
        return
    if around.budget.allows(sum(len(one.statements) for one in policies if one)):
        yield from promise_findings(bucket, next(iter(around.own_accounts)), before, after)


def _compared(kind: str, attribute: str, before: Json, after: Json, around: Around) -> Iterator[Finding]:
    old, new = parse_policy(before), parse_policy(after)
    if (before and old is None) or (after and new is None):
        yield careful("its {} is no policy in JSON, so it cannot be judged", attribute)
        return
    # Without the newer version a variable is text.
    if old is not None and new is not None and old.version != new.version and "${" in f"{before}{after}":
        words = "the policy's language changes from version {} to {}"
        yield careful(words, old.version, new.version)
    told = [*refused_less(old, new), *allowed_more(kind, old, new, around.own_accounts)]
    yield from _decided(told, old, new, before, after, around)
    yield from _locked_out(kind, old, new)


Told = tuple[str, Finding]
"""What is said of a statement, and its Sid."""


def _decided(
    told: Sequence[Told], old: Policy | None, new: Policy | None, before: str, after: str, around: Around
) -> Iterator[Finding]:
    """Yield what is told, but for what no request shows, and with a request for example where one does."""
    worse = any(one.severity != GOOD for _, one in told)
    statements = (*(old.statements if old else ()), *(new.statements if new else ()))
    surprising = any(map(_is_surprising, statements))
    if not (worse and old and new) or surprising or not around.budget.allows(len(statements)):
        yield from (one for _, one in told)
        return
    exact = exactly(before, after, frozenset(around.own_accounts))
    for sid, one in told:
        if one.severity == GOOD:
            yield one
        elif not exact.nothing_more:
            yield one.with_example(exact.refused.get(sid) or exact.allowed.get(sid) or "")


def _is_surprising(statement: Statement) -> bool:
    """Return whether whom a statement means hangs on what only AWS knows: NotPrincipal, or a unique id."""
    principals = statement.elements.get("Principal", ())
    return "NotPrincipal" in statement.elements or any(map(is_unique_id, principals))


def document_findings(before: str, after: str) -> list[Finding]:
    """Return what differs between two policies in JSON, of whichever resource; none where nothing does."""
    return list(_compared("", "document", before, after, Around()))


def _renamed(policy: Json, around: Around) -> Json:
    """Return a policy's text with the new names of buckets: that they are named otherwise lets nobody in."""
    if isinstance(policy, str):
        for old, new in around.renamed.items():
            # Ends at the end of a JSON text, or where an object's key begins.
            for end in ('"', "/"):
                policy = policy.replace(f":::{old}{end}", f":::{new}{end}")
    return policy


def refused_less(old: Policy | None, new: Policy | None) -> Iterator[Told]:
    """Yield what the old policy refused and the new one does not, and what is refused in addition."""
    before, after = clauses(old, "Deny"), clauses(new, "Deny")
    there, was = _named(new), _named(old)
    for sid, gone in _by_sid(uncovered(before, after)).items():
        what, values = _refused(sid, gone)
        if new is None:  # the policy is told to be gone
            yield sid, dangerous(f"it no longer refuses {what}", *values)
        elif sid not in there:
            words = f"the Deny {{}} is removed: it no longer refuses {what}"
            yield sid, dangerous(words, sid or NO_SID, *values)
        elif there[sid].effect == "Deny":
            yield from ((sid, one) for one in narrowed(was[sid], there[sid], gone))
    for sid, more in _by_sid(uncovered(after, before)).items():
        what, values = _refused(sid, more)
        if sid in was and was[sid].effect == "Deny":
            yield from ((sid, one) for one in widened(was[sid], there[sid]))
        else:
            yield sid, good(f"the Deny {{}} is added: it refuses {what}", sid or NO_SID, *values)


def _refused(sid: str, ones: Sequence[Clause]) -> tuple[str, tuple[str, ...]]:
    """Return in words what a Deny refuses: ours by their Sid, others by what they name."""
    return (REFUSES[sid], ()) if sid in REFUSES else ("{}", (_spelled(ones),))


def _named(policy: Policy | None) -> dict[str, Statement]:
    """Return the statements by their Sids; of those that share one the Deny, which is what matters."""
    listed = sorted(policy.statements if policy else (), key=lambda one: one.effect)
    return {one.sid: one for one in listed if one.sid}


def _by_sid(ones: Sequence[Clause]) -> dict[str, list[Clause]]:
    found: dict[str, list[Clause]] = {}
    for one in ones:
        found.setdefault(one.sid, []).append(one)
    return found


def allowed_more(kind: str, old: Policy | None, new: Policy | None, own: Collection[str]) -> Iterator[Told]:
    """Yield who may do what that the old policy did not allow, and what is no longer allowed."""
    before, after = clauses(old, "Allow"), clauses(new, "Allow")
    denied = {one.sid for one in clauses(old, "Deny") if one.sid}
    grouped: dict[tuple[str, Who], list[Clause]] = {}
    for one in uncovered(after, before):
        if not (kind in KEY_POLICIES and _is_own_root(one, own)):
            grouped.setdefault((one.sid, who_of(one, own)), []).append(one)
    for (sid, who), gained in grouped.items():
        tell = dangerous if _is_grave(kind, who, gained, before) else careful
        words = f"{who.words} may now {_deeds(gained)}: {{}}"
        words += ", by the statement {}" if sid else ""
        words += ", which was a Deny, and is now an Allow" if sid in denied else ""
        yield sid, tell(words, *[who.value] * ("{}" in who.words), _spelled(gained), *[sid] * bool(sid))
    there = {one.sid for one in after}
    for sid, lost in _by_sid(uncovered(before, after)).items():
        words = "the Allow {} allows less: {}" if sid and sid in there else "the Allow {} is removed: {}"
        yield sid, good(words, sid or NO_SID, _spelled(lost))


KEY_POLICIES = ("aws_kms_external_key", "aws_kms_key", "aws_kms_key_policy", "aws_kms_replica_key")


def _is_own_root(one: Clause, own: Collection[str]) -> bool:
    """Return whether a key policy's clause leaves it to our account who may do what, as by default."""
    return any(one.principal == (False, frozenset([f"arn:aws:iam::{account}:root"])) for account in own)


def _is_grave(kind: str, who: Who, gained: Sequence[Clause], before: Sequence[Clause]) -> bool:
    if who.severity == DANGEROUS or any(_is_all_but(one) or _is_everything(one) for one in gained):
        return True
    if kind == "aws_iam_role":
        return (who.stranger and "cannot tell" in who.words) or _another_owner(gained, before)
    return any(one.principal is None and _is_everywhere(one) for one in gained)


def _is_all_but(one: Clause) -> bool:
    return any(element is not None and element[0] for element in (one.action, one.resource))


def _is_everything(one: Clause) -> bool:
    return one.action is not None and any(set(pattern) == {"*"} for pattern in one.action[1])


def _another_owner(gained: Sequence[Clause], before: Sequence[Clause]) -> bool:
    """Return whether a trust is now for another organization's sign-ins than those it was for."""
    known = {owner_of(subject) for one in before for subject in subjects_of(one)}
    return bool(known) and any(owner_of(one) not in known for clause in gained for one in subjects_of(clause))


def _is_everywhere(one: Clause) -> bool:
    """Return whether a clause of an identity policy allows all of a service, or something on everything."""
    actions, resources = (element[1] if element else frozenset() for element in (one.action, one.resource))
    if any(glob_covers(pattern, "service:*") or pattern.rstrip("*").endswith(":") for pattern in actions):
        return True
    if all(any(glob_covers(fine.lower(), each.lower()) for fine in HARMLESS_ANYWHERE) for each in actions):
        return False
    return any(_is_any_resource(pattern) for pattern in resources)


def _is_any_resource(pattern: str) -> bool:
    return set(pattern) == {"*"} or (pattern.startswith("arn:") and not pattern.split(":")[-1].strip("*/"))


READS, WRITES = ("Get", "List", "Head", "Describe", "Select"), ("Put", "Create", "Replicate", "Restore")
DELETES = ("Delete", "Abort", "Remove", "Schedule")


def _deeds(gained: Sequence[Clause]) -> str:
    """Return in a few words what somebody may do now; the gravest first."""
    names = {action.partition(":")[2] for one in gained if one.action for action in one.action[1]}
    if any(one.action is None or one.action[0] for one in gained) or any(n.strip("*") == "" for n in names):
        return "do everything"
    found = [
        ("change the policy", any("Policy" in name and name.startswith(WRITES) for name in names)),
        ("delete", any(name.startswith(DELETES) for name in names)),
        ("decrypt", any(name.lower().startswith("decrypt") for name in names)),
        ("write", any(name.startswith(WRITES) and "Policy" not in name for name in names)),
        ("assume the role", any(name.lower().startswith("assumerole") for name in names)),
        ("read", any(name[:1].isupper() and name.startswith(READS) for name in names)),
    ]
    return " and ".join(words for words, does in found if does) or "do more"


def _spelled(ones: Sequence[Clause]) -> str:
    """Return what clauses are about: their actions, and on what."""
    actions = _said(ones, "action")
    resources = _said(ones, "resource")
    return f"{actions} on {resources}" if resources else actions


def _said(ones: Sequence[Clause], name: str) -> str:
    elements = [element for one in ones if (element := getattr(one, name)) is not None]
    listed = sorted({value for negated, values in elements for value in values})
    more = f" and {len(listed) - 5} more" if len(listed) > 5 else ""
    but = "all but " if any(negated for negated, _ in elements) else ""
    return but + ", ".join(listed[:5]) + more


WHERE_KEYS = (
    "aws:sourceip",
    "aws:vpcsourceip",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:useragent",
    "aws:referer",
)


def _locked_out(kind: str, old: Policy | None, new: Policy | None) -> Iterator[Finding]:
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
