"""docs/settings.md says all that a settings file may say, and nothing else."""

import tomllib
from collections.abc import Iterator
from typing import Annotated, Any

from ops.pages.settings_page import PAGE, fields, page, section_of, toml
from settings.model import Settings
from tests.conftest import ROOT

import pytest
from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo


def every_field(model: type[BaseModel] = Settings, place: str = "") -> Iterator[tuple[str, FieldInfo]]:
    for key, field in fields(model):
        section = section_of(field)
        if section is None or field.examples:
            yield f"{place}{key}", field
        if section is not None:
            yield from every_field(section, f"{place}{key}.")


FIELDS = dict(every_field())


def test_the_page_is_what_the_model_says() -> None:
    assert (ROOT / PAGE).read_text() == page(), "run `make docs`"


def test_the_page_has_every_key() -> None:
    assert {
        "region",
        "lifecycle.rules.transitions.days",
        "import.key",
        "access.readers.prefix",
    } <= FIELDS.keys()
    assert "environment" not in FIELDS  # the file's name says it
    for place in FIELDS:
        assert f"| `{place.rpartition('.')[2]}` |" in page()


@pytest.mark.parametrize("place", FIELDS)
def test_every_key_has_a_meaning_and_an_example_that_is_allowed(place: str) -> None:
    field = FIELDS[place]
    assert field.description is not None
    assert field.description.endswith(".")
    assert field.examples is not None
    (example,) = field.examples
    kind: Any = Annotated[field.annotation, "an example", *field.metadata]
    TypeAdapter(kind).validate_python(tomllib.loads(f"key = {toml(example)}")["key"])
