"""The state backend stack: where the storage stack keeps its Terraform state."""

from constructs_lib.encryption_key import EncryptionKey
from constructs_lib.secure_bucket import SecureBucket
from stacks.account import Account
from stacks.settings import Settings

from cdktf import LocalBackend, TerraformOutput, TerraformStack
from constructs import Construct


class StateBackendStack(TerraformStack):
    """One environment's state bucket and its own key."""

    def __init__(self, scope: Construct, settings: Settings) -> None:
        """Describe `settings`' state bucket as stack `secure-storage-<environment>-state`."""
        name = f"secure-storage-{settings.environment}-state"
        super().__init__(scope, name)
        account = Account(self, region=settings.state.region, settings=settings)
        bucket_arn = account.bucket_arn(settings.state.bucket)
        # The state of the state bucket itself lies beside main.py. The path is
        # relative to cdktf.out/stacks/<stack>, where Terraform runs, because
        # CDKTF's default would write this machine's own path into the JSON.
        LocalBackend(self, path=f"../../../terraform.{name}.tfstate")

        key = EncryptionKey(
            self,
            "encryption-key",
            alias=settings.state.key_alias,
            description=f"Encrypts {settings.state.bucket}",
            partition=account.partition,
            account_id=account.id,
            region=settings.state.region,
            bucket_arn=bucket_arn,
            principals=(),
            rotation_days=settings.encryption.key_rotation_days,
            deletion_days=settings.encryption.key_deletion_days,
            protect=settings.protect,
        )
        bucket = SecureBucket(
            self,
            "secure-bucket",
            bucket_name=settings.state.bucket,
            bucket_arn=bucket_arn,
            key_arn=key.key.arn,
            # Terraform's lock file is uploaded without encryption headers.
            require_upload_headers=False,
            protect=settings.protect,
        )
        TerraformOutput(self, "StateBucketName", value=bucket.bucket.bucket)
        TerraformOutput(self, "StateKeyArn", value=key.key.arn)
