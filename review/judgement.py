"""The judgement of a whole plan: its changes, what was changed outside of Terraform, its other parts."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from review.accounts import account_findings
from review.around import STATEMENTS, Around
from review.attributes import differences
from review.configurations import lifecycle_findings
from review.facts import harmless
from review.facts.kinds import HOLDS_DATA, POLICIES
from review.fate import left_in_place
from review.judge import is_judged, judge
from review.literals import Literals
from review.masking import any_mark, flat, is_unknown, visible
from review.model import CAREFUL, DANGEROUS, GOOD, NO_RULE, SEVERITIES, Finding, careful, dangerous
from review.parts import part_findings, plain_address
from review.plan import Change, Plan
from review.policies import parse_policy, statement_changes
from review.removed import removed_findings
from review.surroundings import around_of, configured_attributes, owners_of
from review.unset import without_unset

Json = Any
Sides = tuple[Json, Json]


_BY_CLAUSES = (
    "policies with more than {} statements change: the rest are compared clause by clause, "
    "so the findings may say more than what changes"
)


def findings_of(
    plan: Plan, deployed: Mapping[str, Json] | None = None, synthesized: Mapping[str, Json] | None = None
) -> list[Finding]:
    """Return what `plan` means, the gravest first.

    Args:
        plan: the plan.
        deployed: the synthesized JSON of what is deployed, which says what no plan says.
        synthesized: the synthesized JSON of what is planned, if `deployed` is there or nothing is deployed.
    """
    around = around_of(plan, deployed, synthesized)
    found: list[Finding] = []
    literals = Literals(plan, synthesized, around.own_accounts)
    changes = [literals.filled_in(left_in_place(one)) for one in plan.resources if one.changes]
    for change in changes:
        found += [*judged(change, around), *literals.opened(change)]
    found += unjudged_kinds(changes)
    said = {one.address for one in found if one.severity != GOOD}
    found += removed_findings(plan, synthesized, said)
    planned = {change.address: change for change in plan.resources if not change.deposed}
    for change in real_drift(plan):
        found += _drifted(change, planned.get(change.address), around)
    if around.budget.is_spent:
        found.append(careful(_BY_CLAUSES, STATEMENTS))
    found += [*account_findings(plan.document), *part_findings(plan)]
    if deployed is not None and synthesized is not None:
        found += lifecycle_findings(deployed, synthesized)
    return in_order(found)


def in_order(found: Iterable[Finding]) -> list[Finding]:
    """Return the worst first, and first of those what is about the bucket and the key themselves."""

    def grade(finding: Finding) -> tuple[int, bool]:
        holds_data = any(f"{kind}." in finding.address for kind in HOLDS_DATA)
        return SEVERITIES.index(finding.severity), not holds_data

    return sorted(dict.fromkeys(found), key=grade)


def shown(change: Change) -> Sides:
    """Return both sides of a change, with placeholders for unknown and sensitive values."""
    return (
        visible(change.before, None, change.before_sensitive),
        visible(change.after, change.unknown, change.after_sensitive),
    )


def judged(change: Change, around: Around) -> Iterator[Finding]:
    """Judge a change with its sensitive values, and say only what can be said without them."""
    found = list(judge(change, *shown(change), around))
    if not any_mark(change.before_sensitive) and not any_mark(change.after_sensitive):
        yield from found
        return
    raw = change.before, visible(change.after, change.unknown, None)
    known = list(judge(change, *raw, around))
    # Findings from sensitive values are reported only in words that are found without them.
    means = Counter((one.severity, one.words) for one in known)
    found = [one for one in found if (one.severity, one.words) in means]
    yield from found
    rest = means - Counter((one.severity, one.words) for one in found)
    for severity in sorted({severity for severity, _ in rest} - {GOOD}, key=SEVERITIES.index):
        what = "weakens what it protects" if severity == DANGEROUS else "needs a look"
        words = f"a change that is not shown, because it is sensitive, {what}"
        yield Finding(severity, change.address, words)


def real_drift(plan: Plan) -> list[Change]:
    """Return the drift in `plan` that somebody caused, without what resources repeat of others."""
    if not plan.drift:
        return []
    owners, given = owners_of(plan), configured_attributes(plan)
    drifted = (
        without_unset(owners.without_echoes(change, given.get(plain_address(change.address), ())))
        for change in plan.drift
    )
    return [change for change in drifted if change.action != "update" or _differs(change)]


def _differs(change: Change) -> bool:
    """Return whether a real value changed, ignoring nulls and policy formatting."""
    before, after = (one if isinstance(one, dict) else {} for one in (change.before, change.after))
    for path in differences(before, after):
        if path not in POLICIES.get(change.type, ()):
            return True
        old, new = parse_policy(before.get(path)), parse_policy(after.get(path))
        if not (old and new) or old.version != new.version or statement_changes(old, new):
            return True
    return False


def _drifted(change: Change, planned: Change | None, around: Around) -> Iterator[Finding]:
    """Yield what was changed outside of Terraform; what the plan reverts is not dangerous by itself."""
    if change.action == "destroy":
        yield _deleted(change, planned, around)
        return
    before, after = (one if isinstance(one, dict) else {} for one in (change.before, change.after))
    parts: dict[str, dict[str, Json]] = {}
    for name in {path.partition(".")[0] for path in differences(before, after)}:
        parts.setdefault(_becomes(name, before, planned), {})[name] = after.get(name)
    for becomes, part in sorted(parts.items()):
        one = replace(change, after=before | part)
        for finding in (*judged(one, around), *unjudged_kinds([one])):
            if finding.severity != GOOD:
                words = f"changed outside of Terraform: {finding.words}; {becomes}"
                severity = CAREFUL if becomes in TAKEN_BACK else finding.severity
                yield replace(finding, severity=severity, words=words)


def _deleted(change: Change, planned: Change | None, around: Around) -> Finding:
    again = planned is not None and planned.action == "create"
    lost = change.type in HOLDS_DATA or not again
    grave = lost and any(one.severity == DANGEROUS for one in judged(change, around))
    ending = "; the plan creates it again" if again else ""
    return (dangerous if grave else careful)(f"it was deleted outside of Terraform{ending}").at(
        change.address
    )


REVERTED, DESTROYED = TAKEN_BACK = ("the plan reverts it", "the plan destroys it")


def _becomes(name: str, before: Mapping[str, Json], planned: Change | None) -> str:
    """Return what the plan does with the attribute `name`, which was changed outside of Terraform.

    `before` are the attributes as Terraform left them.
    """
    if planned is not None and planned.action == "destroy":
        return DESTROYED
    after = visible(planned.after, planned.unknown, None) if planned else None
    value = after.get(name) if isinstance(after, dict) else None
    if any(is_unknown(one) for _, one in flat(value)):
        return "whether the plan reverts it is known only after apply"
    sides = {name: before.get(name)}, {name: value}
    reverts = planned is not None and not _differs(replace(planned, before=sides[0], after=sides[1]))
    return REVERTED if reverts else "the plan does not revert it"


def unjudged_kinds(changes: Iterable[Change]) -> Iterator[Finding]:
    """Yield one finding for each type of resource that changes and that there are no rules for."""
    places: dict[str, list[str]] = {}
    for change in changes:
        if not is_judged(change.type) and _needs_rules(change):
            places.setdefault(change.type, []).append(change.address)
    for kind, addresses in sorted(places.items()):
        more = f", and so for {len(addresses) - 1} more" if len(addresses) > 1 else ""
        yield Finding(CAREFUL, addresses[0], f"{NO_RULE}{more}", (kind,))


def _needs_rules(change: Change) -> bool:
    if change.action in ("no-op", "read"):
        return False
    if change.action in ("destroy", "replace", "forget") and change.type in HOLDS_DATA:
        return False  # its destruction is reported
    if change.action != "update":
        return True
    before, after = (
        one if isinstance(one, dict) else {}
        for one in (change.before, visible(change.after, change.unknown, None))
    )
    return any(path.partition(".")[0] not in harmless.ANYWHERE for path in differences(before, after))


def verdict_of(found: Sequence[Finding], *, changes: bool) -> str:
    """Return the verdict: as bad as the worst finding."""
    severities = {one.severity for one in found}
    if DANGEROUS in severities:
        return DANGEROUS
    if CAREFUL in severities:
        return CAREFUL
    return "safe" if changes or severities else "no changes"
