"""What a stack's synthesized JSON deploys, with Terraform's references resolved to examples."""

import json
import re
from dataclasses import dataclass
from typing import Any

from settings.names.aws import partition_of
from tests.policy.engine import Document

ACCOUNT = "111122223333"
"""The account of a stack that does not say which one it is for."""


@dataclass(frozen=True)
class Bucket:
    """One bucket as it is deployed.

    Attributes:
        arn: its ARN.
        region: where it is.
        policy: the name of its policy among those of the deployment.
        key: the name of its KMS key among those of the deployment; None with SSE-S3.
        bucket_key: whether S3 asks KMS once for the bucket and not for every object.
        blocks_public_access: whether it restricts public policies.
    """

    arn: str
    region: str
    policy: str
    key: str | None
    bucket_key: bool
    blocks_public_access: bool


@dataclass(frozen=True)
class Deployment:
    """What a stack deploys.

    What a stack is about is called `this`, anything else by the id of its construct: the log bucket is
    `log bucket`, and its policy `log bucket policy`.

    Attributes:
        stack: the stack's name without `secure-storage-`, such as `prod` or `prod-state`.
        partition: `aws`, `aws-cn` or `aws-us-gov`.
        region: where the stack deploys to.
        account: the account's id.
        buckets: by name.
        keys: the ARN of each KMS key by name.
        upload_headers: the `UploadHeaders` of the outputs.
        policies: `bucket policy`, `key policy`, those of other buckets and keys, and the managed policies by
            name without `-<environment>`.
    """

    stack: str
    partition: str
    region: str
    account: str
    buckets: dict[str, Bucket]
    keys: dict[str, str]
    upload_headers: dict[str, str]
    policies: dict[str, Document]

    @property
    def bucket(self) -> Bucket:
        """The bucket that the stack is about."""
        return self.buckets["this"]

    def arn(self, service: str, resource: str, *, account: str | None = None) -> str:
        """Return the ARN of something in the stack's region, of its own account unless another is named."""
        return f"arn:{self.partition}:{service}:{self.region}:{account or self.account}:{resource}"


class UnresolvedReferenceError(Exception):
    """A Terraform reference for which no example is known."""


def resolve(text: str, examples: dict[str, str]) -> str:
    """Replace each reference in `text` by its example, named with the resource's id or, for all, without."""

    def example(match: re.Match[str]) -> str:
        # ${aws_kms_key.encryption-key_B3391E8B.arn}, or for every key aws_kms_key.arn
        kind, _, attribute = match[1].rpartition(".")
        for name in (match[1], f"{kind.rpartition('.')[0]}.{attribute}"):
            if name in examples:
                return examples[name]
        raise UnresolvedReferenceError(f"no example for ${{{match[1]}}}; add {name}")

    return re.sub(r"\$\{([^}]+)\}", example, text)


def name_of(resource: dict[str, Any]) -> str:
    """What a bucket or key, or what belongs to one, is called: by the construct that it is made by."""
    construct = str(resource["//"]["metadata"]["path"]).split("/")[1]
    return "this" if construct in ("secure-bucket", "encryption-key") else construct.replace("-", " ")


def region_of(resource: dict[str, Any], stack: dict[str, Any]) -> str:
    """Where a resource is, as its provider says."""
    (found,) = (
        one["region"]
        for one in stack["provider"]["aws"]
        if resource.get("provider", "aws") == (f"aws.{one['alias']}" if "alias" in one else "aws")
    )
    return str(found)


def _policy_name(resource: dict[str, Any], kind: str) -> str:
    name = name_of(resource)
    return f"{kind} policy" if name == "this" else f"{name} policy"


def deployment(name: str, stack: dict[str, Any]) -> Deployment:
    """Return what the stack called `name` deploys."""
    region = stack["provider"]["aws"][0]["region"]
    partition = partition_of(region)
    (account,) = stack["provider"]["aws"][0].get("allowed_account_ids", [ACCOUNT])
    resources = stack["resource"]
    keys = {
        # The key that the stack is about has the same example in every stack.
        name_of(key): f"arn:{partition}:kms:{region_of(key, stack)}:{account}:"
        f"key/{number}1111111-2222-3333-4444-555555555555"
        for number, key in enumerate(
            sorted(resources.get("aws_kms_key", {}).values(), key=lambda key: name_of(key) != "this"), start=1
        )
    }
    examples = {
        f"aws_kms_key.{id_}.arn": keys[name_of(key)] for id_, key in resources.get("aws_kms_key", {}).items()
    } | {"data.aws_caller_identity.account_id": account}
    # Resolved as text, so that no policy with a reference left in it can be loaded.
    found = {
        _policy_name(resource, kind): resource["policy"]
        for type_, kind in (
            ("aws_s3_bucket_policy", "bucket"),
            ("aws_kms_key", "key"),
            ("aws_sns_topic_policy", "topic"),
        )
        for resource in resources.get(type_, {}).values()
    }
    for managed in resources.get("aws_iam_policy", {}).values():
        name_, *_ = managed["name"].split("-")
        if not name_.endswith("Boundary"):  # allows nothing by itself; see test_replication_role.py
            found[name_] = managed["policy"]
    headers = stack["output"].get("UploadHeaders", {}).get("value", {})
    return Deployment(
        stack=name.removeprefix("secure-storage-"),
        partition=partition,
        region=region,
        account=account,
        buckets={
            name_of(bucket): _bucket(bucket, stack, partition, keys, examples)
            for bucket in resources["aws_s3_bucket"].values()
        },
        keys=keys,
        upload_headers={header: resolve(value, examples) for header, value in headers.items()},
        policies={label: json.loads(resolve(text, examples)) for label, text in found.items()},
    )


def _bucket(
    bucket: dict[str, Any],
    stack: dict[str, Any],
    partition: str,
    keys: dict[str, str],
    examples: dict[str, str],
) -> Bucket:
    name = name_of(bucket)

    def setting(kind: str) -> dict[str, Any]:
        (found,) = (
            one for one in stack["resource"][f"aws_s3_bucket_{kind}"].values() if name_of(one) == name
        )
        assert isinstance(found, dict)
        return found

    (rule,) = setting("server_side_encryption_configuration")["rule"]
    key_arn = rule["apply_server_side_encryption_by_default"].get("kms_master_key_id")
    key_names = {arn: key for key, arn in keys.items()}
    return Bucket(
        arn=f"arn:{partition}:s3:::{bucket['bucket']}",
        region=region_of(bucket, stack),
        policy=_policy_name(bucket, "bucket"),
        key=None if key_arn is None else key_names[resolve(key_arn, examples)],
        bucket_key=bool(rule.get("bucket_key_enabled")),
        blocks_public_access=setting("public_access_block")["restrict_public_buckets"],
    )
