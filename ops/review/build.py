"""Makes the review of a plan. Nothing sensitive is in what it returns."""

import dataclasses
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ops.review.drift import real_drift
from ops.review.kinds import HOLDS_DATA
from ops.review.lifecycle import lifecycle_findings
from ops.review.model import (
    CAREFUL,
    COUNTED,
    DANGEROUS,
    GOOD,
    SEVERITIES,
    AttributeChange,
    Finding,
    Part,
    PolicyChange,
    ResourceChange,
    Review,
    StatementChange,
)
from ops.review.plan import Change, Plan
from ops.review.policies import statement_changes
from ops.review.resource_findings import Surroundings, judge, parse, policies_of, unjudged_kinds
from ops.review.values import Redactor, any_mark, flat, is_sensitive, is_unknown, secrets_of, visible

Json = Any
Sides = tuple[Json, Json]

_ACCOUNT = re.compile(r"arn:[a-z-]+:(?:iam|kms|s3)[a-z0-9-]*:[a-z0-9-]*:([0-9]{12}):")


def review(
    plan: Plan,
    *,
    deployed: Mapping[str, Json] | None = None,
    synthesized: Mapping[str, Json] | None = None,
) -> Review:
    """Return the review of `plan`.

    Args:
        plan: the plan.
        deployed: the synthesized JSON of what is deployed, if it is to be compared.
        synthesized: the synthesized JSON of what is planned; both or none.
    """
    around = _surroundings(plan)
    redactor = Redactor(secrets_of(plan.document))
    found: list[Finding] = []
    policies: list[PolicyChange] = []
    resources: list[ResourceChange] = []
    for change in plan.resources:
        if not change.changes:
            continue
        shown = _shown(change)
        found += _judged(change, shown, around)
        policies += _policy_changes(change, shown)
        resources.append(_resource(change, shown, redactor))
    found += unjudged_kinds(plan.resources)
    drifted = list(real_drift(plan))
    for change in drifted:
        found += _drifted(change, around)
    if plan.incomplete:
        found.append(
            Finding(CAREFUL, "", "the plan is incomplete: Terraform puts off some changes to another one")
        )
    if deployed is not None and synthesized is not None:
        found += lifecycle_findings(deployed, synthesized)
    counts = _counts(plan) | {"drift": len(drifted)}
    found = _sorted(_redacted(one, redactor) for one in found)
    outputs = [_resource(change, _shown(change), redactor) for change in plan.outputs]
    return Review(
        verdict=_verdict(found, changes=any(counts.values()) or bool(outputs)),
        counts=counts,
        findings=tuple(one for one in found if one.severity != GOOD),
        strengthenings=tuple(one for one in found if one.severity == GOOD),
        policies=tuple(_redacted_policy(one, redactor) for one in policies),
        resources=tuple(resources),
        outputs=tuple(outputs),
        drift=tuple(_resource(change, _shown(change), redactor) for change in drifted),
    )


def _surroundings(plan: Plan) -> Surroundings:
    new: set[str] = set()
    gone: set[str] = set()
    renamed: dict[str, str] = {}
    for change in plan.resources:
        if change.type != "aws_s3_bucket" or change.action in ("no-op", "update", "forget"):
            continue
        was, now = _bucket_name(change.before), _bucket_name(change.after)
        new |= {now} - {""}
        gone |= {was} - {""} if change.action in ("destroy", "replace") else set()
        if was and now and was != now:
            renamed[was] = now
    return Surroundings(_own_accounts(plan), new, gone, renamed)


def _bucket_name(side: Json) -> str:
    name = side.get("bucket") if isinstance(side, dict) else None
    return name if isinstance(name, str) else ""


def _own_accounts(plan: Plan) -> frozenset[str]:
    """Return the accounts that the provider may use, or else those that the plan's resources are in."""
    value: Json = plan.document
    for name in (
        "configuration",
        "provider_config",
        "aws",
        "expressions",
        "allowed_account_ids",
        "constant_value",
    ):
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, list) and value:
        return frozenset(one for one in value if isinstance(one, str))
    found = set()
    for change in plan.resources:
        for side in (change.before, change.after):
            arn = side.get("arn") if isinstance(side, dict) else None
            if isinstance(arn, str) and (match := _ACCOUNT.match(arn)):
                found.add(match[1])
    return frozenset(found)


def _shown(change: Change) -> Sides:
    return (
        visible(change.before, None, change.before_sensitive),
        visible(change.after, change.unknown, change.after_sensitive),
    )


def _judged(change: Change, shown: Sides, around: Surroundings) -> Iterator[Finding]:
    """Judge a change with its sensitive values, and say only what can be said without them."""
    told = list(judge(change, *shown, around))
    if not any_mark(change.before_sensitive) and not any_mark(change.after_sensitive):
        yield from told
        return
    raw = change.before, visible(change.after, change.unknown, None)
    known = list(judge(change, *raw, around))
    yield from (one for one in known if one in told)
    for severity in sorted({one.severity for one in known if one not in told} - {GOOD}, key=SEVERITIES.index):
        what = "weakens what it protects" if severity == DANGEROUS else "needs a look"
        yield Finding(
            severity, change.address, f"a change that is not shown, because it is sensitive, {what}"
        )


