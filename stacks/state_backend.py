"""The state backend stack: where an environment's Terraform state lies, that of this stack included."""

from constructs_lib.access_policy import AccessPolicy
from constructs_lib.encryption_key import EncryptionKey
from constructs_lib.lifecycle import Lifecycle, LifecycleRule
from constructs_lib.policies.state_policy import state_policy
from constructs_lib.secure_bucket import SecureBucket
from stacks import replication
from stacks.account import Account
from stacks.remote_state import keep_state_remotely, state_key
from stacks.settings import Settings
from stacks.settings_defaults import replication_boundary_name

from cdktf import TerraformOutput, TerraformStack
from constructs import Construct


class StateBackendStack(TerraformStack):
    """One environment's state bucket, its own key, and the policy to use them."""

    def __init__(self, scope: Construct, settings: Settings) -> None:
        """Describe `settings`' state bucket as stack `secure-storage-<environment>-state`."""
        name = f"secure-storage-{settings.environment}-state"
        super().__init__(scope, name)
        account = Account(self, region=settings.state.region, settings=settings)
        bucket_arn = account.bucket_arn(settings.state.bucket)
        # In the bucket that it describes. `ops bootstrap` starts with a local state and moves it there.
        keep_state_remotely(self, name, settings)

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
        Lifecycle(
            self,
            "lifecycle",
            bucket=bucket.bucket.id,
            rules=[LifecycleRule(id="expire-noncurrent-versions", noncurrent_days=365, abort_upload_days=7)],
            depends_on=[bucket.last_setting],
        )
        policy = AccessPolicy(
            self,
            "state-policy",
            name=f"SecureStorageState-{settings.environment}",
            description="Use of one Terraform state, its lock file and their key, and nothing else",
            document=state_policy(
                bucket_arn=bucket_arn,
                state_key=state_key(f"secure-storage-{settings.environment}"),
                key_arn=key.key.arn,
                partition=account.partition,
                region=settings.state.region,
            ),
        )
        if settings.replication.enabled:
            AccessPolicy(
                self,
                "replication-boundary",
                name=replication_boundary_name(settings.environment),
                description="The most that the role may do that replicates the environment's bucket",
                document=replication.boundary(settings, account),
            )
        TerraformOutput(self, "StateBucketName", value=bucket.bucket.bucket)
        TerraformOutput(self, "StateKeyArn", value=key.key.arn)
        TerraformOutput(self, "StatePolicyArn", value=policy.policy.arn)
