"""The state backend stack: where an environment's Terraform state lies, that of this stack included."""

from dataclasses import replace

from constructs_lib.access_policy import AccessPolicy
from constructs_lib.encryption_key import EncryptionKey
from constructs_lib.lifecycle import Lifecycle, LifecycleRule
from constructs_lib.policies import Statement
from constructs_lib.policies.place import Place
from constructs_lib.policies.state_policy import allow_key_by_alias, allow_state_key, state_policy
from constructs_lib.secure_bucket import SecureBucket
from settings import resource_names
from settings.model import Settings
from stacks import malware_scan, replication
from stacks.account import Account, choose_namespace, keep_state_remotely
from stacks.state_use import contexts

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

        protect = settings.protect or settings.state.shared
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
            protect=protect,
        )
        bucket = SecureBucket(
            self,
            "secure-bucket",
            bucket_name=settings.state.bucket,
            bucket_arn=bucket_arn,
            key_arn=key.arn,
            # In a shared bucket, S3 must name the object to KMS, as each role uses the key for its own.
            bucket_key=not settings.state.shared,
            # Terraform's lock file is uploaded without encryption headers.
            require_upload_headers=False,
            protect=protect,
        )
        if settings.state.lifecycle:
            Lifecycle(
                self,
                "lifecycle",
                bucket=bucket.id,
                rules=_rules(settings),
                depends_on=[bucket.last_setting],
            )
        use_of_key = allow_state_key(key_arn=key.arn, place=place, contexts=contexts(settings, place))
        policy = _policies(self, settings, place, use_of_key)
        choose_namespace(self, settings)
        TerraformOutput(self, "StateBucketName", value=bucket.name)
        TerraformOutput(self, "StateKeyArn", value=key.arn)
        TerraformOutput(self, "StatePolicyArn", value=policy.arn)


class SharedStateStack(TerraformStack):
    """The policies of an environment that keeps its state in the bucket of another one.

    They are not in the storage stack, as an administrator has to deploy them: a role that deploys could give
    itself the states of all others.
    """

    def __init__(self, scope: Construct, settings: Settings) -> None:
        """Describe the policies as stack `secure-storage-<environment>-state`."""
        name = resource_names.state_stack(settings.environment)
        super().__init__(scope, name)
        place = Account(self, region=settings.state.region, settings=settings).place
        keep_state_remotely(self, name, settings)
        # The key is in its owner's stack; its ARN is not known here.
        use_of_key = allow_key_by_alias(
            alias=settings.state.key_alias, place=place, contexts=contexts(settings, place)
        )
        policy = _policies(self, settings, place, use_of_key)
        TerraformOutput(self, "StateBucketName", value=settings.state.bucket)
        TerraformOutput(self, "StatePolicyArn", value=policy.arn)


def _policies(stack: TerraformStack, settings: Settings, place: Place, use_of_key: Statement) -> AccessPolicy:
    """Add the policies that only an administrator may write; return that for the use of the state."""
    policy = AccessPolicy(
        stack,
        "state-policy",
        name=resource_names.state_policy(settings.environment),
        description="Use of one Terraform state, its lock file and their key, and nothing else",
        document=state_policy(
            bucket_arn=place.bucket(settings.state.bucket),
            state_key=resource_names.state_key(resource_names.storage_stack(settings.environment)),
            use_of_key=use_of_key,
            shared=settings.state.shared,
        ),
    )
    if settings.replication.enabled:
        AccessPolicy(
            stack,
            "replication-boundary",
            name=resource_names.replication_boundary(settings.environment),
            description="The most that the role may do that replicates the environment's bucket",
            document=replication.boundary(settings, place),
        )
    if settings.malware_scan.enabled:
        AccessPolicy(
            stack,
            "scan-boundary",
            name=resource_names.scan_boundary(settings.environment),
            description="The most that the role may do that scans the environment's bucket",
            document=malware_scan.boundary(settings, replace(place, region=settings.region)),
        )
    return policy


def _rules(settings: Settings) -> list[LifecycleRule]:
    """Return what ends in the state bucket: earlier versions of states, and CI's plans and reviews.

    In a shared bucket, those of all environments, which are not known here.

    Nothing else does: below the folder `deployed` lie the records of deploys, and states that could
    not be saved. A plan of last month is stale, and it holds the state. Its rules need no `[ci]`: CIs other
    than GitHub store plans as well, and a rule for a prefix without objects does nothing. A rule with days
    also removes the delete marker that is left in the end:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
    """
    environment, shared = settings.environment, settings.state.shared
    # Of all its stacks, each in a folder of its name.
    states = resource_names.STACK_PREFIX if shared else resource_names.storage_stack(environment)
    ends = {"expire-plans": "plans", "expire-reviews": "review"}
    folders = resource_names.ci_folders(environment, guest=False)._asdict()
    prefixes = {name: folders[kind] for name, kind in ends.items()}
    if shared:
        prefixes |= {f"{name}-of-guests": f"{resource_names.GUESTS_CI}{kind}/" for name, kind in ends.items()}
    return [
        LifecycleRule(id="expire-noncurrent-versions", prefix=states, noncurrent_days=365),
        LifecycleRule(id="abort-uploads", abort_upload_days=7),
        *(
            LifecycleRule(id=name, prefix=prefix, expiration_days=30, noncurrent_days=1)
            for name, prefix in prefixes.items()
        ),
    ]
