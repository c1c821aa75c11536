"""The state backend stack: where an environment's Terraform state lies, that of this stack included."""

from constructs_lib.access_policy import AccessPolicy
from constructs_lib.encryption_key import EncryptionKey
from constructs_lib.lifecycle import Lifecycle, LifecycleRule
from constructs_lib.policies import plan_files
from constructs_lib.policies.state_policy import state_policy
from constructs_lib.secure_bucket import SecureBucket
from settings import resource_names
from settings.model import Settings
from stacks import replication
from stacks.account import Account, choose_namespace, keep_state_remotely

from cdktf import TerraformOutput, TerraformStack
from constructs import Construct


class StateBackendStack(TerraformStack):
    """One environment's state bucket, its own key, and the policy to use them."""

    def __init__(self, scope: Construct, settings: Settings) -> None:
        """Describe `settings`' state bucket as stack `secure-storage-<environment>-state`."""
        name = resource_names.state_stack(settings.environment)
        super().__init__(scope, name)
        place = Account(self, region=settings.state.region, settings=settings).place
        bucket_arn = place.bucket(settings.state.bucket)
        # In the bucket that it describes. `ops bootstrap` starts with a local state and moves it there.
        keep_state_remotely(self, name, settings)

        key = EncryptionKey(
            self,
            "encryption-key",
            alias=settings.state.key_alias,
            description=f"Encrypts {settings.state.bucket}",
            place=place,
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
            key_arn=key.arn,
            # Terraform's lock file is uploaded without encryption headers.
            require_upload_headers=False,
            protect=settings.protect,
        )
        if settings.state.lifecycle:
            Lifecycle(
                self,
                "lifecycle",
                bucket=bucket.id,
                rules=_rules(settings.environment),
                depends_on=[bucket.last_setting],
            )
        policy = AccessPolicy(
            self,
            "state-policy",
            name=resource_names.state_policy(settings.environment),
            description="Use of one Terraform state, its lock file and their key, and nothing else",
            document=state_policy(
                bucket_arn=bucket_arn,
                state_key=resource_names.state_key(resource_names.storage_stack(settings.environment)),
                key_arn=key.arn,
                place=place,
            ),
        )
        if settings.replication.enabled:
            AccessPolicy(
                self,
                "replication-boundary",
                name=resource_names.replication_boundary(settings.environment),
                description="The most that the role may do that replicates the environment's bucket",
                document=replication.boundary(settings, place),
            )
        choose_namespace(self, settings)
        TerraformOutput(self, "StateBucketName", value=bucket.name)
        TerraformOutput(self, "StateKeyArn", value=key.arn)
        TerraformOutput(self, "StatePolicyArn", value=policy.arn)


def _rules(environment: str) -> list[LifecycleRule]:
    """Return what ends in the state bucket: earlier versions of states, and CI's plans and reviews.

    Nothing else does: below `ci/<environment>/deployed/` lie the records of deploys, and states that could
    not be saved. A plan of last month is stale, and it holds the state. Its rules need no `[ci]`: CIs other
    than GitHub store plans as well, and a rule for a prefix without objects does nothing. A rule with days
    also removes the delete marker that is left in the end:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
    """
    states = resource_names.storage_stack(environment)  # of all its stacks, each in a folder of its name
    return [
        LifecycleRule(id="expire-noncurrent-versions", prefix=states, noncurrent_days=365),
        LifecycleRule(id="abort-uploads", abort_upload_days=7),
        *(
            LifecycleRule(id=name, prefix=prefix, expiration_days=30, noncurrent_days=1)
            for name, prefix in (
                ("expire-plans", plan_files.plans(environment)),
                ("expire-reviews", plan_files.reviews(environment)),
            )
        ),
    ]
