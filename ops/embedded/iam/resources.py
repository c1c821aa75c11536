"""The resources of a call, where AWS authorizes it on others, or on more of them, than MiniStack does.

https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags_customer-managed-policies.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
"""

import json
from collections.abc import Iterator
from typing import Any

from ops.embedded.iam.request import Request

from defusedxml.ElementTree import fromstring

ALIASES = ("kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias")
NEW_KEY = "00000000-0000-0000-0000-000000000000"


def action_of(action: str, request: Request, resource: str) -> str:
    """Return the action of a call on `resource`; `action` is what MiniStack takes it for.

    It takes the first object of a DeleteObjects for its newest version, whatever version is named.
    """
    if action != "s3:DeleteObject" or "delete" not in request.query:
        return action
    key = resource.removeprefix("arn:aws:s3:::").partition("/")[2]
    named = [one for one in fromstring(request.body).findall("{*}Object") if one.findtext("{*}Key") == key]
    versioned = any(one.find("{*}VersionId") is not None for one in named)
    return "s3:DeleteObjectVersion" if versioned else action


def of(action: str, request: Request, resource: str, region: str) -> str:
    """Return the ARN of what a call is about; `resource` is what MiniStack takes it for."""
    service, _, name = action.partition(":")
    if service == "iam" and (name in ("CreatePolicy", "CreateRole") or ":role/" in resource):
        return _iam(name, request, resource)
    if action in ALIASES:
        return _arn("kms", region, _given(request)["AliasName"])
    if service == "kms" and ":alias/" in resource:  # that is another way to name the key
        return _key(resource) or resource
    if service == "events" and (rule := _rule(_given(request))):
        return _arn("events", region, f"rule/{rule}")
    return resource


def others(action: str, request: Request, region: str) -> Iterator[tuple[str, str]]:
    """Yield the further actions that a call needs, each with its resource."""
    if action in ALIASES:
        yield from ((action, key) for key in _keys_of_alias(_given(request), region))
    elif action == "kms:CreateKey" and _given(request).get("Tags"):
        # The new key has no name yet; a policy can only name them all.
        yield "kms:TagResource", _arn("kms", region, f"key/{NEW_KEY}")
    elif action in ("iam:CreatePolicy", "iam:CreateRole") and "Tags.member.1.Key" in request.form:
        kind = action.removeprefix("iam:Create")
        yield f"iam:Tag{kind}", _iam(f"Create{kind}", request, "")


def _iam(name: str, request: Request, resource: str) -> str:
    from ministack.core.responses import get_account_id
    from ministack.services import iam

    form = request.form
    if name in ("CreatePolicy", "CreateRole"):
        kind = name.removeprefix("Create")
        path = form.get("Path", "/") + form[f"{kind}Name"]
        return f"arn:aws:iam::{get_account_id()}:{kind.lower()}{path}"
    role = iam._roles.get_scoped(get_account_id(), None, form.get("RoleName", "")) or {}
    return str(role.get("Arn", resource))


def _keys_of_alias(given: dict[str, Any], region: str) -> list[str]:
    """Return the ARNs of the keys that an alias stands for, before and after the call."""
    named = (_arn("kms", region, given["AliasName"]), given.get("TargetKeyId"))
    return [key for key in map(_key, named) if key]


def _key(name: str | None) -> str | None:
    """Return the ARN of the key that an ARN, an id or an alias names; None where there is none."""
    from ministack.services import kms

    record = kms._resolve_key(name)
    return str(record["Arn"]) if record else None


def _rule(given: dict[str, Any]) -> str | None:
    """Return a rule's name; one of the default bus has no bus in its ARN."""
    if ":rule/" in given.get("ResourceARN", ""):
        return str(given["ResourceARN"]).partition(":rule/")[2]
    name, bus = given.get("Rule") or given.get("Name"), given.get("EventBusName", "default")
    return name if bus == "default" or not name else f"{bus}/{name}"


def _given(request: Request) -> dict[str, Any]:
    given: dict[str, Any] = json.loads(request.body or b"{}")
    return given


def _arn(service: str, region: str, rest: str) -> str:
    from ministack.core.responses import get_account_id

    return f"arn:aws:{service}:{region}:{get_account_id()}:{rest}"
