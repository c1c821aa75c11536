"""What all KMS keys of this project have in common."""

from constructs_lib import aws
from constructs_lib.arguments import Alias, DeletionDays, RotationDays, Text, checked
from constructs_lib.policies import Document, to_json

from cdktf import TerraformProvider, TerraformResourceLifecycle
from constructs import Construct


@checked
class ManagedKey(Construct):
    """A symmetric KMS key with rotation, an alias and a key policy.

    Attributes:
        arn, id: of the key.
        key: the `aws_kms_key` resource.
        alias: the `aws_kms_alias` resource.
        policy: the key policy, as a dict.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        alias: Alias,
        description: Text,
        policy: Document,
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
            policy: the key policy.
            rotation_days: days between rotations, 90 to 2560.
            deletion_days: days that KMS waits before it deletes the key, 7 to 30.
            protect: whether a plan that destroys the key is refused.
            provider: the provider of the key's region, where it is not the stack's own.
        """
        super().__init__(scope, construct_id)
        self.policy = policy
        self.key = aws.KmsKey(
            self,
            "key",
            description=description,
            enable_key_rotation=True,
            rotation_period_in_days=rotation_days,
            deletion_window_in_days=deletion_days,
            policy=to_json(policy),
            lifecycle=TerraformResourceLifecycle(prevent_destroy=protect),
            provider=provider,
        )
        self.arn, self.id = self.key.arn, self.key.key_id
        self.alias = aws.KmsAlias(self, "alias", name=alias, target_key_id=self.id, provider=provider)
