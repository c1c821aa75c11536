"""Makes the review of a plan. Nothing sensitive is in what it returns."""

import dataclasses
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from review.facts.echoes import ECHOES
from review.facts.kinds import POLICIES
from review.facts.names import called
from review.judgement import Sides, findings_of, real_drift, shown, verdict_of
from review.masking import Redactor, flat, is_sensitive, is_unknown, secrets_of
from review.model import (
    COUNTED,
    GOOD,
    AttributeChange,
    Notice,
    Part,
    PolicyChange,
    ResourceChange,
    Review,
    StatementChange,
)
from review.parts import failed_checks
from review.plan import Change, Plan
from review.policies import Policy, parse_policy, statement_changes
from review.raw import masked

Json = Any


def review(
    plan: Plan,
    *,
    deployed: Mapping[str, Json] | None = None,
    synthesized: Mapping[str, Json] | None = None,
    environment: str = "",
    warnings: Iterable[Notice] = (),
    raw: str = "",
) -> Review:
    """Return the review of `plan`.

    Args:
        plan: the plan.
        deployed: the synthesized JSON of what is deployed, if it is to be compared.
        synthesized: the synthesized JSON of what is planned, if `deployed` is there or nothing is deployed.
        environment: its name, for the heading.
        warnings: Terraform's warnings about the plan.
        raw: the plan as Terraform prints it.
    """
    secrets = secrets_of(plan.document)
    redactor = Redactor(secrets)
    policies: list[PolicyChange] = []
    resources: list[ResourceChange] = []
    names: dict[str, tuple[str, str]] = {}
    for change in plan.resources:
        if change.changes:
            sides = shown(change)
            policies += _policy_changes(change, sides)
            resources.append(_resource(change, sides, redactor))
            names |= _name(change, sides, redactor)
    drifted = real_drift(plan)
    for change in drifted:
        names |= _name(change, shown(change), redactor)
    counts = _counts(plan) | {"drift": len(drifted)}
    found = [one.redacted(redactor.text) for one in findings_of(plan, deployed, synthesized)]
    outputs = [_resource(change, shown(change), redactor) for change in plan.outputs]
    failed = failed_checks(plan)
    return Review(
        verdict=verdict_of(found, changes=any(counts.values()) or bool(outputs)),
        counts=counts,
        findings=tuple(one for one in found if one.severity != GOOD),
        strengthenings=tuple(one for one in found if one.severity == GOOD),
        policies=tuple(_redacted_policy(one, redactor) for one in policies),
        resources=tuple(sorted(resources, key=_gravest_first)),
        outputs=tuple(outputs),
        drift=tuple(_resource(change, shown(change), redactor) for change in drifted),
        environment=environment,
        names=names,
        warnings=tuple(
            Notice(*map(redactor.text, dataclasses.astuple(one)))
            for one in warnings
            if one.detail not in failed  # those are findings
        ),
        raw=masked(raw, secrets) if raw else "",
    )


_FIRST = ("destroy", "replace", "forget", "forget and create")


def _gravest_first(change: ResourceChange) -> int:
    action = change.action.removesuffix(" (left over)").rpartition("move and ")[2]
    return _FIRST.index(action) if action in _FIRST else len(_FIRST)


def _name(change: Change, sides: Sides, redactor: Redactor) -> dict[str, tuple[str, str]]:
    what, name = called(change.type, *sides)
    return {redactor.text(change.address): (redactor.text(what), redactor.text(name))}


def _policies_of(change: Change, before: Json, after: Json) -> Iterator[tuple[str, Json, Json]]:
    """Yield each attribute that holds a policy, with both sides, where they differ."""
    for name in POLICIES.get(change.type, ()):
        sides = [side.get(name) if isinstance(side, dict) else None for side in (before, after)]
        if sides[0] != sides[1]:
            yield name, sides[0], sides[1]


def _parse(value: Json) -> Policy | None:
    """Return the policy that a visible value holds, if any."""
    return None if is_unknown(value) or is_sensitive(value) else parse_policy(value)


def _policy_changes(change: Change, sides: Sides) -> Iterator[PolicyChange]:
    if change.action == "forget" or (change.action == "destroy" and change.type != "aws_s3_bucket_policy"):
        return
    for attribute, before, after in _policies_of(change, *sides):
        old, new = _parse(before), _parse(after)
        if is_sensitive(before) or is_sensitive(after):
            note = "it is sensitive, so its statements are not shown"
        elif is_unknown(after) and _is_filled_in(change, attribute):
            continue
        elif is_unknown(after):
            note = "it is known only after apply"
        elif (before and old is None) or (after and new is None):
            note = "it is not a policy in JSON"
        else:
            statements = statement_changes(old, new)
            what = "order or formatting" if not (old and new) or old.version == new.version else "version"
            note = "" if statements else f"only its {what} changes"
            yield PolicyChange(change.address, attribute, statements, note)
            continue
        yield PolicyChange(change.address, attribute, (), note)


def _is_filled_in(change: Change, attribute: str) -> bool:
    """Return whether a new resource only repeats there what another resource sets."""
    echo = ECHOES.get(change.type, {}).get(attribute)
    return change.action != "update" and echo is not None and echo.filled_in


def _resource(change: Change, sides: Sides, redactor: Redactor) -> ResourceChange:
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
        policies = [
            name
            for name, _, after in _policies_of(change, *sides)
            if not (is_unknown(after) and _is_filled_in(change, name))
        ]
        made = change.action != "update"
        attributes = _differences(*sides, policies=set(policies), made=made, redactor=redactor)
    return ResourceChange(
        redactor.text(change.address), action, redactor.text(why), tuple(policies), tuple(attributes)
    )


def _reason(change: Change) -> str:
    paths = [".".join(map(str, path)) for path in change.replace_paths if isinstance(path, list)]
    return f"because of {', '.join(paths[:5])}" if paths else change.reason.replace("_", " ")


def _differences(
    before: Json, after: Json, *, policies: set[str], made: bool, redactor: Redactor
) -> Iterator[AttributeChange]:
    old, new = dict(flat(before)), dict(flat(after))
    for path in sorted(old.keys() | new.keys()):
        was, now = old.get(path), new.get(path)
        if path in policies or (was == now and is_sensitive(was) == is_sensitive(now)):
            continue
        if is_unknown(now) and (made or was is None):
            continue  # AWS fills it in, as for every new resource
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
