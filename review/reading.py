"""Reads JSON of which no form is certain: what is missing, or is of another form, is empty."""

from collections.abc import Iterator, Mapping
from typing import Any

Json = Any


def object_at(value: Json, *path: str) -> Mapping[str, Json]:
    """Return the object at the end of `path`."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def items(value: Json) -> list[Json]:
    """Return the items of a list."""
    return value if isinstance(value, list) else []


def one_or_many(value: Json) -> list[Json]:
    """Return the items of a list, or the only value."""
    return value if isinstance(value, list) else [] if value is None else [value]


def objects(value: Json) -> list[Mapping[str, Json]]:
    """Return the objects in a list."""
    return [one for one in items(value) if isinstance(one, dict)]


def references(expression: Json) -> Iterator[Json]:
    """Yield all that an expression of a configuration refers to, or what is in a part of a configuration."""
    if isinstance(expression, list):
        for one in expression:
            yield from references(one)
    elif isinstance(expression, dict):
        for name, value in expression.items():
            if name == "references":
                yield from items(value)
            elif name != "constant_value":
                yield from references(value)


def state_resources(document: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    """Yield each resource of the state that a plan was made from, and each data source."""
    yield from resources_in(object_at(document, "prior_state", "values"))


def resources_in(values: Json) -> Iterator[Mapping[str, Json]]:
    """Yield each resource in all modules of a state's values, or of `planned_values`."""
    modules = [object_at(values, "root_module")]
    for module in modules:
        yield from objects(module.get("resources"))
        modules += objects(module.get("child_modules"))


def configured(document: Mapping[str, Json]) -> Iterator[tuple[str, Mapping[str, Json]]]:
    """Yield each resource of a plan's configuration, with its address without keys."""
    yield from _configured(object_at(document, "configuration", "root_module"), "")


def _configured(module: Mapping[str, Json], prefix: str) -> Iterator[tuple[str, Mapping[str, Json]]]:
    for one in objects(module.get("resources")):
        yield f"{prefix}{one.get('address')}", one
    for name, call in object_at(module, "module_calls").items():
        yield from _configured(object_at(call, "module"), f"{prefix}module.{name}.")
