"""A customer-managed KMS key for one bucket."""

from collections.abc import Sequence

from constructs_lib.arguments import Alias, BucketArn, DeletionDays, PrincipalArn, RotationDays, Text, checked
from constructs_lib.managed_key import ManagedKey
from constructs_lib.policies import Grant, Statement
from constructs_lib.policies.key_policy import key_policy
from constructs_lib.policies.place import Place

from cdktf import TerraformProvider
from constructs import Construct


@checked
class EncryptionKey(ManagedKey):
    """A key that the account's administrators manage, and with which only `principals` encrypt and decrypt.

    They do so only through S3, and for the named bucket.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        alias: Alias,
        description: Text,
        place: Place,
        bucket_arn: BucketArn,
        principals: Sequence[PrincipalArn],
        readers: Sequence[Grant] = (),
        writers: Sequence[Grant] = (),
        extra_statements: Sequence[Statement] = (),
        deploy_role: PrincipalArn | None = None,
        rotation_days: RotationDays = 365,
        deletion_days: DeletionDays = 30,
        protect: bool = True,
        provider: TerraformProvider | None = None,
    ) -> None:
        """Create the key and its alias.

        Args:
            scope: the construct it belongs to.
            construct_id: its id in that scope; renaming it replaces the key.
            alias: the alias, beginning with `alias/`.
            description: what the console shows.
            place: where key and bucket are; the account's administrators manage the key.
            bucket_arn: the bucket that the key is for.
            principals: ARNs that may encrypt and decrypt; the account's root
                where empty, which leaves the choice to IAM policies.
            readers: who else may decrypt.
            writers: who else may encrypt, and decrypt what they are uploading.
            extra_statements: of its policy, for other uses.
            deploy_role: the ARN of the role that makes the key, where known.
            rotation_days: days between rotations, 90 to 2560.
            deletion_days: days that KMS waits before it deletes the key, 7 to 30.
            protect: whether a plan that destroys the key is refused.
            provider: the provider of the key's region, where it is not the stack's own.
        """
        super().__init__(
            scope,
            construct_id,
            alias=alias,
            description=description,
            policy=key_policy(
                place=place,
                bucket_arn=bucket_arn,
                principals=principals or [place.iam("root")],
                readers=readers,
                writers=writers,
                extra_statements=extra_statements,
                deploy_role=deploy_role,
            ),
            rotation_days=rotation_days,
            deletion_days=deletion_days,
            protect=protect,
            provider=provider,
        )
