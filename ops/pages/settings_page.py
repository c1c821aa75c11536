"""Writes docs/settings.md from the settings model, so that the page and the model cannot differ."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from ops.shared.toolchain import ROOT
from settings.defaults import DecidedByLoader, NamedAfterEnvironment, StrictUnlessDev
from settings.durations import duration_text
from settings.model import Settings
from settings.moments import moment_text
from settings.problems import toml_keys
from settings.types import Limits

from annotated_types import Ge, Le
from pydantic import BaseModel
from pydantic.fields import FieldInfo

PAGE = Path("docs", "settings.md")

HEAD = """# Settings

Every key of a file in `environments/`, as `settings/model.py` defines it; `make docs` writes this page. A
key that is missing has its default, a key that is not here is an error, and so is every value that the limits
do not allow: one line each, before anything is written.
"""

SHORT: Mapping[Any, str] = {
    str: "text",
    int: "whole number",
    bool: "true or false",
    timedelta: "duration in quotes",
    datetime: "offset date-time",
}


def page() -> str:
    """Return the page's text."""
    return "\n".join([HEAD, *_table(Settings, "")])


def fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    """Yield each key that a table may have, as written in TOML, and its field."""
    allowed = toml_keys(model)
    for name, field in model.model_fields.items():
        if (key := field.alias or name) in allowed:
            yield key, field


def section_of(field: FieldInfo) -> type[BaseModel] | None:
    """Return the model of the table, or of each table of the list, that a field holds; None for a value."""
    kind = _without_none(field.annotation)
    parts = get_args(kind) if get_origin(kind) is tuple else (kind,)
    return next((one for one in parts if isinstance(one, type) and issubclass(one, BaseModel)), None)


def _table(model: type[BaseModel], place: str) -> Iterator[str]:
    rows, further = [], []
    for key, field in fields(model):
        section = section_of(field)
        many = get_origin(_without_none(field.annotation)) is tuple
        if section is None or many:
            rows.append((key, field))
        if section is not None:
            title = f"{place}.{key}" if place else key
            further += ["", f"## `{f'[[{title}]]' if many else f'[{title}]'}`", "", *_words(section), ""]
            further += _table(section, title)
    if rows:
        yield "| key | type and limits | default | meaning | example |"
        yield "|---|---|---|---|---|"
        yield from (_row(key, field) for key, field in rows)
    yield from further


def _words(section: type[BaseModel]) -> list[str]:
    return [" ".join((section.__doc__ or "").split())]


def _row(key: str, field: FieldInfo) -> str:
    (example,) = field.examples or (None,)
    cells = [
        f"`{key}`",
        _type_and_limits(field),
        _default(field),
        field.description or "",
        f"`{key} = {toml(example)}`",
    ]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _without_none(kind: Any) -> Any:  # noqa: ANN401 - an annotation can be anything
    if get_origin(kind) is Annotated:
        return _without_none(get_args(kind)[0])
    parts = [part for part in get_args(kind) if part is not NoneType]
    if NoneType not in get_args(kind):
        return kind
    return _without_none(parts[0]) if len(parts) == 1 else Literal[tuple(_literals(parts))]


def _literals(kinds: Iterable[Any]) -> Iterator[str]:
    for kind in kinds:
        if get_origin(kind) is Literal:
            yield from get_args(kind)
        else:
            yield from _literals(get_args(kind))


def _type_and_limits(field: FieldInfo) -> str:
    kind = _without_none(field.annotation)
    words = list(_literals([kind]))
    if words and get_origin(kind) is not tuple:
        return " or ".join(f"`{toml(word)}`" for word in words)
    if get_origin(kind) is tuple:
        text = "list of tables" if section_of(field) else "list of text"
    elif isinstance(kind, type) and kind in SHORT:
        text = SHORT[kind]
    else:
        text = "table of text"
    bounds = [mark for mark in field.metadata if isinstance(mark, Ge | Le)]
    limits = [str(mark.ge) if isinstance(mark, Ge) else str(mark.le) for mark in bounds]
    more = next((mark.text for mark in _marks(field) if isinstance(mark, Limits)), "")
    return ": ".join(filter(None, [text, " to ".join(limits), more]))


def _marks(field: FieldInfo) -> Iterator[object]:
    yield from field.metadata
    for part in get_args(field.annotation):
        if get_origin(part) is Annotated:
            yield from get_args(part)[1:]


def _default(field: FieldInfo) -> str:
    for mark in field.metadata:
        if isinstance(mark, NamedAfterEnvironment):
            return f"`{mark.template.replace('{environment}', '<environment>')}`"
        if isinstance(mark, StrictUnlessDev):
            return "`true`, but `false` in dev and in ephemeral environments"
        if isinstance(mark, DecidedByLoader):
            return mark.text
    if field.is_required():
        return "has to be given"
    return "none" if field.default is None else f"`{toml(field.default)}`"


def toml(value: object) -> str:
    """Write a value as in TOML."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return json.dumps(value, ensure_ascii=False)
        case timedelta():
            return json.dumps(duration_text(value))
        case datetime():
            return moment_text(value)
        case Mapping():
            inner = ", ".join(f"{_toml_key(key)} = {toml(item)}" for key, item in value.items())
            return f"{{ {inner} }}" if inner else "{}"
        case list() | tuple():
            return f"[{', '.join(map(toml, value))}]"
    return str(value)


def _toml_key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key)


if __name__ == "__main__":
    Path(ROOT, PAGE).write_text(page(), encoding="utf-8")
