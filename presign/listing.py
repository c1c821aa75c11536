"""Lists the objects of the bucket, page by page, at the place where links lead to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from presign import needs
from presign.errors import ListingError
from presign.prepare import Prepared

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Storage classes and access tiers whose objects must be restored first; those in GLACIER_IR need not.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html#sc-glacier
ARCHIVES = frozenset(["GLACIER", "DEEP_ARCHIVE", "ARCHIVE_ACCESS", "DEEP_ARCHIVE_ACCESS"])


@dataclass(frozen=True, slots=True)
class Entry:
    """An object, or a version of it. ``size`` is in bytes, ``modified`` in UTC.

    ``storage`` is the storage class, and empty where an archived object is restored for now.
    """

    key: str
    size: int
    modified: datetime
    storage: str
    version_id: str | None = None
    latest: bool = True
    marker: bool = False


def pages(
    prepared: Prepared, prefix: str, *, versions: bool = False, after: str = ""
) -> Iterator[Sequence[Entry]]:
    """Yield the objects whose keys start with ``prefix``, or all their ``versions``, a page at a time.

    Without versions, those that come ``after`` a key.
    Raises ListingError.
    """
    bucket = prepared.stack.bucket
    asked = client(prepared)
    # Every way to fail here (no access, no bucket, no network) is one to the user.
    try:
        wanted: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix}
        # Without it, an archived object that is restored for now looks like all others.
        wanted["OptionalObjectAttributes"] = ["RestoreStatus"]
        if after:
            wanted["StartAfter"] = after
        name: Any = "list_object_versions" if versions else "list_objects_v2"
        for page in asked.get_paginator(name).paginate(**wanted):
            objects = [_entry(found) for found in page.get("Versions" if versions else "Contents", ())]
            markers = [_entry(found, marker=True) for found in page.get("DeleteMarkers", ())]
            yield [*objects, *markers]
    except Exception as error:
        code = getattr(error, "response", {}).get("Error", {}).get("Code")
        reason = str(error)
        if code == "AccessDenied":
            action = "s3:ListBucketVersions" if versions else "s3:ListBucket"
            policy = needs.allowed(action, prepared.stack.policy_arn)
            reason = f"the credentials need {action}: {policy} ({error})"
        raise ListingError(f"cannot list s3://{bucket}/{prefix}: {reason}") from error


def _entry(found: Mapping[str, Any], *, marker: bool = False) -> Entry:
    restored = "RestoreExpiryDate" in found.get("RestoreStatus", {})
    return Entry(
        key=found["Key"],
        size=found.get("Size", 0),
        modified=found["LastModified"],
        storage="" if restored else found.get("StorageClass", ""),
        version_id=found.get("VersionId"),
        latest=found.get("IsLatest", True),
        marker=marker,
    )


def client(prepared: Prepared, connections: int = 1) -> "S3Client":
    """Return a client for the host of the links, with the credentials that sign them.

    ``connections`` is how many requests it sends at once. Raises ListingError where the AWS settings
    cannot be used.
    """
    from boto3 import Session  # takes longer to load than all else here
    from botocore.config import Config

    endpoint, addressing = endpoint_of(prepared.bucket_url, prepared.stack.bucket)
    style: Any = {"addressing_style": addressing, "use_accelerate_endpoint": False}
    # What the profile says of endpoints is in the bucket's URL already, and does not go with another one.
    config = Config(
        s3=style,
        use_fips_endpoint=False,
        use_dualstack_endpoint=False,
        signature_version="s3v4",
        max_pool_connections=connections,
    )
    try:
        return Session(profile_name=prepared.profile).client(
            "s3",
            region_name=prepared.stack.region,
            endpoint_url=endpoint,
            aws_access_key_id=prepared.credentials.access_key,
            aws_secret_access_key=prepared.credentials.secret_key,
            aws_session_token=prepared.credentials.session_token,
            config=config,
        )
    except Exception as error:
        raise ListingError(f"cannot ask S3 about the bucket {prepared.stack.bucket}: {error}") from error


def endpoint_of(bucket_url: str, bucket: str) -> tuple[str, str]:
    """Return the endpoint that a bucket's URL is at, and the addressing style that leads back to it."""
    url = urlsplit(bucket_url)
    if url.netloc.startswith(f"{bucket}."):
        return f"{url.scheme}://{url.netloc.removeprefix(f'{bucket}.')}{url.path}", "virtual"
    return f"{url.scheme}://{url.netloc}{url.path.removesuffix(f'{bucket}/')}", "path"
