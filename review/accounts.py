"""Whose account and which region: which are ours, and which are not."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from review.model import Finding, careful, dangerous
from review.parts import plain_address
from review.reading import configured, items, object_at, objects, one_or_many, state_resources

Json = Any


class Claimed(frozenset[str]):
    """Accounts that only the configuration under review calls ours: the change itself may claim them."""


OF_ANOTHER = (
    "aws_cloudwatch_event_target",
    "aws_lakeformation_resource",
    "aws_notifications_channel_association",
    "aws_sns_topic_data_protection_policy",
    "aws_sns_topic_policy",
    "aws_sns_topic_subscription",
)
"""Types whose `arn` has the account of what they refer to: it is an argument, or begins with the topic's ARN.

https://docs.aws.amazon.com/sns/latest/api/API_Subscription.html
"""

_REGION = re.compile(r"arn:[a-z-]+:[a-z0-9-]*:([a-z0-9-]+):")
_OF_ARN = re.compile(r"arn:[a-z-]+:[a-z0-9-]*:[a-z0-9-]*:([0-9]{12}):")


def account_of(name: object) -> str:
    """Return the account in an ARN, or an account number itself; empty if there is none."""
    if not isinstance(name, str):
        return ""
    match = _OF_ARN.match(name)
    return match[1] if match else name if re.fullmatch("[0-9]{12}", name) else ""


def region_of(name: object) -> str:
    """Return the region in an ARN; empty if there is none."""
    match = _REGION.match(name) if isinstance(name, str) else None
    return match[1] if match else ""


def is_claimed(own: Collection[str]) -> bool:
    """Return whether only the configuration under review calls these accounts ours."""
    return isinstance(own, Claimed)


def foreign(name: object, own: Collection[str]) -> Callable[..., Finding] | None:
    """Return the severity of access for `name`, an ARN or an account; None if it is ours."""
    account = account_of(name)
    # Terraform does not plan in an account that the provider may not use: if it may use only one, that is it.
    if not account or (account in own and not (is_claimed(own) and len(own) > 1)):
        return None
    return dangerous if own and account not in own else _unsure


def _unsure(words: str, *values: object) -> Finding:
    return careful(words.replace("another account", "an account that may be another's"), *values)


def own_accounts(document: Mapping[str, Json], deployed: Mapping[str, Json] | None = None) -> frozenset[str]:
    """Return the accounts that are ours; empty if nothing says so.

    They are those in the ARNs of deployed resources and in the deployed configuration; otherwise the
    caller's, from the state. Only if there are none, they are those that the configuration names: `Claimed`.

    Args:
        document: the plan.
        deployed: the synthesized JSON of what is deployed, if it is there.
    """
    known = _accounts(one for _, one in _deployed_arns(document)) | _accounts(
        configured_accounts(deployed or {})
    )
    if known:
        return known
    callers = _accounts(_callers(document))
    # A second caller may be of a provider that the change adds, with credentials of its own.
    return callers if len(callers) == 1 else Claimed(callers or _accounts(_allowed(document)))


def configured_accounts(configuration: Mapping[str, Json]) -> list[str]:
    """Return the accounts that the providers of a synthesized configuration may use."""
    providers = object_at(configuration, "provider").get("aws")
    return [
        str(account)
        for provider in objects(one_or_many(providers))
        for account in one_or_many(provider.get("allowed_account_ids"))
    ]


def account_findings(document: Mapping[str, Json]) -> Iterator[Finding]:
    """Yield each provider that may use none of the accounts that its resources are deployed in."""
    providers = object_at(document, "configuration", "provider_config")
    keys = {address: str(one.get("provider_config_key")) for address, one in configured(document)}
    used: dict[str, set[str]] = {}
    for address, arn in _deployed_arns(document):
        used.setdefault(keys.get(plain_address(address), ""), set()).add(account_of(arn))
    for key, arns in sorted(used.items()):
        was = _accounts(arns)
        # A resource that left the configuration, or has another address there, may be of any provider.
        allowed = _accounts(_allowed(document, key if key in providers else ""))
        if was and allowed and not was & allowed:
            words = "the provider's account changes: the resources are in {}, and it may only use {}"
            yield dangerous(words, *(", ".join(sorted(one)) for one in (was, allowed)))


def _accounts(found: Iterable[object]) -> frozenset[str]:
    return frozenset(one for one in map(account_of, found) if one)


def own_regions(document: Mapping[str, Json]) -> frozenset[str]:
    """Return the regions that a plan's resources are in by their own ARNs, and its buckets."""
    regions = {*map(region_of, _own_arns(document)), *bucket_regions(document).values()}
    return frozenset(filter(None, regions))


def bucket_regions(document: Mapping[str, Json]) -> dict[str, str]:
    """Return the region of each existing bucket, by its name."""
    changes = objects(document.get("resource_changes"))
    sides = [(one, object_at(one, "change", "before")) for one in changes]
    state = state_resources(document)
    sides += [(one, object_at(one, "values")) for one in state]
    return {
        str(side["bucket"]): str(side["region"])
        for one, side in sides
        if one.get("type") == "aws_s3_bucket" and side.get("bucket") and side.get("region")
    }


def _allowed(document: Mapping[str, Json], key: str = "") -> Iterator[str]:
    """Yield the accounts that the provider `key` may use, or any provider if it is empty."""
    providers = object_at(document, "configuration", "provider_config")
    for provider in [providers[key]] if key else providers.values():
        allowed = object_at(provider, "expressions", "allowed_account_ids")
        found = items(allowed.get("constant_value"))
        for reference in items(allowed.get("references")):
            name = str(reference).removeprefix("var.").partition("[")[0]
            found = [*found, *one_or_many(object_at(document, "variables", name).get("value"))]
        yield from map(str, found)


def _callers(document: Mapping[str, Json]) -> Iterator[str]:
    for resource in state_resources(document):
        if resource.get("type") == "aws_caller_identity":
            yield str(object_at(resource, "values").get("account_id"))


def _deployed_arns(document: Mapping[str, Json]) -> Iterator[tuple[str, object]]:
    """Yield the address and the ARN of each existing resource, except imported ones."""
    imported = set()
    for listed in ("resource_changes", "resource_drift"):
        for one in objects(document.get(listed)):
            address = str(one.get("address"))
            if object_at(one, "change").get("importing") is not None:
                imported.add(address)
            elif address not in imported:
                yield address, _own_arn(one, object_at(one, "change", "before"))
    for one in state_resources(document):
        if str(one.get("address")) not in imported:
            yield str(one.get("address")), _own_arn(one, object_at(one, "values"))


def _own_arns(document: Mapping[str, Json]) -> Iterator[object]:
    for listed in ("resource_changes", "resource_drift"):
        for resource in objects(document.get(listed)):
            for side in ("before", "after"):
                yield _own_arn(resource, object_at(resource, "change", side))
    for resource in state_resources(document):
        yield _own_arn(resource, object_at(resource, "values"))


def _own_arn(resource: Mapping[str, Json], attributes: Mapping[str, Json]) -> object:
    own = resource.get("mode") == "managed" and resource.get("type") not in OF_ANOTHER
    return attributes.get("arn") if own else None
