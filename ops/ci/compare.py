"""Whether a review of a pull request has each change of the main branch's plan, value by value.

Raw values are compared, sensitive values too; messages show only what may be shown.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from review.masking import (
    SENSITIVE,
    SENSITIVE_VALUE,
    UNKNOWN,
    Redactor,
    flat,
    is_sensitive,
    is_unknown,
    secrets_of,
    visible,
)
from review.plan import Change, Plan
from review.render.escape import cut, visible_text

Json = Any
Sides = tuple[str, str]

LEFT_OUT = frozenset(f"{tags}.{name}" for tags in ("tags", "tags_all") for name in ("Author", "Repository"))
"""Tags that say who deploys from where, which differs between main and a pull request."""

KNOWN_PARTS = frozenset(
    {
        "applyable", "checks", "complete", "configuration", "errored", "format_version", "output_changes",
        "planned_values", "prior_state", "relevant_attributes", "resource_changes", "resource_drift",
        "terraform_version", "timestamp", "variables",
    }
)  # fmt: skip
"""The parts of a plan that are compared change by change, or change nothing. Any other is compared whole."""

_MOST_VALUES = 3
_LONGEST, _CONTEXT = 120, 30


@dataclass(frozen=True)
class Effect:
    """What a plan does to one resource or output.

    Attributes:
        address: its address.
        what: what happens, such as `update`.
        values: the attributes that differ, each before and after as compared; an unset one is empty.
        shown: the same ones, with a placeholder for what is sensitive.
    """

    address: str
    what: str
    values: Mapping[str, Sides]
    shown: Mapping[str, tuple[Json, Json]]

    def is_in(self, others: Mapping[str, list["Effect"]]) -> bool:
        """Return whether a plan's effects, by address, have the same one."""
        return any(
            other.what == self.what and other.values == self.values for other in others.get(self.address, ())
        )


def unreviewed(plan: Plan, reviews: Sequence[tuple[str, Plan]]) -> list[str]:
    """Return what `plan` changes and no review does, in words.

    Args:
        plan: the plan.
        reviews: the plans that were reviewed, each with how it is called.
    """
    known = [(name, _by_address(effects(one))) for name, one in reviews]
    secrets = [secrets_of(one.document) for one in (plan, *(one for _, one in reviews))]
    words = _Words(Redactor(frozenset().union(*secrets)))
    return [
        words.difference(effect, known)
        for effect in effects(plan)
        if not any(effect.is_in(others) for _, others in known)
    ]


def effects(plan: Plan) -> list[Effect]:
    """Return what a plan does; not what changes nothing but the tags that are left out."""
    found = [_effect(change) for change in (*plan.resources, *plan.outputs) if change.changes]
    parts = (
        Effect(f"the plan's {name}", "change", {"": ("", _text(value))}, {"": (None, SENSITIVE_VALUE)})
        for name, value in sorted(plan.document.items())
        if value and name not in KNOWN_PARTS
    )
    return [*(one for one in found if one.values or one.what != "update"), *parts]


def _effect(change: Change) -> Effect:
    happens = {
        "import": change.imported,
        f"move from {change.moved_from}": bool(change.moved_from),
        change.action: change.action != "no-op",
        "of the left-over object": change.deposed,
    }
    before, shown_before = _sides(change.before, None, change.before_sensitive)
    after, shown_after = _sides(change.after, change.unknown, change.after_sensitive)
    paths = [
        path
        for path in sorted(before.keys() | after.keys())
        if before.get(path, "") != after.get(path, "") and path not in LEFT_OUT
    ]
    return Effect(
        change.address,
        " and ".join(what for what, so in happens.items() if so),
        {path: (before.get(path, ""), after.get(path, "")) for path in paths},
        {path: (shown_before.get(path), shown_after.get(path)) for path in paths},
    )


def _sides(value: Json, unknown: Json, sensitive: Json) -> tuple[dict[str, str], dict[str, Json]]:
    """Return each attribute as it is compared, and as it may be shown."""
    raw = dict(flat(visible(value, unknown, None)))
    shown = dict(flat(visible(value, unknown, sensitive)))
    # What is a part of something sensitive has no place of its own in what may be shown.
    return (
        {path: _text(one) for path, one in raw.items()},
        {path: shown.get(path, SENSITIVE_VALUE) for path in raw},
    )


def _text(value: Json) -> str:
    return UNKNOWN if is_unknown(value) else json.dumps(value, sort_keys=True, ensure_ascii=False)


def _by_address(found: list[Effect]) -> dict[str, list[Effect]]:
    result: dict[str, list[Effect]] = {}
    for effect in found:
        result.setdefault(effect.address, []).append(effect)
    return result


class _Words:
    """Says what no review has."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    def difference(self, effect: Effect, known: Sequence[tuple[str, Mapping[str, list[Effect]]]]) -> str:
        """Compare an effect with that of the review which comes nearest."""
        start = f"{self._plain(effect.address)}: {self._plain(effect.what)}"
        near = [(name, other) for name, by in known for other in by.get(effect.address, ())]
        if not near:
            return f"{start}, which is in no review"
        name, other = min(near, key=lambda one: (one[1].what != effect.what, len(_paths(effect, one[1]))))
        if other.what != effect.what:
            return f"{start}, and in the review of {name} it is {self._plain(other.what)}"
        paths = _paths(effect, other)
        said = [self._value(path, effect, other, name) for path in paths[:_MOST_VALUES]]
        more = f"; and {len(paths) - _MOST_VALUES} more values" if len(paths) > _MOST_VALUES else ""
        return f"{start}: {'; '.join(said)}{more}"

    def _value(self, path: str, effect: Effect, other: Effect, name: str) -> str:
        attribute = self._plain(path) or "its value"
        if path not in other.values:
            return f"{attribute} changes, and not in the review of {name}"
        if path not in effect.values:
            return f"{attribute} does not change, and in the review of {name} it does"
        side, verb = (0, "was") if effect.values[path][1] == other.values[path][1] else (1, "becomes")
        here, there = _window(*(self._written(one.shown[path][side]) for one in (effect, other)))
        return f"{attribute} {verb} {here}, and in the review of {name} {there}"

    def _written(self, value: Json) -> str:
        if value is None:
            return "not set"
        if is_sensitive(value):
            return f"another {SENSITIVE} value"
        if is_unknown(value):
            return UNKNOWN
        shown = self._redactor.value(value)
        return visible_text(shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False))

    def _plain(self, text: str) -> str:
        return visible_text(self._redactor.text(text))


def _paths(one: Effect, other: Effect) -> list[str]:
    return [
        path
        for path in sorted(one.values.keys() | other.values.keys())
        if one.values.get(path) != other.values.get(path)
    ]


def _window(here: str, there: str) -> tuple[str, str]:
    """Return two texts from where they begin to differ, as a policy is long."""
    same = takewhile(lambda pair: pair[0] == pair[1], zip(here, there, strict=False))
    start = max(0, sum(1 for _ in same) - _CONTEXT)
    return _from(here, start), _from(there, start)


def _from(text: str, start: int) -> str:
    return f"{'…' if start else ''}{cut(text[start:], _LONGEST)}"
