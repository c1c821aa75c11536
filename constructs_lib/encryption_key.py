"""A customer-managed KMS key for one bucket."""

from collections.abc import Sequence

from constructs_lib import aws
from constructs_lib.policies import Grant, Statement, to_json
from constructs_lib.policies.key_policy import key_policy

from cdktf import TerraformProvider, TerraformResourceLifecycle
from constructs import Construct


class EncryptionKey(Construct):
    """A symmetric KMS key with rotation, an alias and a key policy.

    The account's administrators manage it; only `principals` encrypt and
    decrypt with it, and only through S3 for the named bucket.

    Attributes:
        key: the `aws_kms_key` resource.
        alias: the `aws_kms_alias` resource.
        policy: the key policy, as a dict.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        alias: str,
        description: str,
        partition: str,
        account_id: str,
        region: str,
        bucket_arn: str,
        principals: Sequence[str],
        readers: Sequence[Grant] = (),
        writers: Sequence[Grant] = (),
        more: Sequence[Statement] = (),
        rotation_days: int = 365,
        deletion_days: int = 30,
        protect: bool = True,
        provider: TerraformProvider | None = None,
    ) -> None:
        """Create the key and its alias.

        Args:
            scope: the construct it belongs to.
            construct_id: its id in that scope; renaming it replaces the key.
            alias: the alias, beginning with `alias/`.
            description: what the console shows.
            partition: `aws`, `aws-cn` or `aws-us-gov`.
            account_id: the account whose administrators manage the key.
            region: the region of key and bucket.
            bucket_arn: the bucket that the key is for.
            principals: ARNs that may encrypt and decrypt; the account's root
                where empty, which leaves the choice to IAM policies.
            readers: who else may decrypt.
            writers: who else may encrypt, and decrypt what they are uploading.
            more: statements of its policy about who else may use it, for what.
            rotation_days: days between rotations, 90 to 2560.
            deletion_days: days that KMS waits before it deletes the key, 7 to 30.
            protect: whether a plan that destroys the key is refused.
            provider: the provider of the key's region, where it is not the stack's own.
        """
        super().__init__(scope, construct_id)
        self.policy = key_policy(
            partition=partition,
            account_id=account_id,
            region=region,
            bucket_arn=bucket_arn,
            principals=principals or [f"arn:{partition}:iam::{account_id}:root"],
            readers=readers,
            writers=writers,
            more=more,
        )
        self.key = aws.KmsKey(
            self,
            "key",
            description=description,
            enable_key_rotation=True,
            rotation_period_in_days=rotation_days,
            deletion_window_in_days=deletion_days,
            policy=to_json(self.policy),
            lifecycle=TerraformResourceLifecycle(prevent_destroy=protect),
            provider=provider,
        )
        self.alias = aws.KmsAlias(self, "alias", name=alias, target_key_id=self.key.key_id, provider=provider)
