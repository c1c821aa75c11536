"""What the changes of a policy mean: who may do more, and what is refused less.

Policies are compared by their clauses, so that how they are written does not count.
How conditions combine:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
"""

from collections.abc import Collection, Iterator, Sequence

from review.accounts import is_claimed
from review.around import Around
from review.attributes import Attributes, Json
from review.clauses import Clause, clauses, uncovered
from review.exact import exactly, is_proof, is_surprising
from review.facts.kinds import POLICIES
from review.lockout import KEY_POLICIES, locked_out, refused_to_all
from review.masking import is_sensitive, is_unknown
from review.model import GOOD, Finding, careful, dangerous, good
from review.policies import Policy, Statement, parse_policy
from review.policy_gravity import deeds, is_grave, spelled
from review.policy_shifts import narrowed, widened
from review.promises import promise_findings
from review.who import Who, who_of

REFUSES = {
    "DenyInsecureTransport": "requests over plain HTTP",
    "DenyOutdatedTLS": "TLS older than 1.2",
    "DenyUnencryptedUploads": "uploads that are not encrypted as they should be",
    "DenyIncorrectKMSKey": "uploads that name another key",
    "DenyCustomerProvidedKeys": "uploads under a key that the uploader provides",
    "DenyLegacySignatures": "signatures of version 2",
    "DenyStalePresignedUrls": "links older than the owner allows",
    "DenyRevokedSessions": "links of sessions that began before a moment",
    "DenyRevokedLinks": "links for what the owner revoked",
    "DenyUnscannedReads": "reading what GuardDuty did not find clean",
    "DenyOtherUnscannedReads": "reading annotations, and copies by other replications, of what is scanned",
    "DenyScanTagTampering": "tags of scanned objects by others than the scanner",
    "DenyEncryptionByScanner": "uploads of the scanner under another encryption",
    "DenyKeyByScanner": "uploads of the scanner under another key",
    "DenyOutsidePerimeter": "requests for objects from outside the network",
    "DenyOutsideOrganization": "requests for objects from outside the organization",
    "DenyListingOutsidePerimeter": "listing from outside the network",
    "DenyListingOutsideOrganization": "listing from outside the organization",
}
"""What each of this project's Deny statements refuses, by its Sid."""

NO_SID = "(no Sid)"


def policy_findings(kind: str, was: Attributes, now: Attributes, around: Around) -> Iterator[Finding]:
    """Yield what the change of a resource's policies means.

    Args:
        kind: the resource's type, such as `aws_s3_bucket_policy`.
        was: its attributes before.
        now: its attributes after, with placeholders for unknown and sensitive values.
        around: which accounts are ours, and which buckets get other names.
    """
    for attribute in POLICIES[kind]:
        before, after = was.get(attribute), now.get(attribute)
        if kind == "aws_s3_bucket_policy" and before and after and before != after:
            yield from _promises(now.get("bucket"), _renamed(before, around), after, around)
        yield from changed_policy(kind, attribute, before, after, around)


def changed_policy(kind: str, name: str, before: Json, after: Json, around: Around) -> Iterator[Finding]:
    """Yield what the change of one policy means.

    Args:
        kind: the type of the resource that has it.
        name: how to call it.
        before: its JSON, or a placeholder; empty where there was none.
        after: the same of what it becomes.
        around: which accounts are ours, and which buckets get other names.
    """
    if is_unknown(after):
        yield careful("its {} is known only after apply, so it cannot be judged yet", name)
    elif not (before == after or is_sensitive(before) or is_sensitive(after)):
        yield from _compared(kind, name, _renamed(before, around), after, around)


def _promises(bucket: Json, before: Json, after: Json, around: Around) -> Iterator[Finding]:
    policies = parse_policy(before), parse_policy(after)
    if len(around.own_accounts) != 1 or policies[0] is None or policies[1] is None:
        return
    if around.budget.allows(sum(len(one.statements) for one in policies if one)):
        yield from promise_findings(bucket, next(iter(around.own_accounts)), before, after)


def _compared(kind: str, attribute: str, before: Json, after: Json, around: Around) -> Iterator[Finding]:
    old, new = parse_policy(before), parse_policy(after)
    if (before and old is None) or (after and new is None):
        yield careful("its {} is not a policy in JSON, so it cannot be judged", attribute)
        return
    if old is not None and new is not None and old.version != new.version and _has_variables(old, new):
        words = "the policy's language changes from version {} to {}"
        yield careful(words, old.version, new.version)
    findings = [*refused_less(old, new), *allowed_more(kind, old, new, around.own_accounts)]
    yield from _decided(findings, old, new, before, after, around)
    yield from _services_out(old, new)
    yield from locked_out(kind, old, new)
    yield from refused_to_all(kind, old, new, around.own_accounts)


def _has_variables(*policies: Policy) -> bool:
    return any(one.has_variables for policy in policies for one in policy.statements)


OfSid = tuple[str, Finding]
"""The Sid of a statement, and a finding about it."""


def _decided(
    findings: Sequence[OfSid],
    old: Policy | None,
    new: Policy | None,
    before: str,
    after: str,
    around: Around,
) -> Iterator[Finding]:
    """Yield the findings that a request shows, each with such a request as its example."""
    worse = any(one.severity != GOOD for _, one in findings)
    statements = (*(old.statements if old else ()), *(new.statements if new else ()))
    surprising = any(map(is_surprising, statements))
    if not (worse and old and new) or surprising or not around.budget.allows(len(statements)):
        yield from (one for _, one in findings)
        return
    # A proof for an account that only the configuration names would show that its own people get nothing new.
    own = around.own_accounts
    exact = exactly(before, after, frozenset(() if is_claimed(own) else own))
    nothing = exact.nothing_more and is_proof(old, new)
    for sid, one in findings:
        if one.severity == GOOD:
            yield one
        elif not nothing:
            yield one.with_example(exact.refused.get(sid) or exact.allowed.get(sid) or "")


