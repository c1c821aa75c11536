"""Which account and region a stack deploys to."""

from constructs_lib import aws
from stacks.aws_names import partition_of
from stacks.settings import Settings

from cdktf import TerraformStack


class Account:
    """The AWS provider of a stack, and the facts that ARNs are made of.

    Attributes:
        id: the account id from the settings, else a reference to the
            credentials' own account.
        partition: `aws`, `aws-cn` or `aws-us-gov`.
    """

    def __init__(self, stack: TerraformStack, *, region: str, settings: Settings) -> None:
        """Give `stack` a provider for `region` that tags all it makes.

        With `account_id` set, credentials for another account are refused.
        """
        allowed = None if settings.account_id is None else [settings.account_id]
        aws.AwsProvider(
            stack,
            "aws",
            region=region,
            allowed_account_ids=allowed,
            default_tags=[aws.AwsProviderDefaultTags(tags=dict(settings.tags))],
        )
        self.partition = partition_of(region)
        self.id: str = settings.account_id or aws.DataAwsCallerIdentity(stack, "caller").account_id

    def bucket_arn(self, bucket_name: str) -> str:
        """Return the ARN of a bucket in this partition."""
        return f"arn:{self.partition}:s3:::{bucket_name}"
