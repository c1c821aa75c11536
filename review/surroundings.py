"""What a plan says of all its resources together: whose accounts, which buckets come and go."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from review.accounts import bucket_regions, own_accounts, own_regions
from review.around import Around
from review.configurations import synthesized_resources
from review.echo import Owners
from review.parts import plain_address
from review.plan import Plan
from review.reading import configured, items, object_at, objects, references, state_resources
from review.tags import asked_tags

Json = Any
BUCKET = "aws_s3_bucket"


def around_of(
    plan: Plan, deployed: Mapping[str, Json] | None = None, synthesized: Mapping[str, Json] | None = None
) -> Around:
    """Return what the judgement of each resource of `plan` depends on outside of it.

    `deployed` and `synthesized` are the synthesized JSON of what is deployed and of what is planned, if they
    are there.
    """
    new: set[str] = set()
    gone: set[str] = set()
    renamed: dict[str, str] = {}
    for change in plan.resources:
        if change.type != BUCKET or change.action in ("no-op", "update", "forget"):
            continue
        was, now = _bucket_name(change.before), _bucket_name(change.after)
        new |= {now} - {""}
        gone |= {was} - {""} if change.action in ("destroy", "replace") else set()
        if was and now and was != now:
            renamed[was] = now
    own = own_accounts(plan.document, deployed), own_regions(plan.document)
    made = {plain_address(change.address) for change in plan.resources if change.action == "create"}
    regions, tags = bucket_regions(plan.document), asked_tags(attributes for _, attributes in _all(plan))
    return Around(
        *own,
        new,
        gone,
        renamed,
        configured_attributes(plan),
        made,
        regions,
        *tags,
        gone_principals=set(_gone_principals(plan)),
        own_buckets=_bucket_names(plan) - (gone - new),
        synthesized=synthesized_resources(synthesized or {}),
        unseen=_has_unseen(plan),
    )


def _gone_principals(plan: Plan) -> Iterator[tuple[str, str]]:
    for change in plan.resources:
        if change.type in ("aws_iam_group", "aws_iam_role", "aws_iam_user") and change.changes:
            was, now = (object_at(side).get("name") for side in (change.before, change.after))
            if was and was != now and change.action in ("destroy", "replace"):
                yield change.type.removeprefix("aws_iam_"), str(was)


def configured_attributes(plan: Plan) -> dict[str, Mapping[str, Json]]:
    """Return the expressions that the configuration gives to each resource, by its address without keys."""
    return {address: object_at(one, "expressions") for address, one in configured(plan.document)}


_MODULES = re.compile(r"^(?:module\.[^.]+\.)+")


def _has_unseen(plan: Plan) -> bool:
    """Return whether an unknown value is used where the configuration of a plan does not show it.

    Terraform lists every attribute that contributes to a change, also in a dynamic block.
    https://developer.hashicorp.com/terraform/internals/json-format#plan-representation
    """
    seen = {
        plain_address(one) for one in references(plan.document.get("configuration")) if isinstance(one, str)
    }
    settled = {
        str(one.get("address"))
        for one in objects(plan.document.get("resource_changes"))
        if object_at(one, "change").get("actions") == ["no-op"]
    }
    for one in objects(plan.document.get("relevant_attributes")):
        address, steps = str(one.get("resource")), items(one.get("attribute"))
        name = ".".join([plain_address(address), *map(str, steps[:1])])
        if address not in settled and _MODULES.sub("", name) not in seen:
            return True
    return False


def _bucket_names(plan: Plan) -> set[str]:
    """Return the names of all buckets in a plan and in the state that it was made from."""
    sides = [side for one in plan.resources if one.type == BUCKET for side in (one.before, one.after)]
    known = [one for one in state_resources(plan.document) if one.get("mode") == "managed"]
    sides += [one.get("values") for one in known if one.get("type") == BUCKET]
    return {*map(_bucket_name, sides)} - {""}


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
