"""What a stack's synthesized JSON deploys, with Terraform's references resolved to examples."""

import json
import re
from dataclasses import dataclass
from typing import Any

from stacks.aws_names import partition_of
from tests.policy.engine import Document

ACCOUNT = "111122223333"
"""The account of a stack that does not say which one it is for."""


@dataclass(frozen=True)
class Deployment:
    """One bucket as it is deployed.

    Attributes:
        stack: the stack's name without `secure-storage-`, such as `prod` or `prod-state`.
        partition: `aws`, `aws-cn` or `aws-us-gov`.
        region: where bucket and key are.
        account: the account's id.
        bucket_arn: the bucket.
        key_arn: its KMS key; None with SSE-S3.
        bucket_key: whether S3 asks KMS once for the bucket and not for every object.
        blocks_public_access: whether the bucket restricts public policies.
        upload_headers: the `UploadHeaders` of the outputs.
        policies: `bucket policy`, `key policy` and the managed policies by name without `-<environment>`.
    """

    stack: str
    partition: str
    region: str
    account: str
    bucket_arn: str
    key_arn: str | None
    bucket_key: bool
    blocks_public_access: bool
    upload_headers: dict[str, str]
    policies: dict[str, Document]

    @property
    def dns_suffix(self) -> str:
        """The domain of the partition's services."""
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"


class UnresolvedReferenceError(Exception):
    """A Terraform reference for which no example is known."""


def resolve(text: str, examples: dict[str, str]) -> str:
    """Replace each reference in `text` by its example, which is named without the resource's id."""

    def example(match: re.Match[str]) -> str:
        # ${aws_kms_key.encryption-key_B3391E8B.arn} is known as aws_kms_key.arn
        kind, _, attribute = match[1].rpartition(".")
        name = f"{kind.rpartition('.')[0]}.{attribute}"
        if name not in examples:
            raise UnresolvedReferenceError(f"no example for ${{{match[1]}}}; add {name}")
        return examples[name]

    return re.sub(r"\$\{([^}]+)\}", example, text)


def deployment(name: str, stack: dict[str, Any]) -> Deployment:
    """Return what the stack called `name` deploys."""
    (provider,) = stack["provider"]["aws"]
    region = provider["region"]
    partition = partition_of(region)
    (account,) = provider.get("allowed_account_ids", [ACCOUNT])
    resources = stack["resource"]
    (bucket,) = resources["aws_s3_bucket"].values()
    bucket_arn = f"arn:{partition}:s3:::{bucket['bucket']}"
    key_arn = f"arn:{partition}:kms:{region}:{account}:key/11111111-2222-3333-4444-555555555555"
    examples = {
        "aws_kms_key.arn": key_arn,
        "data.aws_caller_identity.account_id": account,
    }
    # Resolved as text, so that no policy with a reference left in it can be loaded.
    found = {
        label: resource["policy"]
        for kind, label in (("aws_s3_bucket_policy", "bucket policy"), ("aws_kms_key", "key policy"))
        for resource in resources.get(kind, {}).values()
    }
    for managed in resources.get("aws_iam_policy", {}).values():
        found[managed["name"].split("-")[0]] = managed["policy"]
    (encryption,) = resources["aws_s3_bucket_server_side_encryption_configuration"].values()
    (public_access,) = resources["aws_s3_bucket_public_access_block"].values()
    headers = stack["output"].get("UploadHeaders", {}).get("value", {})
    return Deployment(
        stack=name.removeprefix("secure-storage-"),
        partition=partition,
        region=region,
        account=account,
        bucket_arn=bucket_arn,
        key_arn=key_arn if "key policy" in found else None,
        bucket_key=bool(encryption["rule"][0].get("bucket_key_enabled")),
        blocks_public_access=public_access["restrict_public_buckets"],
        upload_headers={header: resolve(value, examples) for header, value in headers.items()},
        policies={label: json.loads(resolve(text, examples)) for label, text in found.items()},
    )
