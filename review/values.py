"""What of a plan's values may be shown: sensitive ones never, wherever they hide."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from review.plan import too_deep

Json = Any

UNKNOWN = "(known after apply)"
SENSITIVE = "(sensitive)"

SHORTEST = 4
"""A sensitive text that is shorter is hidden where it is marked, but cannot be looked for elsewhere."""


JSONENCODE = {ord(one): f"\\u{ord(one):04x}" for one in "<>&\u2028\u2029"}
"""What Terraform's jsonencode() escapes besides."""


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
        parts, marks, hidden = value or {}, _dict(unknown), _dict(sensitive)
        result = {key: visible(part, marks.get(key), hidden.get(key)) for key, part in parts.items()}
        for key in marks.keys() - parts.keys():
            if any_mark(marks[key]):
                result[key] = visible(None, marks[key], hidden.get(key))
        return result
    if isinstance(value, list):
        items, hidden_items = _list(unknown), _list(sensitive)
        return [
            visible(
                value[i] if i < len(value) else None,
                items[i] if i < len(items) else None,
                hidden_items[i] if i < len(hidden_items) else None,
            )
            for i in range(max(len(value), len(items)))
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


def _dict(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def secrets_of(document: Mapping[str, Json]) -> frozenset[str]:
    """Return every sensitive text and number that stands anywhere in a plan."""
    return frozenset(text for text in _all_secrets(document) if len(text) >= SHORTEST)


def _all_secrets(document: Mapping[str, Json]) -> Iterator[str]:
    changes = [*_list(document.get("resource_changes")), *_list(document.get("resource_drift"))]
    listed = [_dict(_dict(change).get("change")) for change in changes]
    for change in [*listed, *map(_dict, _dict(document.get("output_changes")).values())]:
        yield from _marked(change.get("before"), change.get("before_sensitive"))
        yield from _marked(change.get("after"), change.get("after_sensitive"))
    declared = _dict(_dict(_dict(document.get("configuration")).get("root_module")).get("variables"))
    for name, variable in _dict(document.get("variables")).items():
        if _dict(declared.get(name)).get("sensitive") is True:
            yield from _leaves(_dict(variable).get("value"))
    for state in (_dict(document.get("prior_state")).get("values"), document.get("planned_values")):
        for output in _dict(_dict(state).get("outputs")).values():
            if _dict(output).get("sensitive") is True:
                yield from _leaves(_dict(output).get("value"))
        yield from _of_module(_dict(_dict(state).get("root_module")))


def _of_module(module: Mapping[str, Json]) -> Iterator[str]:
    for resource in map(_dict, _list(module.get("resources"))):
        yield from _marked(resource.get("values"), resource.get("sensitive_values"))
    for child in map(_dict, _list(module.get("child_modules"))):
        yield from _of_module(child)


def _marked(value: Json, sensitive: Json) -> Iterator[str]:
    if sensitive is True:
        yield from _leaves(value)
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _marked(part, _dict(sensitive).get(key))
    elif isinstance(value, list):
        for part, mark in zip(value, _list(sensitive), strict=False):
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
    for statement in map(_dict, statements if isinstance(statements, list) else [statements]):
        for block in map(_dict, _dict(statement.get("Condition")).values()):
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
