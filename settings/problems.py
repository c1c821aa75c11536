"""Turns wrong settings into lines that say where, what was given and what is allowed."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time
from difflib import get_close_matches
from typing import get_args

from settings import moments
from settings.names.aws import InvalidValueError

from annotated_types import Ge, Le
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

Location = tuple[int | str, ...]
# Where, below the field that is validated; which rule; the value that breaks it.
Refusal = tuple[Location, InvalidValueError, object]

Conflict = tuple[str, InvalidValueError, object]
"""A setting that does not fit another: its key in the file, the rule, and the value that breaks it."""

# Pydantic's names for "this is of the wrong type", and what should be there instead.
_EXPECTED = {
    "string_type": "text in quotes",
    "int_type": "a whole number without quotes",
    "float_type": "a number without quotes",
    "bool_type": "true or false without quotes",
    "tuple_type": 'a list, like ["a", "b"]',
    "dict_type": "a table",
    "mapping_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "datetime_type": moments.EXPECTED,
    "time_delta_type": 'a duration in quotes, like "15m", "12h" or "7d"',
}
_OUT_OF_RANGE = ("greater_than_equal", "less_than_equal")


class SettingsError(Exception):
    """The settings cannot be used. `problems` has one line for each reason, without repetitions."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(dict.fromkeys(map(_one_line, problems)))
        super().__init__(self.problems)  # so that a process can hand it to another one

    def __str__(self) -> str:
        return "\n".join(self.problems)


def invalid(source: str, error: InvalidValueError, given: object) -> str:
    """Give the line for a value that a rule refuses; `source` is the file and key, or the variable."""
    but = "" if given is None else f", not {shown(given)}"  # TOML has no null: None is a key that is missing
    hint = f"; {error.hint}" if error.hint else ""
    return f"{source}: {error.rule}{but}{hint}"


def unknown_key(source: str, key: str, allowed: Iterable[str]) -> str:
    """Give the line for a key that does not exist: with the nearest one that does, else with all of them."""
    names = sorted(allowed)
    near = get_close_matches(key[:80], names, n=1)
    hint = f'did you mean "{near[0]}"?' if near else f"allowed here: {', '.join(names)}"
    return f"{source}: unknown key; {hint}"


def validation_problems(file: str, model: type[BaseModel], error: ValidationError) -> list[str]:
    """Give the lines for all that pydantic found wrong with `file` when it made a `model` of it."""
    return [_problem(file, model, detail) for detail in error.errors(include_url=False)]


def refuse(refusals: Iterable[Refusal]) -> None:
    """Raise all refusals of a validator at once, instead of only the first."""
    details: list[InitErrorDetails] = [
        {
            "type": PydanticCustomError("value_error", "{error}", {"error": error}),
            "loc": place,
            "input": given,
        }
        for place, error, given in refusals
    ]
    if details:
        raise ValidationError.from_exception_data("settings", details)


def shown(value: object) -> str:
    """Show a value from TOML the way it is written there, shortened and on one line."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return _shortened(value, _quoted)
        case int() | float():
            try:
                return _shortened(str(value), str)
            except ValueError:  # Python converts no number of more than 4300 digits
                return "a number of thousands of digits"
        case datetime() | date() | time():
            return value.isoformat()
        case list() | tuple():
            return "a list"
        case dict():
            return "a table"
    return _shortened(repr(value), str)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _shortened(text: str, write: Callable[[str], str]) -> str:
    if len(text) <= 100:
        return _one_line(write(text))
    return f"{_one_line(write(text[:60]))}… ({len(text)} characters)"


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def _problem(file: str, model: type[BaseModel], detail: ErrorDetails) -> str:
    place = detail["loc"]
    source = f"{file}: {_key(place)}"
    parent, field = _find(model, place)
    if detail["type"] == "extra_forbidden" and parent is not None:
        if parent is not model and place[-1] in toml_keys(model):
            return f"{source}: unknown key; {place[-1]} belongs above the first [section]"
        return unknown_key(source, str(place[-1]), toml_keys(parent))
    if detail["type"] == "missing":
        return f"{source}: is missing"
    return invalid(source, _broken_rule(detail, field), detail["input"])


def _broken_rule(detail: ErrorDetails, field: FieldInfo | None) -> InvalidValueError:
    kind = detail["type"]
    if kind == "tuple_type" and field is not None and _section(field) is not None:
        return InvalidValueError("must be a list of tables, each under a heading in double brackets")
    context = detail.get("ctx", {})
    error = context.get("error")
    if isinstance(error, InvalidValueError):
        return error
    if kind == "literal_error":
        return InvalidValueError("must be " + context["expected"].replace("'", '"'))
    if kind in _OUT_OF_RANGE or kind == "int_type":
        return InvalidValueError(" ".join(["must be", _EXPECTED["int_type"], *_bounds(field)]))
    if kind in _EXPECTED:
        return InvalidValueError(f"must be {_EXPECTED[kind]}")
    return InvalidValueError(detail["msg"][:1].lower() + detail["msg"][1:])


def _bounds(field: FieldInfo | None) -> Iterator[str]:
    for bound in field.metadata if field else ():
        if isinstance(bound, Ge):
            yield f"from {bound.ge}"
        if isinstance(bound, Le):
            yield f"to {bound.le}"


def toml_keys(model: type[BaseModel]) -> list[str]:
    """Give the keys that a file may set in the table that `model` describes."""
    return [
        field.alias or name
        for name, field in model.model_fields.items()
        if name not in getattr(model, "set_by_loader", ())
    ]


def _find(model: type[BaseModel], place: Location) -> tuple[type[BaseModel] | None, FieldInfo | None]:
    """Give the model whose key the last part of `place` is, and that key's field, where there are such."""
    parent: type[BaseModel] | None = model
    field: FieldInfo | None = None
    for part in place:
        if isinstance(part, int):
            continue  # the place in a list: what comes next is a key of its tables
        if field is not None:
            parent = _section(field)
        field = _field(parent, part) if parent else None
    return parent, field


def _section(field: FieldInfo) -> type[BaseModel] | None:
    """Give the model of the table, or of the tables in the list, that a field holds, where it does."""
    kinds = (field.annotation, *get_args(field.annotation))
    return next((one for one in kinds if isinstance(one, type) and issubclass(one, BaseModel)), None)


def _field(model: type[BaseModel], key: str) -> FieldInfo | None:
    return next((field for name, field in model.model_fields.items() if (field.alias or name) == key), None)


def _key(place: Location) -> str:
    """Write a place as in TOML: access.principals[0], tags."a key"."""
    key = ""
    for part in place:
        if isinstance(part, int):
            key += f"[{part}]"
        else:
            bare = re.fullmatch(r"[A-Za-z0-9_-]{1,60}", part)
            key += ("." if key else "") + (part if bare else shown(part))
    return key
