"""What a stack describes and AWS already has, though the state does not know it.

A killed `terraform apply` leaves that behind, and so does a lost state.
Terraform would stop at such a bucket, alias or policy, and make a second key.
What it can import is found here; all other settings of a bucket it simply
writes again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ops import aws
from ops.errors import OpsError
from ops.terraform import Stack
from ops.tfstate import State

OWN_TAGS = ("Environment", "Project")
"""The tags by which a key without an alias is known to be ours."""


@dataclass(frozen=True)
class Found:
    """Something that is to be imported.

    Attributes:
        address: the resource in the stack, such as `aws_s3_bucket.data`.
        id: what `terraform import` calls it.
    """

    address: str
    id: str


def unknown_to(
    state: State | None, stack: Stack, *, account: str, region: str, partition: str
) -> list[Found]:
    """Return what `stack` describes, AWS has and `state` does not know.

    Args:
        state: the stack's state; None where there is none.
        stack: the stack.
        account: the account that the stack is deployed to.
        region: the stack's region.
        partition: `aws`, `aws-cn` or `aws-us-gov`.

    Raises:
        OpsError: something else has a name that the stack describes, or AWS does not say.
    """
    described = stack.described
    tags = described["provider"]["aws"][0]["default_tags"][0]["tags"]
    known: Mapping[str, Mapping[str, Any]] = {} if state is None else state.resources

    def unknown(kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, resource in described["resource"].get(kind, {}).items():
            if f"{kind}.{name}" not in known:
                yield f"{kind}.{name}", resource

    found = []
    with aws.one_line_errors("looking for what exists already"):
        for address, bucket in unknown("aws_s3_bucket"):
            if bucket_exists(bucket["bucket"], account=account, region=region):
                found.append(Found(address, bucket["bucket"]))
        for address, policy in unknown("aws_iam_policy"):
            arn = f"arn:{partition}:iam::{account}:policy/{policy['name']}"
            if _policy_exists(arn, region):
                found.append(Found(address, arn))
        for address, key in unknown("aws_kms_key"):
            (alias,) = described["resource"]["aws_kms_alias"].values()
            kms = aws.client("kms", region)
            key_id = _key_of(kms, alias["name"], key["description"]) or _key_without_alias(
                kms, key["description"], {tag: tags[tag] for tag in OWN_TAGS}
            )
            if key_id is not None:
                found.append(Found(address, key_id))
        for address, alias in unknown("aws_kms_alias"):
            (key,) = described["resource"]["aws_kms_key"].values()
            if _key_of(aws.client("kms", region), alias["name"], key["description"]) is not None:
                found.append(Found(address, alias["name"]))
    return found


def bucket_exists(bucket: str, *, account: str, region: str) -> bool:
    """Return whether `bucket` exists, in `account` and `region`.

    Raises:
        OpsError: it is somebody else's, or in another region.
    """
    from botocore.exceptions import ClientError

    try:
        answer = aws.client("s3", region).head_bucket(Bucket=bucket, ExpectedBucketOwner=account)
    except ClientError as error:
        code = aws.error_code(error)
        if code in ("404", "NoSuchBucket"):
            return False
        if code in ("403", "AccessDenied"):
            raise OpsError(
                f"bucket {bucket} belongs to another account than {account}, "
                "or these credentials may not see it"
            ) from error
        raise
    found = answer.get("BucketRegion", region)
    if found != region:
        raise OpsError(f"bucket {bucket} exists already, in region {found} and not in {region}")
    return True


def _policy_exists(arn: str, region: str) -> bool:
    from botocore.exceptions import ClientError

    try:
        aws.client("iam", region).get_policy(PolicyArn=arn)
    except ClientError as error:
        if aws.error_code(error) == "NoSuchEntity":
            return False
        raise
    return True


def _key_of(kms: aws.Client, alias: str, description: str) -> str | None:
    """Return the id of the key that `alias` names, which must be the one described."""
    from botocore.exceptions import ClientError

    try:
        key = kms.describe_key(KeyId=alias)["KeyMetadata"]
    except ClientError as error:
        if aws.error_code(error) == "NotFoundException":
            return None
        raise
    if key.get("Description") != description:
        raise OpsError(
            f'{alias} is the alias of another key: {key["Arn"]}, described as "{key.get("Description", "")}"'
        )
    return str(key["KeyId"])


def _key_without_alias(kms: aws.Client, description: str, tags: Mapping[str, str]) -> str | None:
    """Return the id of the enabled key with this description and these tags, if there is one."""
    found = []
    for page in kms.get_paginator("list_keys").paginate():
        for listed in page["Keys"]:
            key = kms.describe_key(KeyId=listed["KeyId"])["KeyMetadata"]
            # One that waits for its deletion belongs to an environment that was destroyed.
            if key["KeyState"] == "Enabled" and key.get("Description") == description:
                has = {
                    tag["TagKey"]: tag["TagValue"]
                    for tag in kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]
                }
                if tags.items() <= has.items():
                    found.append(str(key["KeyId"]))
    if len(found) > 1:
        raise OpsError(
            f'there are {len(found)} keys described as "{description}": {", ".join(found)}; '
            "schedule those for deletion that encrypt nothing, and run it again"
        )
    return found[0] if found else None
