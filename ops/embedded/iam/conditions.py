"""The condition keys of single actions that MiniStack leaves out.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
"""

import json
from typing import Any
from urllib.parse import parse_qsl

from ops.embedded.iam import objects, stand_ins
from ops.embedded.iam.request import Request
from ops.embedded.stand_ins import STAND_INS

from defusedxml.ElementTree import ParseError, fromstring

Keys = dict[str, Any]

WRITE_HEADERS = (
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-copy-source",
    "x-amz-metadata-directive",
    "x-amz-storage-class",
    "x-amz-website-redirect-location",
    "if-match",
    "if-none-match",
)
"""The headers of a write that S3 compares with keys of the same names."""


def of(action: str, request: Request, resource: str) -> Keys:
    """Return the keys of an action of `request` on the ARN `resource`."""
    service, _, name = action.partition(":")
    match service:
        case "s3":
            return _s3(name, request, resource)
        case "iam":
            return _iam(request)
        case "kms":
            return kms(resource, json.loads(request.body or b"{}").get("EncryptionContext"))
    return stand_ins.keys(service, request, resource) if service in STAND_INS else {}


def _s3(name: str, request: Request, resource: str) -> Keys:
    match name:
        case "GetObject" | "GetObjectVersion":
            # MiniStack leaves out those of a copy's source.
            bucket, _, key = resource.removeprefix("arn:aws:s3:::").partition("/")
            tags = objects.tags(bucket, key, request.version if name == "GetObjectVersion" else None)
            return {f"s3:ExistingObjectTag/{tag}": value for tag, value in tags.items()}
        case "PutObject":
            sent = {f"s3:{header}": request.sent(header) for header in WRITE_HEADERS}
            upload = _upload(request.query.get("uploadid"))
            return {**{key: value for key, value in sent.items() if value}, **upload, **_tags_of_put(request)}
        case "PutObjectTagging" | "PutObjectVersionTagging":
            return _tags(_tags_in_xml(request.body))
    return {}


def _upload(upload_id: str | None) -> Keys:
    """Return what a part has of the request that began its upload, as MiniStack does for the algorithm."""
    from ministack.services import s3

    upload = s3._multipart_uploads.get(upload_id) if upload_id else None
    if not upload or not upload["requested_sse"]:
        return {}
    name = "x-amz-server-side-encryption-aws-kms-key-id"
    key = upload["preserved_headers"].get(name)
    return {f"s3:{name}": key} if key else {}


def _tags_of_put(request: Request) -> Keys:
    return _tags(dict(parse_qsl(request.sent("x-amz-tagging") or "", keep_blank_values=True)))


def _tags_in_xml(body: bytes) -> dict[str, str]:
    try:
        tags = fromstring(body).findall(".//{*}Tag")
        return {tag.findtext("{*}Key", ""): tag.findtext("{*}Value", "") for tag in tags}
    except ParseError:
        return {}


def _tags(tags: dict[str, str]) -> Keys:
    if not tags:
        return {}
    single = {f"s3:RequestObjectTag/{name}": value for name, value in tags.items()}
    return {"s3:RequestObjectTagKeys": list(tags), **single}


def _iam(request: Request) -> Keys:
    keys = {
        "iam:PermissionsBoundary": request.form.get("PermissionsBoundary") or _boundary_of_target(request),
        "iam:PolicyARN": request.form.get("PolicyArn"),
    }
    return {name: value for name, value in keys.items() if value}


def _boundary_of_target(request: Request) -> str | None:
    """Return the boundary of the role or user that a call names."""
    from ministack.core.responses import get_account_id
    from ministack.services import iam

    for parameter, store in (("RoleName", iam._roles), ("UserName", iam._users)):
        target = store.get_scoped(get_account_id(), None, request.form.get(parameter, "")) or {}
        if target.get("PermissionsBoundary"):
            return str(target["PermissionsBoundary"])
    return None


def kms(resource: str, encryption_context: dict[str, str] | None) -> Keys:
    """Return the keys of an operation on the key, named by ARN, or on the key that an alias' ARN names."""
    from ministack.core.responses import get_account_id
    from ministack.services import kms as service

    keys: Keys = {"kms:CallerAccount": get_account_id()}
    key = service._resolve_key(resource)
    names = [
        arn.partition(":alias/")[2] for arn, of in service._aliases.items() if key and of == key["KeyId"]
    ]
    if names:
        keys["kms:ResourceAliases"] = [f"alias/{name}" for name in names]
    if encryption_context:
        keys["kms:EncryptionContextKeys"] = list(encryption_context)
        keys |= {f"kms:EncryptionContext:{name}": value for name, value in encryption_context.items()}
    return keys
