"""The objects in MiniStack's buckets: whether one exists, and the KMS key it is encrypted with."""

from typing import Any
from urllib.parse import unquote

from ops.embedded.iam.request import Request

KEY_ID = "x-amz-server-side-encryption-aws-kms-key-id"


def exists(bucket: str, key: str, version: str | None) -> bool:
    """Whether there is such an object, or where there is no such bucket, nothing to hide."""
    return _bucket(bucket) is None or _object(bucket, key, version) is not None


def tags(bucket: str, key: str, version: str | None) -> dict[str, str]:
    """Return the tags of an object; none where there is no such object."""
    from ministack.services import s3

    found: dict[str, str] = s3.object_tags_for_condition(
        bucket, key, {"versionId": [version]} if version else {}
    )
    return found


def tags_of_source(request: Request) -> dict[str, str]:
    """Return the tags that a copy takes along; none where it is no copy, or sets others itself.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
    """
    source = unquote((request.sent("x-amz-copy-source") or "").partition("?")[0]).lstrip("/")
    if not source or "uploadid" in request.query or request.sent("x-amz-tagging-directive") == "REPLACE":
        return {}
    bucket, _, key = source.partition("/")
    return tags(bucket, key, request.version)


def key_of_object(bucket: str, key: str, version: str | None) -> str | None:
    """Return the ID, ARN or alias of the KMS key that an object is encrypted with."""
    found = _object(bucket, key, version) or {}
    key_id: str | None = found.get("preserved_headers", {}).get(KEY_ID)
    return key_id


def key_of_write(bucket: str, request: Request) -> str | None:
    """Return the ID, ARN or alias of the KMS key that a write is encrypted with."""
    from ministack.services import s3

    if upload := s3._multipart_uploads.get(request.query.get("uploadid", "")):
        key: str | None = upload["preserved_headers"].get(KEY_ID)
        return key
    named = request.sent("x-amz-server-side-encryption"), request.sent(KEY_ID)
    customers = request.sent("x-amz-server-side-encryption-customer-algorithm")
    default: str | None = s3._bucket_default_sse_headers(bucket).get(KEY_ID)
    return named[1] if any(named) or customers else default


def uses_bucket_key(bucket: str) -> bool:
    """Whether S3 asks KMS for a key of the bucket instead of one for each object."""
    from ministack.services import s3

    configuration = s3._bucket_encryption.get(bucket) or b""
    text = configuration.decode() if isinstance(configuration, bytes) else configuration
    return "<BucketKeyEnabled>true" in text


def _bucket(name: str) -> dict[str, Any] | None:
    from ministack.services import s3

    bucket: dict[str, Any] | None = s3._buckets.get(name)
    return bucket


def _object(bucket: str, key: str, version: str | None) -> dict[str, Any] | None:
    from ministack.services import s3

    if version:
        versions = s3._object_versions.get((bucket, key), [])
        return next((one for one in versions if one["version_id"] == version), None)
    found: dict[str, Any] | None = (_bucket(bucket) or {"objects": {}})["objects"].get(key)
    return found
