"""What the changes of resources mean for the safety of the data.

`ops.weakening` judges attributes, for drift and for plans alike; this adds what only a plan does
(destroying, replacing, forgetting, what is not known yet) and the kinds that our own stacks do not have.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ops.findings import Severity
from ops.review.attribute_rules import RULES, plain
from ops.review.kinds import (
    GRANTS,
    GUARDS,
    HARMLESS,
    HARMLESS_KINDS,
    HOLDS_DATA,
    JUDGED,
    NEW_WITH_BUCKET,
    POLICIES,
    is_judged,
)
from ops.review.model import CAREFUL, DANGEROUS, GOOD, Finding
from ops.review.plan import Change
from ops.review.policies import Policy, parse_policy
from ops.review.policy_findings import PolicyJudge, locks_out
from ops.review.values import is_sensitive, is_unknown
from ops.weakening import ABSENT, JUDGES, findings

Json = Any
Attributes = Mapping[str, Json]

_EMPTY: tuple[Json, ...] = (None, "", [], {})
_SEVERITIES = {
    Severity.STRONGER: GOOD,
    Severity.CHANGED: CAREFUL,
    Severity.WEAKER: DANGEROUS,
    Severity.DANGEROUS: DANGEROUS,
}
_NOT_SO_DANGEROUS = {"rotation_period_in_days"}


@dataclass(frozen=True)
class Surroundings:
    """What the judgement of one resource depends on beside it.

    Attributes:
        own_accounts: the accounts whose resources the plan is about.
        new_buckets, gone_buckets: names of buckets that the plan makes or destroys.
        renamed: the new name of each bucket that is replaced by one of another name.
    """

    own_accounts: Collection[str] = ()
    new_buckets: Collection[str] = ()
    gone_buckets: Collection[str] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)


def judge(change: Change, before: Json, after: Json, around: Surroundings) -> Iterator[Finding]:
    """Yield what `change` means.

    Args:
        change: the change.
        before: its attributes as they are.
        after: its attributes as they will be; both with placeholders for what is not known or not told.
        around: what it depends on.
    """
    was = before if isinstance(before, dict) else None
    now = after if isinstance(after, dict) else None
    yield from _fate(change, was, around)
    if change.action == "forget" or change.deposed:
        return
    if change.type in HARMLESS_KINDS:
        return
    if change.action == "destroy" and _goes_with_its_bucket(change, was, around):
        return
    yield from _policies(change, was, now, around)
    yield from _attributes(change, was, now, around)
    if change.action in ("update", "replace") and was is not None and now is not None:
        yield from _unjudged(change, was, now)


def _goes_with_its_bucket(change: Change, was: Attributes | None, around: Surroundings) -> bool:
    if change.action not in ("destroy", "replace") or was is None or change.type not in GUARDS:
        return False
    name = was.get("bucket")
    return isinstance(name, str) and name in around.gone_buckets


def _fate(change: Change, was: Attributes | None, around: Surroundings) -> Iterator[Finding]:
    """Yield what it means that a resource goes, whatever its attributes are."""
    attributes = was or {}
    if change.deposed and change.action == "destroy":
        kind = HOLDS_DATA.get(change.type)
        words = (
            f"the {kind} that an earlier replacement left over is destroyed"
            if kind
            else "a left-over is destroyed"
        )
        yield Finding(DANGEROUS if kind else CAREFUL, change.address, words)
    elif change.type in HOLDS_DATA:
        yield from _fate_of_data(change, attributes)
    elif change.action in ("forget", "forget and create"):
        subject = GUARDS.get(change.type, "it")
        yield Finding(
            CAREFUL, change.address, f"Terraform forgets {subject}: it stays in AWS as it is, unmanaged"
        )
    elif change.type in GUARDS and _goes_with_its_bucket(change, was, around):
        return
    elif change.type in GUARDS and change.action == "destroy":
        yield Finding(DANGEROUS, change.address, f"{GUARDS[change.type]} is removed")
    elif change.action == "replace":
        words = f"{GUARDS.get(change.type, 'it')} is removed and made anew, and missing in between"
        yield Finding(CAREFUL, change.address, words)
    elif change.action == "destroy" and change.type in JUDGED.keys() | GRANTS.keys() | POLICIES.keys():
        yield Finding(CAREFUL, change.address, "it is destroyed: whoever works with it cannot any more")


def _fate_of_data(change: Change, attributes: Attributes) -> Iterator[Finding]:
    kind = HOLDS_DATA[change.type]
    if change.action in ("forget", "forget and create"):
        words = f"Terraform forgets the {kind}: it stays in AWS, and prevent_destroy no longer protects it"
        yield Finding(DANGEROUS, change.address, words)
    if change.action not in ("destroy", "replace"):
        return
    how = "is destroyed" if change.action == "destroy" else "is destroyed and made anew"
    if kind == "key":
        days = attributes.get("deletion_window_in_days")
        window = f"{days}" if isinstance(days, int) else "at most 30"
        words = f"the key {how}: its deletion is scheduled, and in {{}} days all that it encrypted is lost"
        yield Finding(DANGEROUS, change.address, words, (window,))
    elif attributes.get("force_destroy") is True:
        yield Finding(DANGEROUS, change.address, f"the bucket {how}, with every object and version in it")
    else:
        yield Finding(DANGEROUS, change.address, f"the bucket {how}; the apply fails while it holds objects")


def _policies(
    change: Change, was: Attributes | None, now: Attributes | None, around: Surroundings
) -> Iterator[Finding]:
    for attribute in POLICIES.get(change.type, ()):
        before, after = (side.get(attribute) if side else None for side in (was, now))
        if is_unknown(after):
            if before:
                words = "its {} is known only after apply, so what becomes of it cannot be judged yet"
                yield Finding(CAREFUL, change.address, words, (attribute,))
            continue
        if before == after or is_sensitive(before) or is_sensitive(after):
            continue
        old, new = parse_policy(_renamed(before, around)), parse_policy(after)
        if (before and old is None) or (after and new is None):
            yield Finding(
                CAREFUL, change.address, "its {} is no policy in JSON, so it cannot be judged", (attribute,)
            )
            continue
        if change.action == "destroy" and change.type != "aws_s3_bucket_policy":
            continue
        yield from PolicyJudge(change.address, own_accounts=around.own_accounts).judge(old, new)
        if change.type.startswith("aws_kms_") and new is not None and locks_out(old, new):
            words = "the account's root may no longer change the key policy: nobody could mend it any more"
            yield Finding(DANGEROUS, change.address, words)


def _renamed(policy: Json, around: Surroundings) -> Json:
    """Return a policy's text with the new names of buckets: that they are named otherwise lets nobody in."""
    if isinstance(policy, str):
        for old, new in around.renamed.items():
            # Ends at the end of a JSON text, or where an object's key begins.
            for end in ('"', "/"):
                policy = policy.replace(f":::{old}{end}", f":::{new}{end}")
    return policy


