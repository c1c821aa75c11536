"""What GuardDuty said of the objects of a bucket: a tag of each, which a listing does not have."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from constructs_lib.policies.scan_policy import VALIDATION_OBJECT
from constructs_lib.policies.scanned_objects import SCAN_TAG
from ops.shared import aws

_AT_ONCE = 1_000
_AT_A_TIME = 16


def listed(s3: aws.Client, bucket: str, prefix: str, after: str = "") -> Iterator[tuple[str, str]]:
    """Yield key and storage class of each object whose key starts with `prefix` and comes after `after`."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, StartAfter=after):
        for one in page.get("Contents", ()):
            if one["Key"] != VALIDATION_OBJECT:
                yield one["Key"], one.get("StorageClass", "STANDARD")


def results(s3: aws.Client, bucket: str, keys: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Yield each key, in order, with what a scan said; that is empty before. What is deleted is left out."""

    def result(key: str) -> str | None:
        try:
            tags = s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
        except s3.exceptions.ClientError as error:
            if aws.error_code(error) == "NoSuchKey":
                return None
            raise
        return next((str(tag["Value"]) for tag in tags if tag["Key"] == SCAN_TAG), "")

    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        while some := list(islice(keys, _AT_ONCE)):
            for key, said in zip(some, pool.map(result, some), strict=True):
                if said is not None:
                    yield key, said
