"""Whose account and which region: which are ours, and which are not."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from review.model import Finding, careful, dangerous

Json = Any

OF_ANOTHER = ("aws_cloudwatch_event_target", "aws_sns_topic_policy")
"""Types whose `arn` is of what they are about, and not their own."""

_REGION = re.compile(r"arn:[a-z-]+:[a-z0-9-]*:([a-z0-9-]+):")
_OF_ARN = re.compile(r"arn:[a-z-]+:[a-z0-9-]*:[a-z0-9-]*:([0-9]{12}):")


def account_of(name: object) -> str:
    """Return the account in an ARN, or that a text is; empty where it names none."""
    if not isinstance(name, str):
        return ""
    match = _OF_ARN.match(name)
    return match[1] if match else name if re.fullmatch("[0-9]{12}", name) else ""


def region_of(name: object) -> str:
    """Return the region in an ARN; empty where it names none."""
    match = _REGION.match(name) if isinstance(name, str) else None
    return match[1] if match else ""


def foreign(name: object, own: Collection[str]) -> Callable[..., Finding] | None:
    """Return how grave it is that `name`, an ARN or an account, gets what was ours; None where it is ours."""
    account = account_of(name)
    if not account or account in own:
        return None
    return dangerous if own else careful


def own_accounts(document: Mapping[str, Json]) -> frozenset[str]:
    """Return the accounts that are ours by a plan; none where it does not tell.

    They are those that the providers may use; or else the caller's, as the state has it; or else those of
    the resources' own ARNs.
    """
    for found in (_allowed(document), _callers(document), map(account_of, _own_arns(document))):
        accounts = frozenset(one for one in found if re.fullmatch("[0-9]{12}", one))
        if accounts:
            return accounts
    return frozenset()


def own_regions(document: Mapping[str, Json]) -> frozenset[str]:
    """Return the regions that a plan's resources are in by their own ARNs."""
    return frozenset(filter(None, map(region_of, _own_arns(document))))


def _object(value: Json, *path: str) -> Mapping[str, Json]:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _allowed(document: Mapping[str, Json]) -> Iterator[str]:
    for provider in _object(document, "configuration", "provider_config").values():
        allowed = _object(provider, "expressions", "allowed_account_ids")
        found = _list(allowed.get("constant_value"))
        for reference in _list(allowed.get("references")):
            name = str(reference).removeprefix("var.").partition("[")[0]
            value = _object(document, "variables", name).get("value")
            found = [*found, *(value if isinstance(value, list) else [value])]
        yield from map(str, found)


def _resources(module: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    yield from map(_object, _list(module.get("resources")))
    for child in _list(module.get("child_modules")):
        yield from _resources(_object(child))


def _callers(document: Mapping[str, Json]) -> Iterator[str]:
    for resource in _resources(_object(document, "prior_state", "values", "root_module")):
        if resource.get("type") == "aws_caller_identity":
            yield str(_object(resource, "values").get("account_id"))


def _own_arns(document: Mapping[str, Json]) -> Iterator[object]:
    for listed in ("resource_changes", "resource_drift"):
        for resource in map(_object, _list(document.get(listed))):
            for side in ("before", "after"):
                yield _own_arn(resource, _object(resource, "change", side))
    for resource in _resources(_object(document, "prior_state", "values", "root_module")):
        yield _own_arn(resource, _object(resource, "values"))


def _own_arn(resource: Mapping[str, Json], attributes: Mapping[str, Json]) -> object:
    own = resource.get("mode") == "managed" and resource.get("type") not in OF_ANOTHER
    return attributes.get("arn") if own else None
