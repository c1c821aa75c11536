"""Whatever a file says, the answer is settings, or problems of one line each."""

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from settings.loading import load_environments
from settings.model import Settings
from settings.problems import SettingsError

from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

ROLE = "arn:aws:iam::111122223333:role/data"


def _toml(value: Any) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{_toml(key)} = {_toml(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_toml, value)) + "]"
        case str():
            return json.dumps(value)
        case bool():
            return str(value).lower()
        case datetime():
            return value.isoformat()
    return repr(value)


def whole_minutes(offset: timedelta) -> timedelta:
    """TOML has no other offsets."""
    return timedelta(minutes=offset // timedelta(minutes=1))


# Characters outside of the Basic Multilingual Plane would become surrogates in JSON, which TOML refuses.
words = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=12)
OFFSETS = st.builds(timezone, st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(whole_minutes))
leaves = (
    words
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats()
    | st.datetimes(timezones=st.none() | OFFSETS)
    | st.sampled_from(
        ["us-east-1", "eu-west-1", "cn-north-1", "alias/k", "same-name", "7d", "sse-s3", ROLE, 7, 365]
    )
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=5,
)
SECTIONS: dict[str, list[str]] = {
    (field.alias or name): [(key.alias or of) for of, key in section.model_fields.items()]
    for name, field in Settings.model_fields.items()
    if isinstance(section := field.annotation, type) and issubclass(section, BaseModel)
}
SECTIONS["tags"] = ["Environment", "environment"]
tables = {
    name: values | st.dictionaries(st.sampled_from(keys) | words, values, max_size=4)
    for name, keys in SECTIONS.items()
}
top = {name: values for name, field in Settings.model_fields.items() if (field.alias or name) not in SECTIONS}
files = st.builds(
    lambda known, other: {**other, **known},
    st.fixed_dictionaries({}, optional={**top, **tables}),
    st.dictionaries(words, values, max_size=1),
)


def _load(directory: Path, environ: dict[str, str]) -> tuple[tuple[str, ...], tuple[Settings, ...]]:
    try:
        return (), load_environments(directory, environ)
    except SettingsError as error:
        return error.problems, ()


@given(
    file=files,
    other=st.just({}) | files,
    environ=st.dictionaries(
        st.sampled_from(["AWS_REGION", "ENVIRONMENT_SUFFIX", "REPOSITORY", "COMMIT_AUTHOR"]),
        words | st.sampled_from(["dev", "prod", "pr-1", "eu-west-1"]),
    ),
)
def test_any_file_gives_settings_or_problems_of_one_line(
    file: dict[str, Any], other: dict[str, Any], environ: dict[str, str]
) -> None:
    with TemporaryDirectory() as temporary:
        for name, content in (("dev", file), ("prod", other)):
            text = "".join(f"{_toml(key)} = {_toml(value)}\n" for key, value in content.items())
            Path(temporary, f"{name}.toml").write_text(text, encoding="utf-8")
        problems, loaded = _load(Path(temporary), environ)
    for line in problems:
        assert line.isprintable()
        assert "is not valid TOML" not in line
        assert len(line) < 500
    wanted = 1 if environ.get("ENVIRONMENT_SUFFIX") else 2
    assert problems or len(loaded) == wanted
