"""Whose a bucket is: free, ours or somebody else's."""

import enum
from dataclasses import dataclass
from typing import Any

from ops.aws import error_code


class Owner(enum.Enum):
    """Who has a bucket's name."""

    NOBODY = enum.auto()
    US = enum.auto()
    OTHERS = enum.auto()
    """Another account; or ours, with a bucket policy that keeps these credentials out."""


@dataclass(frozen=True)
class Bucket:
    """What there is to know of a name: who has it, and in which region the bucket is."""

    owner: Owner
    region: str = ""


def look_up(s3: Any, name: str, account: str) -> Bucket:  # noqa: ANN401 - boto3 makes its classes as it runs
    """Ask S3 who has a bucket's name.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html

    Raises:
        ClientError: S3 answers with something else than that.
    """
    try:
        answer = s3.head_bucket(Bucket=name, ExpectedBucketOwner=account)
    except s3.exceptions.ClientError as error:
        code = error_code(error)
        if code in ("404", "NoSuchBucket"):
            return Bucket(Owner.NOBODY)
        # A redirect that botocore could not follow, too, is about a bucket that is there.
        if code in ("403", "301", "AccessDenied", "PermanentRedirect"):
            return Bucket(Owner.OTHERS)
        raise
    return Bucket(Owner.US, answer.get("BucketRegion", ""))
