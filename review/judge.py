"""Judges the change of one resource: each value that differs is judged by a rule, or reported.

A rule claims the values that it judges; `review.facts.harmless` lists what is known to be harmless. Whatever
else differs has to be looked at: "safe" is earned.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from review.around import Around
from review.attributes import Attributes, Json, as_before, differences, leaves
from review.facts import harmless
from review.facts.echoes import ECHOES
from review.facts.kinds import GUARDS, HOLDS_DATA, NEW_WITH_BUCKET, POLICIES
from review.fate import fate, owners_of_policy
from review.masking import is_unknown
from review.model import CAREFUL, DANGEROUS, GOOD, Finding, careful, written
from review.parts import plain_address
from review.plan import Change
from review.policy_findings import policy_findings
from review.rules import RULES
from review.rules.registry import Rule, Subject
from review.tags import tag_findings
from review.unknowns import is_of_new_bucket, undecided, undecided_findings

ABSENT: Mapping[str, Attributes] = {
    "aws_s3_bucket_public_access_block": {},
    "aws_s3_bucket_versioning": {"versioning_configuration": [{"status": "Disabled"}]},
    "aws_s3_bucket_server_side_encryption_configuration": {
        "rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "AES256"}]}]
    },
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketOwnershipControls.html
    "aws_s3_bucket_ownership_controls": {"rule": [{"object_ownership": "ObjectWriter"}]},
    "aws_s3_account_public_access_block": {},
    "aws_s3_bucket_acl": {},
    "aws_s3_bucket_cors_configuration": {},
    "aws_s3_bucket_inventory": {},
    "aws_s3_bucket_lifecycle_configuration": {},
    "aws_s3_bucket_logging": {},
    "aws_s3_bucket_notification": {},
    "aws_s3_bucket_object_lock_configuration": {},
    "aws_s3_bucket_replication_configuration": {},
    "aws_vpc_endpoint_policy": {},
}
"""What AWS does without such a resource: destroying it is judged as a change to that."""

BY_DEFAULT: Mapping[str, Attributes] = {
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
    "aws_s3_bucket_ownership_controls": {"rule": [{"object_ownership": "BucketOwnerEnforced"}]},
}
"""What S3 does since April 2023 with a bucket for which nobody made such a resource: a new one is judged
as a change of that."""


def is_judged(kind: str) -> bool:
    """Return whether there are rules for resources of this type."""
    return kind in RULES or kind in harmless.KINDS


def judge(change: Change, before: Json, after: Json, around: Around) -> Iterator[Finding]:
    """Yield what `change` means.

    Args:
        change: the change.
        before: its attributes as they are.
        after: its attributes as they will be; both with placeholders for unknown and sensitive values.
        around: what it depends on.
    """
    was = before if isinstance(before, dict) else None
    now = after if isinstance(after, dict) else None
    for one in _judged(change, was, now, around):
        yield one.at(change.address)


def _judged(
    change: Change, was: Attributes | None, now: Attributes | None, around: Around
) -> Iterator[Finding]:
    if change.action == "forget" or change.deposed or change.type in harmless.KINDS:
        yield from fate(change, was or {}, around)
    elif change.action == "destroy":
        yield from _gone(change, was or {}, around)
    elif (owners := owners_of_policy(change.type, was or {}, now or {})) and not is_unknown(owners[1]):
        yield from _moved(change, was or {}, now or {}, owners, around)
    else:
        yield from fate(change, was or {}, around)
        if owners:
            yield careful("whose policy it becomes is known only after apply: {} may lose it", owners[0])
        yield from _attributes(change, was, now or {}, around)


def _moved(
    change: Change, was: Attributes, now: Attributes, owners: tuple[Json, Json], around: Around
) -> Iterator[Finding]:
    """Judge a policy that becomes somebody else's: one loses it, and another gets it."""
    lost = _gone(replace(change, action="destroy"), was, around)
    made = _attributes(replace(change, action="create"), None, now, around)
    for owner, found in zip(owners, (lost, made), strict=True):
        for one in found:
            yield replace(one, words=f"for {{}}, {one.words}", values=(written(owner), *one.values))


def _gone(change: Change, was: Attributes, around: Around) -> Iterator[Finding]:
    """Judge a destroyed resource: one finding, with everything that AWS no longer does."""
    if change.type in GUARDS and around.goes_with_its_bucket(was):
        return
    lost: list[Finding] = []
    if change.type in ABSENT:
        subject = Subject(change.type, was, ABSENT[change.type], around=around)
        lost += _by_rules(RULES[change.type], subject)
    gives = change.type in POLICIES and change.type not in HOLDS_DATA and change.type != "aws_iam_role"
    if gives and not around.goes_with_its_principal(change.type, was):
        lost += policy_findings(change.type, was, {}, around)
    fates = list(fate(change, was, around))
    worst = [one for one in lost if one.severity == DANGEROUS] or [
        one for one in lost if one.severity == CAREFUL
    ]
    if not worst:
        yield from lost if lost and change.type not in GUARDS and change.type not in POLICIES else fates
        return
    guard = GUARDS.get(change.type)
    words = f"{guard} is removed: " if guard else ""
    values = tuple(value for one in worst for value in one.values)
    severity = min([*fates, *worst], key=lambda one: one.severity != DANGEROUS).severity
    yield Finding(
        severity, "", words + "; ".join(one.words.replace(f"{guard} ", "it ") for one in worst), values
    )


