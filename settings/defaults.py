"""The defaults that depend on the environment's name and on variables."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from settings import resource_names
from settings.names import aws as aws_names
from settings.names.aws import InvalidValueError
from settings.names.tags import as_tag_value
from settings.problems import invalid

from pydantic import BaseModel

DEFAULT_REGION = "us-east-1"
# secure-<environment>-terraform-state, the longest of the default names, must fit into S3's 63 characters.
MAX_ENVIRONMENT_LENGTH = 40
EVERY_ENVIRONMENT = "all"
"""What commands take for every environment that has a file; so it is no environment's name."""


@dataclass(frozen=True)
class NamedAfterEnvironment:
    """Marks a field whose default holds the environment's name, at "{environment}" in `template`.

    Such a name can exist only once, so an ephemeral environment never takes it from dev.toml.
    """

    template: str


@dataclass(frozen=True)
class StrictUnlessDev:
    """Marks a switch that is on by default, except in dev and in ephemeral environments."""


@dataclass(frozen=True)
class DecidedByLoader:
    """Marks a field whose default `with_defaults` finds elsewhere; `text` says where."""

    text: str


def environment_name(name: str) -> str:
    """Check an environment's name: it becomes a part of every default name, and of the stacks' names."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name) or len(name) > MAX_ENVIRONMENT_LENGTH:
        raise InvalidValueError(
            "must be an environment's name: lowercase letters, digits and single hyphens, beginning with a "
            f"letter, at most {MAX_ENVIRONMENT_LENGTH} characters"
        )
    if name == EVERY_ENVIRONMENT:
        raise InvalidValueError(
            "must be the name of one environment",
            f"for commands such as `make plan`, ENV={name} means every environment",
        )
    # Its storage stack would have the name of another environment's state or CI stack.
    if name.endswith("-state"):
        raise InvalidValueError('must not end with "-state", which names the stack of the state bucket')
    if name.endswith("-ci"):
        raise InvalidValueError('must not end with "-ci", which names the stack of CI\'s roles')
    return name


def with_defaults(
    given: Mapping[str, Any],
    model: type[BaseModel],
    environment: str,
    environ: Mapping[str, str],
    *,
    ephemeral: bool,
) -> tuple[dict[str, Any], list[str]]:
    """Return a file's content with every default that the model does not know, and the problems found.

    Invalid values in the file stay, for the model to refuse. The only problem found here is an invalid
    AWS_REGION, and only if the file has no region.
    """
    problems = []
    if ephemeral:
        # An administrator makes CI's roles, which an ephemeral environment does not need; what dev imports is
        # dev's.
        given = {key: value for key, value in given.items() if key not in ("ci", "import")}
        # So are its guests: a shared state bucket is protected, and an ephemeral one must not be.
        if isinstance(state := given.get("state"), Mapping):
            given["state"] = {key: value for key, value in state.items() if key != "shared"}
    content = _with_marks(given, model, environment, ephemeral=ephemeral)
    content["environment"] = environment
    if "region" not in content:
        content["region"] = environ.get("AWS_REGION") or DEFAULT_REGION
        try:
            aws_names.region(content["region"])
        except InvalidValueError as error:
            problems.append(invalid("AWS_REGION", error, content["region"]))
            content["region"] = DEFAULT_REGION
    state = content["state"]
    if isinstance(state, dict):
        # A wrong region is one problem, not two.
        exists = isinstance(content["region"], str) and content["region"] in aws_names.partitions()
        state.setdefault("region", content["region"] if exists else DEFAULT_REGION)
    tags = content.get("tags", {})
    if isinstance(tags, dict):
        if ephemeral:
            tags = {key: value for key, value in tags.items() if key != "Environment"}
        content["tags"] = default_tags(environment, environ) | tags
    return _with_suffixes(content, {} if ephemeral else given), problems


def default_tags(environment: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Give the tags that every resource has, to which a file's [tags] are added."""
    tags = {
        "Environment": environment,
        "Project": resource_names.PROJECT,
        "Purpose": "secure-data-storage",
        "DataClassification": "confidential",
    }
    for key, variable in (("Repository", "REPOSITORY"), ("Author", "COMMIT_AUTHOR")):
        # An author's name, such as "dependabot[bot]", may not be a valid tag value: make it fit.
        if value := as_tag_value(environ.get(variable, "").strip()):
            tags[key] = value
    return tags


def _with_marks(
    given: Mapping[str, Any], model: type[BaseModel], environment: str, *, ephemeral: bool
) -> dict[str, Any]:
    content = dict(given)
    for name, field in model.model_fields.items():
        key, kind = field.alias or name, field.annotation
        section = content.get(key, {})
        if isinstance(kind, type) and issubclass(kind, BaseModel) and isinstance(section, dict):
            content[key] = _with_marks(section, kind, environment, ephemeral=ephemeral)
        for mark in field.metadata:
            if isinstance(mark, NamedAfterEnvironment) and (ephemeral or key not in content):
                content[key] = mark.template.format(environment=environment)
            if isinstance(mark, StrictUnlessDev):
                content.setdefault(key, not ephemeral and environment != "dev")
    return content


def _with_suffixes(content: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a file's content in which each default name of a bucket ends as its namespace demands.

    Args:
        content: the content, with the default names.
        given: the same without them: a name in it is left as it is.
    """
    account = content.get("account_id")
    result = dict(content)
    if content.get("bucket_namespace") != aws_names.ACCOUNT_REGIONAL or not isinstance(account, str):
        return result
    for section, key, home in _PLACES:
        was = content if section is None else content.get(section)
        region = content.get("region") if home is None else _value(content, home, "region")
        if _is_given(given, section, key) or not isinstance(was, dict) or not isinstance(region, str):
            continue
        name = was[key] + aws_names.account_regional_suffix(account, region)
        if section is None:
            result[key] = name
        else:
            result[section] = {**was, key: name}
    return result


_PLACES = (
    (None, "bucket_name", None),
    ("state", "bucket", "state"),
    ("logging", "bucket", None),
    ("replication", "bucket", "replication"),
)
"""Where the names of buckets are, and the section that has the bucket's region."""


def _value(content: Mapping[str, Any], section: str, key: str) -> object:
    found = content.get(section)
    return found.get(key) if isinstance(found, dict) else None


def _is_given(given: Mapping[str, Any], section: str | None, key: str) -> bool:
    return key in given if section is None else _value(given, section, key) is not None
