"""Which account and region a stack deploys to, and where its Terraform state is kept."""

from constructs_lib import aws
from constructs_lib.policies.place import Place
from settings import resource_names
from settings.model import Settings
from settings.names.aws import partition_of

from cdktf import S3Backend, TerraformStack


class Account:
    """The AWS provider of a stack.

    Attributes:
        place: where the stack is; its account id is from the settings, else a
            reference to the credentials' own account.
    """

    def __init__(self, stack: TerraformStack, *, region: str, settings: Settings) -> None:
        """Give `stack` a provider for `region` that tags all it makes.

        With `account_id` set, credentials for another account are refused.
        """
        self._stack, self._settings = stack, settings
        bindings = self._provider("aws", region).terraform_generator_metadata
        version = settings.terraform.provider_version
        if bindings is None or bindings.provider_version != version:
            stack.add_override("terraform.required_providers.aws.version", version)
        account_id: str = settings.account_id or aws.DataAwsCallerIdentity(stack, "caller").account_id
        self.place = Place(partition_of(region), account_id, region)

    def provider_elsewhere(self, alias: str, region: str) -> aws.AwsProvider:
        """Give the stack a further provider for another region, equal in all else."""
        return self._provider(f"aws-{alias}", region, alias)

    def _provider(self, construct_id: str, region: str, alias: str | None = None) -> aws.AwsProvider:
        account_id = self._settings.account_id
        return aws.AwsProvider(
            self._stack,
            construct_id,
            alias=alias,
            region=region,
            allowed_account_ids=None if account_id is None else [account_id],
            default_tags=[aws.AwsProviderDefaultTags(tags=dict(self._settings.tags))],
        )


def keep_state_remotely(stack: TerraformStack, name: str, settings: Settings) -> None:
    """Give the stack called `name` the backend that `settings` describe, locked by S3's lock file."""
    # No `encrypt` and no `kms_key_id`: with `encrypt` alone Terraform asks for
    # AES256, which would override the state bucket's default encryption with
    # its own key; and the key's ARN is not known when this is synthesized.
    backend = S3Backend(
        stack,
        bucket=settings.state.bucket,
        key=resource_names.state_key(name),
        region=settings.state.region,
        allowed_account_ids=None if settings.account_id is None else [settings.account_id],
    )
    # The S3Backend of cdktf 0.21 has no argument for S3's own lock file.
    backend.add_override("use_lockfile", True)


def choose_namespace(stack: TerraformStack, settings: Settings) -> None:
    """Have every bucket of `stack` made in the namespace that `settings` choose; call it last.

    The pinned bindings are older than the argument.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
    """
    if settings.bucket_namespace != "global":
        for one in stack.node.find_all():
            if isinstance(one, aws.S3Bucket):
                one.add_override("bucket_namespace", settings.bucket_namespace)
