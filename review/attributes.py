"""The attributes of a resource, as in Terraform's plan JSON and state, and how two of them differ."""

import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from review.masking import flat, is_unknown

Json = Any
Attributes = Mapping[str, Json]

NUMBERED = ", number "
_INDEX = re.compile(r"\[[^\]]*\]")


def first(attributes: object, *path: str) -> Json:
    """Return the value at `path` through blocks, which Terraform writes as lists; None if it is missing."""
    value = attributes
    for name in path:
        if isinstance(value, list):
            value = value[0] if value else None
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def blocks(value: Json) -> list[Attributes]:
    """Return the blocks in an attribute, without other values."""
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, Mapping)]


def by_name(found: Iterable[Attributes], name: str) -> dict[str, Attributes]:
    """Return blocks by their attribute `name`; if several share a name, the later ones are numbered."""
    named: dict[str, Attributes] = {}
    for one in found:
        called = str(one.get(name))
        same = sum(key.partition(NUMBERED)[0] == called for key in named)
        named[f"{called}{NUMBERED}{same + 1}" if same else called] = one
    return named


def texts(value: Json) -> set[str]:
    """Return the texts in a list, without other values."""
    return {one for one in (value if isinstance(value, list) else []) if isinstance(one, str)}


def number(value: Json) -> float | None:
    """Return a value as a number, also if Terraform writes it as text; None if it is not a number."""
    try:
        found = None if isinstance(value, bool) else float(value)
    except (OverflowError, TypeError, ValueError):
        return None
    return found if found is not None and math.isfinite(found) else None


def differences(before: Attributes, after: Attributes) -> set[str]:
    """Return where two resources differ: the path of each value, as `rule.filter.prefix`.

    Null, empty text and empty lists are the same, as the provider writes one or the other; so are a
    number or a truth value and its text.
    """
    return {
        _INDEX.sub("", path)
        for name in before.keys() | after.keys()
        if not _same(before.get(name), after.get(name))
        for path in _differing(name, before.get(name), after.get(name))
    }


def plain_paths(side: Attributes) -> Iterator[tuple[str, Json]]:
    """Yield every value with its path, as `rule.filter.prefix`."""
    return ((_INDEX.sub("", path), value) for path, value in flat(side))


def leaves(side: Attributes, path: str) -> list[Json]:
    """Return all values at a path, as `rule.filter.prefix`, in any element of its lists."""
    name = path.partition(".")[0]
    return [value for where, value in plain_paths({name: side.get(name)}) if where == path]


def as_before(now: Json, was: Json, paths: Collection[str], path: str = "") -> Json:
    """Return `now` with the values of `was` where it is not known, at one of `paths`."""
    if is_unknown(now):
        return was if path in paths else now
    if isinstance(now, Mapping):
        old = was if isinstance(was, Mapping) else {}
        return {
            name: as_before(value, old.get(name), paths, f"{path}.{name}" if path else name)
            for name, value in now.items()
        }
    if isinstance(now, list):
        olds = [*(was if isinstance(was, list) else []), *[None] * len(now)]
        return [as_before(one, old, paths, path) for one, old in zip(now, olds, strict=False)]
    return now


def _same(one: Json, other: Json) -> bool:
    # True equals 1 to Python, so only what has a type in common is compared as it is.
    return type(one) is type(other) and not is_unknown(other) and bool(one == other)


def _differing(name: str, before: Json, after: Json) -> Iterator[str]:
    old, new = dict(flat(before, name)), dict(flat(after, name))
    for path in old.keys() | new.keys():
        was, now = old.get(path), new.get(path)
        if is_unknown(now) or _word(was) != _word(now):
            yield path


def _word(value: Json) -> str | None:
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)
