"""Which names a stack takes in AWS, whether its state knows them, and what exists under them.

Asked here once. ops.deploy.imports judges the answers for bootstrap and recover, ops.preflight for a deploy.
Every function that asks AWS raises boto3's ClientError where AWS refuses or does not answer.
"""

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ops.shared import aws

NAMED_BY = {
    "aws_s3_bucket": "bucket",
    "aws_kms_alias": "name",
    "aws_iam_policy": "name",
    "aws_iam_role": "name",
    "aws_cloudtrail": "name",
}
"""The attribute that holds the name, by the type of resource. A KMS key has no name of its own."""

Stack = Mapping[str, Any]
"""A stack's synthesized JSON."""


@dataclass(frozen=True)
class StackName:
    """A resource of a stack that takes a name in AWS, or is a key.

    Attributes:
        address: the resource's address in the stack.
        name: its name; empty for a key.
        region: the region of its provider.
        tags: the provider's default tags.
        described: the resource's JSON.
    """

    address: str
    name: str
    region: str
    tags: Mapping[str, str]
    described: Mapping[str, Any]


class StackNames:
    """The names of a stack, compared with its state."""

    def __init__(self, stack: Stack, resources: Mapping[str, Mapping[str, Any]]) -> None:
        """Hold both.

        Args:
            stack: the stack's synthesized JSON.
            resources: the attributes of what its state knows, by address.
        """
        self._stack, self.resources = stack, resources

    def by_region(self) -> Iterator["StackNames"]:
        """Yield the names of each provider by itself, which are those of one region."""
        for provider in self._stack["provider"]["aws"]:
            yield StackNames({**self._stack, "provider": {"aws": [provider]}}, self.resources)

    def of(self, kind: str) -> Iterator[StackName]:
        """Yield the resources of a type, those of the stack's first provider first."""
        for provider in self._stack["provider"]["aws"]:
            reference = f"aws.{provider['alias']}" if "alias" in provider else "aws"
            for label, described in self._stack["resource"].get(kind, {}).items():
                if described.get("provider", "aws") == reference:
                    name = described.get(NAMED_BY[kind], "") if kind in NAMED_BY else ""
                    tags = provider["default_tags"][0]["tags"]
                    yield StackName(f"{kind}.{label}", name, provider["region"], tags, described)

    def unknown(self, kind: str) -> Iterator[StackName]:
        """Yield those of a type that the state does not know, neither by address nor by name."""
        for one in self.of(kind):
            if one.address not in self.resources and not self.in_state(kind, one.name):
                yield one

    def in_state(self, kind: str, name: str) -> bool:
        """Return whether the state has a resource of a type with this name, at whatever address."""
        return kind in NAMED_BY and any(
            address.startswith(f"{kind}.") and attributes.get(NAMED_BY[kind]) == name
            for address, attributes in self.resources.items()
        )


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
    """Who has a bucket's name, and the bucket's region; empty where S3 does not say."""

    owner: Owner
    region: str = ""


def look_up_bucket(name: str, *, account: str, region: str) -> Bucket:
    """Ask S3 who has a bucket's name.

    HeadBucket answers 403 for a bucket of others and for one that the credentials may not look at; only
    ListBuckets, for those who may, tells the two from each other.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
    """
    s3: aws.Client = aws.client("s3", region)
    try:
        answer = s3.head_bucket(Bucket=name, ExpectedBucketOwner=account)
    except s3.exceptions.ClientError as error:
        code = aws.error_code(error)
        if code in ("404", "NoSuchBucket"):
            return Bucket(Owner.NOBODY)
        # A redirect that botocore could not follow is about a bucket that exists, too.
        if code in aws.REFUSED | {"301", "PermanentRedirect"}:
            return Bucket(Owner.HIDDEN if _may_be_ours(s3, name) else Owner.OTHERS)
        raise
    return Bucket(Owner.US, answer.get("BucketRegion", ""))


def _may_be_ours(s3: aws.Client, name: str) -> bool:
    try:
        pages = s3.get_paginator("list_buckets").paginate()
        return any(bucket["Name"] == name for page in pages for bucket in page["Buckets"])
    except s3.exceptions.ClientError as error:
        if aws.refused(error):
            return True
        raise


def look_up_key(key_id: str, region: str) -> dict[str, Any] | None:
    """Return what KMS says of a key, named by its id, ARN or alias; None where there is none."""
    kms = aws.client("kms", region)
    try:
        return dict(kms.describe_key(KeyId=key_id)["KeyMetadata"])
    except kms.exceptions.NotFoundException:
        return None


def encrypting_keys(bucket: str, region: str, **owner: str) -> set[str]:
    """Return the keys of a bucket's default encryption, as they are written there; none without a bucket."""
    rules = _encryption_rules(bucket, region, **owner)
    return {rule.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID", "") for rule in rules}


def has_bucket_key(bucket: str, region: str, **owner: str) -> bool:
    """Return whether S3 asks KMS once for many objects of a bucket, and does not say for which."""
    return any(rule.get("BucketKeyEnabled") for rule in _encryption_rules(bucket, region, **owner))


def _encryption_rules(bucket: str, region: str, **owner: str) -> Sequence[Mapping[str, Any]]:
    s3: aws.Client = aws.client("s3", region)
    try:
        answer = s3.get_bucket_encryption(Bucket=bucket, **owner)
    except s3.exceptions.ClientError as error:
        if aws.error_code(error) in ("NoSuchBucket", "ServerSideEncryptionConfigurationNotFoundError"):
            return ()
        raise
    rules: list[Mapping[str, Any]] = answer["ServerSideEncryptionConfiguration"]["Rules"]
    return rules


def bucket_tags(bucket: str, region: str, **owner: str) -> dict[str, str]:
    """Return a bucket's tags."""
    s3: aws.Client = aws.client("s3", region)
    try:
        return {tag["Key"]: tag["Value"] for tag in s3.get_bucket_tagging(Bucket=bucket, **owner)["TagSet"]}
    except s3.exceptions.ClientError as error:
        if aws.error_code(error) == "NoSuchTagSet":
            return {}
        raise


def is_empty(bucket: str, region: str, **owner: str) -> bool:
    """Return whether a bucket has no version of any object."""
    s3: aws.Client = aws.client("s3", region)
    listed = s3.list_object_versions(Bucket=bucket, MaxKeys=1, **owner)
    return not (listed.get("Versions") or listed.get("DeleteMarkers"))


def look_up_role(name: str, region: str) -> dict[str, Any] | None:
    """Return what IAM says of a role; None where there is none."""
    iam = aws.client("iam", region)
    try:
        return dict(iam.get_role(RoleName=name)["Role"])
    except iam.exceptions.NoSuchEntityException:
        return None


def policy_exists(arn: str, region: str) -> bool:
    """Return whether there is a managed policy."""
    iam = aws.client("iam", region)
    try:
        iam.get_policy(PolicyArn=arn)
    except iam.exceptions.NoSuchEntityException:
        return False
    return True


def look_up_trail(name: str, region: str) -> dict[str, Any] | None:
    """Return what CloudTrail says of a trail of this region; None where there is none."""
    client = aws.client("cloudtrail", region)
    trails: list[dict[str, Any]] = client.describe_trails(trailNameList=[name], includeShadowTrails=False)[
        "trailList"
    ]
    return trails[0] if trails else None
