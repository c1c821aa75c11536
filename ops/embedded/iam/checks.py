"""The checks that AWS makes in addition: of KMS for an object, and of listing for one that is missing.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
"""

import contextvars
from collections.abc import Iterator
from typing import Any

from ops.embedded.iam import conditions, objects, resources
from ops.embedded.iam.conditions import Keys
from ops.embedded.iam.request import Request, current

from ministack.core import iam_actions, iam_evaluator

Check = tuple[str, str, Keys]
"""An action, the ARN of what it is done to, and the condition keys of its own."""

READS = ("s3:GetObject", "s3:GetObjectVersion")

ALSO = {
    "x-amz-tagging": "s3:PutObjectTagging",
    "tagging": "s3:PutObjectTagging",  # the field of a form
    "x-amz-acl": "s3:PutObjectAcl",
    "x-amz-object-lock-mode": "s3:PutObjectRetention",
    "x-amz-object-lock-legal-hold": "s3:PutObjectLegalHold",
}
"""What a header of a write asks for as well.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
"""

_refused: contextvars.ContextVar[tuple[str, str] | None] = contextvars.ContextVar("refused", default=None)
"""Which action on which resource was refused, where that is another than the one that was called."""


Answer = Any
Decision = Any
"""MiniStack's: None if it is allowed."""


def install() -> None:
    """Let MiniStack make them, and say which action was refused."""
    decide, explain = iam_evaluator.enforce, iam_actions.access_denied_response

    def enforce(
        access_key_id: str,
        action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: Keys | None = None,
    ) -> Decision:
        request = current()
        region = request.region or region  # MiniStack's own is us-east-1 for every link and form
        action = resources.action_of(action, request, resource_arn)
        named = resources.of(action, request, resource_arn, region)
        keys = conditions.of(action, request, named) | (service_context or {})
        _refused.set(None)
        refused = decide(access_key_id, action, service, region, named, keys)
        if request.auth_type == "POST" and access_key_id:  # a form has its signature in no header
            iam_evaluator._anonymous.set(False)
        for other, resource, own in [] if refused else _further(action, named, region, request, keys):
            refused = decide(access_key_id, other, other.partition(":")[0], region, resource, own)
            if refused:
                _refused.set((other, resource))
                break
        return refused

    def access_denied_response(service: str, action: str, *rest: object, **options: object) -> Answer:
        action, options["resource_arn"] = _refused.get() or (action, options.get("resource_arn", "*"))
        return explain(service, action, *rest, **options)

    iam_evaluator.enforce = enforce
    iam_actions.access_denied_response = access_denied_response


def _further(action: str, resource: str, region: str, request: Request, keys: Keys) -> Iterator[Check]:
    """Yield what a request that is allowed so far needs as well."""
    for other, arn in resources.others(action, request, region):
        tags = {name: value for name, value in keys.items() if name.startswith("aws:")}
        yield other, arn, conditions.of(other, request, arn) | tags
    if action.startswith("s3:"):
        yield from _of_object(action, resource, region, request)


def _of_object(action: str, resource: str, region: str, request: Request) -> Iterator[Check]:
    bucket, _, key = resource.removeprefix("arn:aws:s3:::").partition("/")
    if not key or ":" in bucket:
        return  # the bucket itself, or an access point
    if action in READS:
        version = request.version if action == "s3:GetObjectVersion" else None
        if not objects.exists(bucket, key, version):
            # Without a prefix, as no prefix was asked for.
            yield "s3:ListBucket", f"arn:aws:s3:::{bucket}", {}
        elif request.method != "HEAD":
            yield from _kms(["Decrypt"], objects.key_of_object(bucket, key, version), resource, region)
    elif action == "s3:PutObject":
        own = conditions.of(action, request, resource)
        yield from ((extra, resource, own) for header, extra in ALSO.items() if request.sent(header))
        if objects.tags_of_source(request):
            yield "s3:PutObjectTagging", resource, own
        multipart = "uploads" in request.query or "uploadid" in request.query
        actions = ["GenerateDataKey", "Decrypt"] if multipart else ["GenerateDataKey"]
        yield from _kms(actions, objects.key_of_write(bucket, request), resource, region)


def _kms(actions: list[str], key: str | None, resource: str, region: str) -> Iterator[Check]:
    """Yield what S3 asks of KMS in the caller's name."""
    from ministack.services import kms

    record = kms._resolve_key(key)
    if record is None:
        return
    bucket = resource.partition("/")[0]
    context = {"aws:s3:arn": bucket if objects.uses_bucket_key(bucket.rpartition(":")[2]) else resource}
    own = conditions.kms(record["Arn"], context) | {
        "kms:ViaService": f"s3.{region}.amazonaws.com",
        "aws:ViaAWSService": "true",  # and no aws:CalledVia, which not every service sets
    }
    for action in actions:
        yield f"kms:{action}", record["Arn"], own