def _attributes(
    change: Change, was: Attributes | None, now: Attributes | None, around: Surroundings
) -> Iterator[Finding]:
    if change.action == "destroy" and change.type not in ABSENT:
        return
    unknown = {name for name, value in (now or {}).items() if is_unknown(value)}
    if was is not None and change.action == "update":  # of what is made anew, much is not known yet
        for name in sorted(unknown & JUDGED.get(change.type, set()) - set(POLICIES.get(change.type, ()))):
            yield Finding(CAREFUL, change.address, "its {} is known only after apply", (name,))
    bucket = (now or {}).get("bucket")
    for finding in [*_shared(change, was, now), *_own_rules(change, was, now)]:
        new = bucket is None or is_unknown(bucket) or str(bucket) in around.new_buckets
        if new and change.action == "create" and (finding.severity == GOOD or change.type in NEW_WITH_BUCKET):
            continue
        yield finding
    if change.type in GRANTS and change.action in ("create", "replace", "update"):
        attributes = now or {}
        values = (plain(attributes.get(GRANTS[change.type])), plain(attributes.get("policy_arn")))
        yield Finding(CAREFUL, change.address, f"the {GRANTS[change.type]} {{}} gets the policy {{}}", values)


def _shared(change: Change, was: Attributes | None, now: Attributes | None) -> Iterator[Finding]:
    """Yield what `ops.weakening` says, but of policies, which are compared more closely here."""
    if change.type not in JUDGES or (was is None and change.type not in ABSENT):
        return
    policies = POLICIES.get(change.type, ())
    sides = [
        None if side is None else {k: v for k, v in side.items() if not is_unknown(v) and k not in policies}
        for side in (was, now)
    ]
    unknown = {name for name, value in (now or {}).items() if is_unknown(value)}
    if change.type == "aws_s3_bucket_policy":
        return
    try:
        found = findings(change.type, *sides)
    except (AttributeError, KeyError, TypeError, ValueError):
        yield Finding(CAREFUL, change.address, "its attributes are not as the AWS provider writes them")
        return
    for one in found:
        if one.attribute in unknown:
            continue
        severity = CAREFUL if one.attribute in _NOT_SO_DANGEROUS else _SEVERITIES[one.severity]
        if one.severity is Severity.STRONGER:
            severity = GOOD
        yield Finding(severity, change.address, one.words)


def _own_rules(change: Change, was: Attributes | None, now: Attributes | None) -> Iterator[Finding]:
    rule = RULES.get(change.type)
    if rule is not None and now is not None:
        for severity, words, values in rule(was or {}, now):
            yield Finding(severity, change.address, words, values)


def _unjudged(change: Change, was: Attributes, now: Attributes) -> Iterator[Finding]:
    known = JUDGED.get(change.type, set()) | set(POLICIES.get(change.type, ()))
    if not is_judged(change.type) or change.type in GRANTS:
        return
    for name in sorted(was.keys() | now.keys()):
        before, after = was.get(name), now.get(name)
        if name in HARMLESS | known or is_unknown(after) or before == after:
            continue
        if before in _EMPTY and after in _EMPTY:
            continue
        if change.action == "replace" and name in ("bucket", "name"):
            continue  # told by its being replaced
        yield Finding(CAREFUL, change.address, "its {} changes, about which there is no rule", (name,))


def unjudged_kinds(changes: Iterable[Change]) -> Iterator[Finding]:
    """Yield one finding for each type of resource that changes and that there are no rules for."""
    places: dict[str, list[str]] = {}
    for change in changes:
        if change.action not in ("no-op", "read") and not is_judged(change.type):
            places.setdefault(change.type, []).append(change.address)
    for kind, addresses in sorted(places.items()):
        more = f", and so for {len(addresses) - 1} more" if len(addresses) > 1 else ""
        yield Finding(CAREFUL, addresses[0], f"there is no rule about a change of {{}}{more}", (kind,))


def policies_of(change: Change, before: Json, after: Json) -> Iterator[tuple[str, Json, Json]]:
    """Yield each attribute that holds a policy, with both sides, where they differ."""
    for name in POLICIES.get(change.type, ()):
        sides = [side.get(name) if isinstance(side, dict) else None for side in (before, after)]
        if sides[0] != sides[1]:
            yield name, sides[0], sides[1]


def parse(value: Json) -> Policy | None:
    """Return the policy that a visible value holds, if any."""
    return None if is_unknown(value) or is_sensitive(value) else parse_policy(value)