def _attributes(change: Change, was: Attributes | None, now: Attributes, around: Around) -> Iterator[Finding]:
    begins = change.action == "create" and is_of_new_bucket(change, now, around)
    unsure = undecided(change, now, around)
    if change.action != "update":
        now = _given(change, now, around)
    before = _absent(change.type) if was is None else was
    subject = Subject(change.type, before, as_before(now, before, unsure), was is None, around, begins)
    differing = differences(before, now)
    rules = RULES.get(change.type, [])
    judged = _claimed(rules, differing)
    found = _by_rules(rules, subject, unsure)
    if change.action == "update":
        unsure = {path for path in judged if any(map(is_unknown, leaves(now, path)))}
    found += undecided_findings(change, unsure - {*POLICIES.get(change.type, ())}, around)
    found += tag_findings(change.type, was, now, around, judged)
    if is_judged(change.type):
        found += _unclaimed(change, differing - judged, now)
    for one in found:
        if not (begins and _is_beginning(change.type, one)):
            yield one


def _given(change: Change, now: Attributes, around: Around) -> Attributes:
    """Return the attributes of a new resource without those that it will only repeat of others.

    They are not known yet, and the configuration does not give them: the provider fills them in.
    """
    configured = around.configured.get(plain_address(change.address), {}).keys()
    echoes = {name for name, echo in ECHOES.get(change.type, {}).items() if echo.filled_in} - configured
    return {name: value for name, value in now.items() if name not in echoes or not is_unknown(value)}


def _absent(kind: str) -> Attributes:
    return BY_DEFAULT.get(kind) or ABSENT.get(kind, {})


def _claimed(rules: Collection[Rule], differing: Collection[str]) -> set[str]:
    return {path for rule in rules for path in rule.claimed(differing)}


def _by_rules(rules: Sequence[Rule], subject: Subject, unsure: Collection[str] = ()) -> list[Finding]:
    """Return what the rules say; nothing is better where values at `unsure` could be anything."""
    found: list[Finding] = []
    differing = differences(subject.was, subject.now)
    for rule in rules:
        if (rule.new or not subject.new) and rule.claimed(differing):
            try:
                said = list(rule.judge(subject))
            except (AttributeError, KeyError, TypeError, ValueError):
                said = [careful("its attributes are not of the form that the AWS provider writes")]
            found += [one for one in said if one.severity != GOOD or not rule.claimed(unsure)]
    return found


def _is_beginning(kind: str, one: Finding) -> bool:
    """Return whether a finding about a new bucket only describes how it starts."""
    return one.severity == GOOD or kind in NEW_WITH_BUCKET


def _is_policy(kind: str) -> bool:
    return kind in POLICIES and kind.endswith("_policy")


def _unclaimed(change: Change, differing: Collection[str], now: Attributes) -> Iterator[Finding]:
    """Yield a finding with the values that differ, that no rule judges and that are not known as harmless."""
    known = {*harmless.ANYWHERE, *harmless.OF_KIND.get(change.type, {})}
    if change.action != "update":
        known |= {*harmless.NAMES.get(change.type, ()), "bucket"}
        known |= {*harmless.OF_A_POLICY} if _is_policy(change.type) else set()
    begun = tuple(f"{one}." for one in known)
    # What AWS or the provider fills in is not known before a resource is made.
    made = {name for name, value in now.items() if change.action != "update" and is_unknown(value)}
    paths = [
        path
        for path in sorted(differing)
        if not f"{path}.".startswith(begun) and path.partition(".")[0] not in made
    ]
    if paths:
        more = f" and {len(paths) - 6} more" if len(paths) > 6 else ""
        verb = "is new" if change.action == "create" else "changes"
        yield careful(f"its {{}}{more} {verb}; there is no rule about it", ", ".join(paths[:6]))


def attribute_findings(
    kind: str, before: Attributes | None, after: Attributes | None, around: Around | None = None
) -> list[Finding]:
    """Return what a change of one resource's attributes means, the gravest first.

    Args:
        kind: the resource's type, such as `aws_s3_bucket`.
        before: its attributes; None where it did not exist.
        after: its attributes; None where it is gone.
        around: what it depends on outside of it.
    """
    action = "create" if before is None else "destroy" if after is None else "update"
    change = Change(f"{kind}.one", kind, action, before, after)
    found = judge(change, before, after, around or Around())
    return sorted(found, key=lambda one: (DANGEROUS, CAREFUL, GOOD).index(one.severity))
