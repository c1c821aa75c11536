"""Whether a review of a pull request has each change of the main branch's plan, value by value.

Raw values are compared, sensitive values too; messages show only what may be shown. Of a value that is
known only after apply, the configuration that makes it is compared.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from ops.ci.described import Described
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

_STEPS = re.compile(r"[.\[]")
_MOST_VALUES = 3
_LONGEST, _CONTEXT = 120, 30


@dataclass(frozen=True)
class Planned:
    """A plan with what it was made from.

    Attributes:
        plan: the plan.
        configuration: the synthesized JSON.
        name: how it is called in words.
    """

    plan: Plan
    configuration: Mapping[str, Json]
    name: str = ""


@dataclass(frozen=True)
class Effect:
    """What a plan does to one resource or output.

    Attributes:
        address: its address.
        what: what happens, such as `update`.
        values: the attributes that differ, each before and after as compared; an unset one is empty.
        shown: the same ones, with a placeholder for what is sensitive.
        made: what makes each attribute that is known only after apply; None if that cannot be said.
    """

    address: str
    what: str
    values: Mapping[str, Sides]
    shown: Mapping[str, tuple[Json, Json]]
    made: Mapping[str, str] | None = field(default_factory=dict)

    def alike(self, others: Mapping[str, list["Effect"]]) -> list["Effect"]:
        """Return those of a plan's effects, by address, that have the same values."""
        return [
            other
            for other in others.get(self.address, ())
            if (other.what, other.values) == (self.what, self.values)
        ]

    def is_in(self, others: Mapping[str, list["Effect"]]) -> bool:
        """Return whether a plan's effects, by address, have the same one."""
        return self.made is not None and any(other.made == self.made for other in self.alike(others))


def unreviewed(main: Planned, reviews: Sequence[Planned]) -> list[str]:
    """Return what the plan of the main branch changes and no review does, in words.

    Args:
        main: the plan.
        reviews: the plans that were reviewed.
    """
    known = [(one.name, _by_address(effects(one))) for one in reviews]
    secrets = [secrets_of(one.plan.document) for one in (main, *reviews)]
    words = _Words(Redactor(frozenset().union(*secrets)))
    missing = [one for one in effects(main) if not any(one.is_in(others) for _, others in known)]
    # A value that differs says more than what refers to it.
    missing.sort(key=lambda one: any(one.alike(others) for _, others in known))
    return [words.difference(effect, known) for effect in missing]


def effects(planned: Planned) -> list[Effect]:
    """Return what a plan does; not what changes nothing but the tags that are left out."""
    plan, described = planned.plan, Described(planned.plan, planned.configuration)
    found = [_effect(change, described) for change in (*plan.resources, *plan.outputs) if change.changes]
    parts = (
        Effect(f"the plan's {name}", "change", {"": ("", _text(value))}, {"": (None, SENSITIVE_VALUE)})
        for name, value in sorted(plan.document.items())
        if value and name not in KNOWN_PARTS
    )
    return [*(one for one in found if one.values or one.what != "update"), *parts]


def _effect(change: Change, described: Described) -> Effect:
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
    unknown = {
        "value" if change.type == "output" else _STEPS.split(path, maxsplit=1)[0]
        for path in paths
        if after.get(path) == UNKNOWN
    }
    return Effect(
        change.address,
        " and ".join(what for what, so in happens.items() if so),
        {path: (before.get(path, ""), after.get(path, "")) for path in paths},
        {path: (shown_before.get(path), shown_after.get(path)) for path in paths},
        described(change.address, sorted(unknown)) if unknown else {},
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
        said = [self._value(path, effect, other, name) for path in paths] or [
            *self._made(effect, other, name)
        ]
        more = f"; and {len(said) - _MOST_VALUES} more values" if len(said) > _MOST_VALUES else ""
        return f"{start}: {'; '.join(said[:_MOST_VALUES])}{more}"

    def _value(self, path: str, effect: Effect, other: Effect, name: str) -> str:
        attribute = self._plain(path) or "its value"
        if path not in other.values:
            return f"{attribute} changes, and not in the review of {name}"
        if path not in effect.values:
            return f"{attribute} does not change, and in the review of {name} it does"
        side, verb = (0, "was") if effect.values[path][1] == other.values[path][1] else (1, "becomes")
        here, there = _window(*(self._written(one.shown[path][side]) for one in (effect, other)))
        return f"{attribute} {verb} {here}, and in the review of {name} {there}"

    def _made(self, effect: Effect, other: Effect, name: str) -> Iterator[str]:
        if effect.made is None or other.made is None:
            yield "some of it is known only after apply, and the configuration does not say what makes it"
            return
        differs = f"and the configuration that makes it differs from that in the review of {name}"
        for attribute, text in effect.made.items():
            if other.made.get(attribute) != text:
                yield f"{self._plain(attribute)} is known only after apply, {differs}"

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