def _drifted(change: Change, around: Surroundings) -> Iterator[Finding]:
    """Say what was changed outside of Terraform; a plan puts it right, so it is not dangerous by itself."""
    if change.action == "destroy":
        severity = DANGEROUS if change.type in HOLDS_DATA else CAREFUL
        yield Finding(severity, change.address, "it was deleted outside of Terraform")
        return
    for finding in _judged(change, _shown(change), around):
        if finding.severity == DANGEROUS:
            words = f"changed outside of Terraform: {finding.words}"
            yield dataclasses.replace(finding, severity=CAREFUL, words=words)


def _policy_changes(change: Change, shown: Sides) -> Iterator[PolicyChange]:
    if change.action == "forget" or (change.action == "destroy" and change.type != "aws_s3_bucket_policy"):
        return
    for attribute, before, after in policies_of(change, *shown):
        old, new = parse(before), parse(after)
        if is_sensitive(before) or is_sensitive(after):
            note = "it is sensitive, so its statements are not shown"
        elif is_unknown(after):
            note = "it is known only after apply"
        elif (before and old is None) or (after and new is None):
            note = "it is no policy in JSON"
        else:
            statements = statement_changes(old, new)
            note = "" if statements else "only its order or its formatting changes"
            yield PolicyChange(change.address, attribute, statements, note)
            continue
        yield PolicyChange(change.address, attribute, (), note)


def _resource(change: Change, shown: Sides, redactor: Redactor) -> ResourceChange:
    actions = ["import"] * change.imported + ["move"] * bool(change.moved_from)
    if change.action != "no-op" or not actions:
        actions.append(change.action)
    action = " and ".join(actions) + (" (left over)" if change.deposed else "")
    why = f"from {change.moved_from}" if change.moved_from else ""
    if change.action == "replace":
        why = ", ".join(filter(None, [why, _reason(change)]))
    policies: list[str] = []
    attributes: Iterable[AttributeChange] = ()
    if change.action in ("create", "update", "replace", "forget and create"):
        policies = [name for name, *_ in policies_of(change, *shown)]
        attributes = _differences(*shown, policies=set(policies), redactor=redactor)
    return ResourceChange(
        redactor.text(change.address), action, redactor.text(why), tuple(policies), tuple(attributes)
    )


def _reason(change: Change) -> str:
    paths = [".".join(map(str, path)) for path in change.replace_paths if isinstance(path, list)]
    return f"because of {', '.join(paths[:5])}" if paths else change.reason.replace("_", " ")


def _differences(
    before: Json, after: Json, *, policies: set[str], redactor: Redactor
) -> Iterator[AttributeChange]:
    old, new = dict(flat(before)), dict(flat(after))
    for path in sorted(old.keys() | new.keys()):
        was, now = old.get(path), new.get(path)
        if path in policies or (was == now and is_sensitive(was) == is_sensitive(now)):
            continue
        yield AttributeChange(redactor.text(path), _written(was, redactor), _written(now, redactor))


def _written(value: Json, redactor: Redactor) -> str | None:
    if value is None:
        return None
    if is_sensitive(value) or is_unknown(value):
        return str(value)
    shown = redactor.value(value)
    return shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False)


def _counts(plan: Plan) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for change in plan.resources:
        if change.changes:
            counted.update(["create", "forget"] if change.action == "forget and create" else [change.action])
            counted.update(["import"] * change.imported + ["move"] * bool(change.moved_from))
    return {name: counted[name] for name in COUNTED}


def _verdict(found: Iterable[Finding], *, changes: bool) -> str:
    severities = {one.severity for one in found}
    if DANGEROUS in severities:
        return DANGEROUS
    if CAREFUL in severities:
        return CAREFUL
    return "safe" if changes or severities else "no changes"


def _sorted(found: Iterable[Finding]) -> list[Finding]:
    """Return the worst first, and first of those what is about the bucket and the key themselves."""

    def grade(finding: Finding) -> tuple[int, bool]:
        holds_data = any(f"{kind}." in finding.address for kind in HOLDS_DATA)
        return SEVERITIES.index(finding.severity), not holds_data

    return sorted(dict.fromkeys(found), key=grade)


def _redacted(finding: Finding, redactor: Redactor) -> Finding:
    return dataclasses.replace(
        finding,
        address=redactor.text(finding.address),
        words=redactor.text(finding.words),
        values=tuple(map(redactor.text, finding.values)),
    )


def _redacted_policy(change: PolicyChange, redactor: Redactor) -> PolicyChange:
    return PolicyChange(
        redactor.text(change.address),
        change.attribute,
        tuple(
            StatementChange(
                redactor.text(one.sid),
                one.change,
                tuple(
                    Part(
                        redactor.text(part.element),
                        tuple(map(redactor.text, part.before)),
                        tuple(map(redactor.text, part.after)),
                    )
                    for part in one.parts
                ),
            )
            for one in change.statements
        ),
        change.note,
    )
