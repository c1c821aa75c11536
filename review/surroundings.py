"""What a plan says of all its resources together: whose accounts, which buckets come and go."""

from collections.abc import Iterator, Mapping
from typing import Any

from review.accounts import bucket_regions, own_accounts, own_regions
from review.around import Around
from review.echo import Owners
from review.parts import configured, plain_address
from review.plan import Plan

Json = Any


def around_of(plan: Plan, deployed: Mapping[str, Json] | None = None) -> Around:
    """Return what the judgement of each resource of `plan` depends on beyond it.

    `deployed` is the synthesized JSON of what is deployed, if it is there.
    """
    new: set[str] = set()
    gone: set[str] = set()
    renamed: dict[str, str] = {}
    for change in plan.resources:
        if change.type != "aws_s3_bucket" or change.action in ("no-op", "update", "forget"):
            continue
        was, now = _bucket_name(change.before), _bucket_name(change.after)
        new |= {now} - {""}
        gone |= {was} - {""} if change.action in ("destroy", "replace") else set()
        if was and now and was != now:
            renamed[was] = now
    own = own_accounts(plan.document, deployed), own_regions(plan.document)
    made = {
        plain_address(change.address)
        for change in plan.resources
        if change.type == "aws_s3_bucket" and change.action == "create"
    }
    return Around(*own, new, gone, renamed, configured_attributes(plan), made, bucket_regions(plan.document))


def configured_attributes(plan: Plan) -> dict[str, dict[str, frozenset[str]]]:
    """Return which attributes the configuration gives to each resource, and to what each refers.

    Resources are called by their addresses without keys.
    """
    configuration = plan.document.get("configuration")
    module = configuration.get("root_module") if isinstance(configuration, dict) else None
    found: dict[str, dict[str, frozenset[str]]] = {}
    for address, one in configured(module):
        expressions = one.get("expressions")
        given = expressions if isinstance(expressions, dict) else {}
        found[address] = {name: frozenset(_references(value)) for name, value in given.items()}
    return found


def _references(expression: Json) -> Iterator[str]:
    """Yield what an expression refers to, without keys of instances."""
    if isinstance(expression, list):
        for one in expression:
            yield from _references(one)
    elif isinstance(expression, dict):
        for name, value in expression.items():
            if name == "references" and isinstance(value, list):
                yield from (plain_address(one) for one in value if isinstance(one, str))
            elif name != "constant_value":
                yield from _references(value)


def _bucket_name(side: Json) -> str:
    name = side.get("bucket") if isinstance(side, dict) else None
    return name if isinstance(name, str) else ""


def owners_of(plan: Plan) -> Owners:
    """Return what the resources of `plan`, and of the state that it was made from, set that others repeat."""
    return Owners(_all(plan))


def _all(plan: Plan) -> Iterator[tuple[str, Json]]:
    for change in (*plan.resources, *plan.drift):
        yield change.type, change.before
        yield change.type, change.after
    state = plan.document.get("prior_state")
    values = state.get("values") if isinstance(state, dict) else None
    yield from _of_module(values.get("root_module") if isinstance(values, dict) else None)


def _of_module(module: Json) -> Iterator[tuple[str, Json]]:
    if not isinstance(module, dict):
        return
    for one in module.get("resources") or []:
        if isinstance(one, dict) and isinstance(one.get("type"), str):
            yield one["type"], one.get("values")
    for child in module.get("child_modules") or []:
        yield from _of_module(child)


def is_deployed(plan: Plan) -> bool:
    """Return whether the state that `plan` was made from has any resource, or had one."""
    state = plan.document.get("prior_state")
    return bool(plan.drift) or any(True for _ in _managed(state))


def _managed(state: Json) -> Iterator[Json]:
    values = state.get("values") if isinstance(state, dict) else None
    module = values.get("root_module") if isinstance(values, dict) else None
    for one in (module or {}).get("resources") or []:
        if isinstance(one, dict) and one.get("mode") == "managed":
            yield one
