"""What GuardDuty said of the objects of a bucket: a tag of each version, which a listing does not have."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import NamedTuple

from constructs_lib.policies.scan_policy import VALIDATION_OBJECT
from constructs_lib.policies.scanned_objects import SCAN_TAG
from ops.shared import aws

_AT_ONCE = 1_000
AT_A_TIME = 16

PERMISSIONS = ("s3:ListBucketVersions", "s3:GetObjectVersionTagging")
"""What it takes to ask."""


class Version(NamedTuple):
    """A version of an object; `is_latest` is false behind a delete marker, too."""

    key: str
    id: str
    storage_class: str
    is_latest: bool


def listed(s3: aws.Client, bucket: str, prefix: str, after: str = "") -> Iterator[Version]:
    """Yield each version of the objects whose keys start with `prefix` and come after `after`."""
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix, KeyMarker=after)
    for page in pages:
        for one in page.get("Versions", ()):
            if one["Key"] != VALIDATION_OBJECT:
                storage_class = one.get("StorageClass", "STANDARD")
                yield Version(one["Key"], one["VersionId"], storage_class, one["IsLatest"])


def results(s3: aws.Client, bucket: str, versions: Iterator[Version]) -> Iterator[tuple[Version, str]]:
    """Yield each version, in order, with the tag's value; that is empty before a scan.

    What was deleted meanwhile is left out.
    """

    def result(one: Version) -> str | None:
        try:
            tags = s3.get_object_tagging(Bucket=bucket, Key=one.key, VersionId=one.id)["TagSet"]
        except s3.exceptions.ClientError as error:
            if aws.error_code(error) in ("NoSuchKey", "NoSuchVersion"):
                return None
            raise
        return next((str(tag["Value"]) for tag in tags if tag["Key"] == SCAN_TAG), "")

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        while some := list(islice(versions, _AT_ONCE)):
            for one, said in zip(some, pool.map(result, some), strict=True):
                if said is not None:
                    yield one, said
