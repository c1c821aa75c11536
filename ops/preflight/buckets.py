"""Whose a bucket is: free, ours or somebody else's."""

import enum
from dataclasses import dataclass

from ops.shared import aws


class Owner(enum.Enum):
    """Who has a bucket's name."""

    NOBODY = enum.auto()
    US = enum.auto()
    OTHERS = enum.auto()
    """Another account: S3 does not list it among ours."""
    HIDDEN = enum.auto()
    """Another account; or ours, with policies that keep these credentials out."""


@dataclass(frozen=True)
class Bucket:
    """What there is to know of a name: who has it, and in which region the bucket is."""

    owner: Owner
    region: str = ""


def look_up(s3: aws.Client, name: str, account: str) -> Bucket:
    """Ask S3 who has a bucket's name.

    HeadBucket answers 403 for a bucket of others and for one that the credentials may not look at; only
    ListBuckets, for those who may, tells the two from each other.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html

    Raises:
        ClientError: S3 answers with something else than that.
    """
    try:
        answer = s3.head_bucket(Bucket=name, ExpectedBucketOwner=account)
    except s3.exceptions.ClientError as error:
        code = aws.error_code(error)
        if code in ("404", "NoSuchBucket"):
            return Bucket(Owner.NOBODY)
        # A redirect that botocore could not follow, too, is about a bucket that is there.
        if code in aws.REFUSED | {"301", "PermanentRedirect"}:
            return Bucket(Owner.OTHERS if _is_others(s3, name) else Owner.HIDDEN)
        raise
    return Bucket(Owner.US, answer.get("BucketRegion", ""))


def hidden(name: str) -> str:
    """Say of a bucket that it is hidden."""
    return f"{name} is somebody else's, or ours and these credentials may not look at it (s3:ListBucket)"


def _is_others(s3: aws.Client, name: str) -> bool:
    try:
        pages = s3.get_paginator("list_buckets").paginate()
        return all(bucket["Name"] != name for page in pages for bucket in page["Buckets"])
    except s3.exceptions.ClientError as error:
        if aws.refused(error):
            return False
        raise
