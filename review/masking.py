"""What of a plan's values may be shown: sensitive ones never, wherever they hide."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from review.plan import too_deep
from review.reading import items, object_at, objects, one_or_many, resources_in

Json = Any

UNKNOWN = "(known after apply)"
SENSITIVE = "(sensitive)"

SHORTEST = 4
"""A sensitive text that is shorter is hidden where it is marked, but cannot be looked for elsewhere."""


JSONENCODE = {ord(one): f"\\u{ord(one):04x}" for one in "<>&\u2028\u2029"}
"""What Terraform's jsonencode() also escapes."""


class _Placeholder(str):
    """Stands for a value; differs from a text that happens to read the same."""

    __slots__ = ()


UNKNOWN_VALUE = _Placeholder(UNKNOWN)
SENSITIVE_VALUE = _Placeholder(SENSITIVE)


def is_unknown(value: object) -> bool:
    """Return whether `value` stands for one that is known after apply."""
    return value is UNKNOWN_VALUE


def is_sensitive(value: object) -> bool:
    """Return whether `value` stands for a sensitive one."""
    return value is SENSITIVE_VALUE


def visible(value: Json, unknown: Json, sensitive: Json) -> Json:
    """Return `value` with placeholders for what is unknown or sensitive.

    Args:
        value: a value of a plan.
        unknown: Terraform's marks of what is not known: `true` for the whole
            value, or an object or a list of marks in the shape of the value.
        sensitive: the same, of what is sensitive.
    """
    if not unknown and not sensitive:
        return value
    if sensitive is True:
        return SENSITIVE_VALUE
    if unknown is True:
        return UNKNOWN_VALUE
    if isinstance(value, dict) or (value is None and isinstance(unknown, dict) and unknown):
        parts, marks, hidden = value or {}, object_at(unknown), object_at(sensitive)
        result = {key: visible(part, marks.get(key), hidden.get(key)) for key, part in parts.items()}
        for key in marks.keys() - parts.keys():
            if any_mark(marks[key]):
                result[key] = visible(None, marks[key], hidden.get(key))
        return result
    if isinstance(value, list):
        unknown_items, hidden_items = items(unknown), items(sensitive)
        return [
            visible(
                value[i] if i < len(value) else None,
                unknown_items[i] if i < len(unknown_items) else None,
                hidden_items[i] if i < len(hidden_items) else None,
            )
            for i in range(max(len(value), len(unknown_items)))
        ]
    return value


def any_mark(marks: Json) -> bool:
    """Return whether anything is marked at all."""
    if isinstance(marks, dict):
        return any(any_mark(mark) for mark in marks.values())
    if isinstance(marks, list):
        return any(any_mark(mark) for mark in marks)
    return marks is True


def flat(value: Json, path: str = "") -> Iterator[tuple[str, Json]]:
    """Yield every value with its path; what is not set is left out."""
    if isinstance(value, dict) and value:
        for key, part in value.items():
            plain = key.isidentifier() or re.fullmatch(r"[A-Za-z0-9_-]+", key)
            name = key if plain else f"[{json.dumps(key, ensure_ascii=False)}]"
            yield from flat(part, f"{path}.{name}" if path and plain else f"{path}{name}")
    elif isinstance(value, list) and value:
        for place, part in enumerate(value):
            yield from flat(part, f"{path}[{place}]")
    elif value is not None and value not in ([], {}, ""):
        yield path, value


def secrets_of(document: Mapping[str, Json]) -> frozenset[str]:
    """Return every sensitive text and number that stands anywhere in a plan."""
    return frozenset(text for text in _all_secrets(document) if len(text) >= SHORTEST)


def _all_secrets(document: Mapping[str, Json]) -> Iterator[str]:
    listed = [*items(document.get("resource_changes")), *items(document.get("resource_drift"))]
    changes = [object_at(one, "change") for one in listed]
    for change in [*changes, *objects([*object_at(document, "output_changes").values()])]:
        yield from _marked(change.get("before"), change.get("before_sensitive"))
        yield from _marked(change.get("after"), change.get("after_sensitive"))
    declared = object_at(document, "configuration", "root_module", "variables")
    for name, variable in object_at(document, "variables").items():
        if object_at(declared, name).get("sensitive") is True:
            yield from _leaves(object_at(variable).get("value"))
    for values in (object_at(document, "prior_state", "values"), object_at(document, "planned_values")):
        for output in objects([*object_at(values, "outputs").values()]):
            if output.get("sensitive") is True:
                yield from _leaves(output.get("value"))
        for resource in resources_in(values):
            yield from _marked(resource.get("values"), resource.get("sensitive_values"))


def _marked(value: Json, sensitive: Json) -> Iterator[str]:
    if sensitive is True:
        yield from _leaves(value)
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _marked(part, object_at(sensitive).get(key))
    elif isinstance(value, list):
        for part, mark in zip(value, items(sensitive), strict=False):
            yield from _marked(part, mark)


def _leaves(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        for key, part in value.items():
            # The keys of a sensitive map are hidden with it; one that looks like an attribute is no secret.
            if not re.fullmatch(r"[A-Za-z][A-Za-z_]*", key):
                yield key
            yield from _leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from _leaves(part)
    elif isinstance(value, str):
        yield value
        # A secret inside of JSON text stands there with JSON's escapes.
        yield json.dumps(value)[1:-1]
        inner = json.dumps(value, ensure_ascii=False)[1:-1]
        yield inner
        yield inner.translate(JSONENCODE)
        yield from _within(value)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield json.dumps(value)


def _within(text: str) -> Iterator[str]:
    """Yield the secrets in a sensitive text that is JSON: one secret in it makes all of it sensitive."""
    if not text.lstrip().startswith(("{", "[")):
        return
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return
    if too_deep(document):
        return
    statements = document.get("Statement") if isinstance(document, dict) else None
    if statements is None:
        yield from _leaves(document)
        return
    # The actions and ARNs of a policy are no secrets, and stand in many other places.
    for statement in objects(one_or_many(statements)):
        for block in objects([*object_at(statement, "Condition").values()]):
            yield from (one for one in _leaves(list(block.values())) if not one.startswith("arn:"))


class Redactor:
    """Replaces secrets in any text of the plan."""

    def __init__(self, secrets: frozenset[str]) -> None:
        """Replace `secrets`."""
        self._by_start: dict[str, list[str]] = {}
        for secret in sorted(secrets, key=lambda text: (-len(text), text)):
            self._by_start.setdefault(secret[:SHORTEST], []).append(secret)
        self.text = lru_cache(maxsize=100_000)(self._text)

    def _text(self, text: str) -> str:
        if not self._by_start:
            return text
        # Overlapping secrets hide each other's ends: what is to be hidden is collected first.
        spans: list[tuple[int, int]] = []
        for start in range(len(text) - SHORTEST + 1):
            for secret in self._by_start.get(text[start : start + SHORTEST], ()):
                if text.startswith(secret, start):
                    end = start + len(secret)
                    if spans and start <= spans[-1][1]:
                        spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
                    else:
                        spans.append((start, end))
                    break
        parts, done = [], 0
        for start, end in spans:
            parts += [text[done:start], SENSITIVE]
            done = end
        return "".join([*parts, text[done:]])

    def value(self, value: Json) -> Json:
        """Return `value` with the secrets in all its texts, keys and numbers replaced."""
        if isinstance(value, _Placeholder) or value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(key): self.value(part) for key, part in value.items()}
        if isinstance(value, list):
            return [self.value(part) for part in value]
        written = json.dumps(value)
        return value if self.text(written) == written else SENSITIVE_VALUE