def document_findings(before: str, after: str) -> list[Finding]:
    """Return the findings about two policies in JSON, of any resource; empty if they mean the same."""
    return list(_compared("", "document", before, after, Around()))


def _renamed(policy: Json, around: Around) -> Json:
    """Return a policy's text with the new names of buckets: a new name alone gives nobody access."""
    if isinstance(policy, str):
        for old, new in around.renamed.items():
            # Ends at the end of a JSON text, or where an object's key begins.
            for end in ('"', "/"):
                policy = policy.replace(f":::{old}{end}", f":::{new}{end}")
    return policy


def refused_less(old: Policy | None, new: Policy | None) -> Iterator[OfSid]:
    """Yield what the old policy refused and the new one does not, and what is refused in addition."""
    before, after = clauses(old, "Deny"), clauses(new, "Deny")
    there, was = _denies(new), _denies(old)
    for sid, gone in _by_sid(uncovered(before, after)).items():
        what, values = _refused(sid, gone)
        if new is None:  # the policy is reported to be gone
            yield sid, dangerous(f"it no longer refuses {what}", *values)
        elif sid not in there:
            words = f"the Deny {{}} is removed: it no longer refuses {what}"
            yield sid, dangerous(words, sid or NO_SID, *values)
        elif len(was[sid]) == len(there[sid]) == 1:
            yield from ((sid, one) for one in narrowed(was[sid][0], there[sid][0], gone))
        else:  # nobody knows which of several became which
            yield sid, dangerous(f"the Denies {{}} no longer refuse {what}", sid, *values)
    for sid, more in _by_sid(uncovered(after, before)).items():
        what, values = _refused(sid, more)
        if len(was.get(sid, ())) == len(there.get(sid, ())) == 1:
            yield from ((sid, one) for one in widened(was[sid][0], there[sid][0]))
        else:
            yield sid, good(f"the Deny {{}} is added: it refuses {what}", sid or NO_SID, *values)


def _refused(sid: str, ones: Sequence[Clause]) -> tuple[str, tuple[str, ...]]:
    """Return in words what a Deny refuses: ours by their Sid, others by what they name."""
    return (REFUSES[sid], ()) if sid in REFUSES else ("{}", (spelled(ones),))


def _denies(policy: Policy | None) -> dict[str, list[Statement]]:
    """Return the Denies that have a Sid, by it."""
    found: dict[str, list[Statement]] = {}
    for one in policy.statements if policy else ():
        if one.effect == "Deny" and one.sid:
            found.setdefault(one.sid, []).append(one)
    return found


def _by_sid(ones: Sequence[Clause]) -> dict[str, list[Clause]]:
    found: dict[str, list[Clause]] = {}
    for one in ones:
        found.setdefault(one.sid, []).append(one)
    return found


def allowed_more(kind: str, old: Policy | None, new: Policy | None, own: Collection[str]) -> Iterator[OfSid]:
    """Yield who may do what that the old policy did not allow, and what is no longer allowed."""
    before, after = clauses(old, "Allow"), clauses(new, "Allow")
    denied = {one.sid for one in clauses(old, "Deny") if one.sid}
    grouped: dict[tuple[str, Who], list[Clause]] = {}
    for one in uncovered(after, before):
        if not (old is None and kind in KEY_POLICIES and _is_own_root(one, own)):
            grouped.setdefault((one.sid, who_of(one, own)), []).append(one)
    for (sid, who), gained in grouped.items():
        tell = dangerous if is_grave(kind, who, gained, before) else careful
        words = f"{who.words} may now {deeds(gained)}: {{}}"
        words += ", by the statement {}" if sid else ""
        words += ", which was a Deny and is now an Allow" if sid in denied else ""
        yield sid, tell(words, *[who.value] * ("{}" in who.words), spelled(gained), *[sid] * bool(sid))
    there = {one.sid for one in after}
    for sid, lost in _by_sid(uncovered(before, after)).items():
        words = "the Allow {} allows less: {}" if sid and sid in there else "the Allow {} is removed: {}"
        yield sid, good(words, sid or NO_SID, spelled(lost))


def _services_out(old: Policy | None, new: Policy | None) -> Iterator[Finding]:
    """Yield the services of AWS that may no longer do something: what they record or send stops."""
    if new is None:
        return
    before, after = clauses(old, "Allow"), clauses(new, "Allow")
    # A condition that is added is left: it is how AWS advises to narrow what a service may do.
    may = {(one.principal, one.action, one.resource) for one in after}
    named = [
        one
        for one in before
        if one.principal and not one.principal[0] and (one.principal, one.action, one.resource) not in may
    ]
    lost = uncovered(named, after)
    names = {name.removeprefix("Service ") for one in lost if one.principal for name in one.principal[1]}
    services = sorted(name for name in names if name.endswith(".amazonaws.com"))
    if services:
        words = "{} may no longer do what the policy allowed: what it records, copies or sends may stop"
        yield careful(words, ", ".join(services))


def _is_own_root(one: Clause, own: Collection[str]) -> bool:
    """Return whether a key policy's clause lets our account decide who may do what, as by default."""
    # Of several accounts that only the configuration names, nobody knows which is the key's.
    sure = len(own) == 1 or not is_claimed(own)
    return sure and any(
        one.principal == (False, frozenset([f"arn:aws:iam::{account}:root"])) for account in own
    )
