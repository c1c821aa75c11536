"""What a plan says of all its resources together: whose accounts, which buckets come and go."""

from collections.abc import Iterator, Mapping
from typing import Any

from review.accounts import bucket_regions, own_accounts, own_regions
from review.around import Around
from review.echo import Owners
from review.parts import plain_address
from review.plan import Plan
from review.reading import configured, object_at, state_resources
from review.tags import asked_tags

Json = Any


def around_of(plan: Plan, deployed: Mapping[str, Json] | None = None) -> Around:
    """Return what the judgement of each resource of `plan` depends on outside of it.

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
    regions, tags = bucket_regions(plan.document), asked_tags(attributes for _, attributes in _all(plan))
    principals = set(_gone_principals(plan))
    return Around(*own, new, gone, renamed, configured_attributes(plan), made, regions, *tags, principals)


def _gone_principals(plan: Plan) -> Iterator[tuple[str, str]]:
    for change in plan.resources:
        if change.type in ("aws_iam_group", "aws_iam_role", "aws_iam_user") and change.changes:
            was, now = (object_at(side).get("name") for side in (change.before, change.after))
            if was and was != now and change.action in ("destroy", "replace"):
                yield change.type.removeprefix("aws_iam_"), str(was)


def configured_attributes(plan: Plan) -> dict[str, dict[str, frozenset[str]]]:
    """Return which attributes the configuration gives to each resource, and to what each refers.

    Resources are called by their addresses without keys.
    """
    return {
        address: {
            name: frozenset(_references(value)) for name, value in object_at(one, "expressions").items()
        }
        for address, one in configured(plan.document)
    }


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
    for one in state_resources(plan.document):
        yield str(one.get("type")), one.get("values")


def is_deployed(plan: Plan) -> bool:
    """Return whether the state that `plan` was made from has any resource, or had one."""
    return bool(plan.drift) or any(one.get("mode") == "managed" for one in state_resources(plan.document))
