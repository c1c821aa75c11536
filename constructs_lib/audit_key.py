"""The KMS key of a trail and of the topic that alarms are published to."""

from constructs_lib.arguments import Alias, Arn, DeletionDays, PrincipalArn, RotationDays, Text, checked
from constructs_lib.managed_key import ManagedKey
from constructs_lib.policies.audit_key_policy import audit_key_policy
from constructs_lib.policies.place import Place

from constructs import Construct


@checked
class AuditKey(ManagedKey):
    """A separate key: alarms about the data's key do not depend on the data's key."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        alias: Alias,
        description: Text,
        place: Place,
        trail_arn: Arn,
        topic_arn: Arn,
        deploy_role: PrincipalArn | None = None,
        rotation_days: RotationDays = 365,
        deletion_days: DeletionDays = 30,
        protect: bool = True,
    ) -> None:
        """Create the key and its alias.

        Args:
            scope: the construct it belongs to.
            construct_id: its id in that scope; renaming it replaces the key.
            alias: the alias, beginning with `alias/`.
            description: what the console shows.
            place: where key, trail and topic are; the account's administrators manage the key.
            trail_arn: the trail whose records it encrypts.
            topic_arn: the topic whose messages it encrypts.
            deploy_role: the ARN of the role that makes the key, where known.
            rotation_days: days between rotations, 90 to 2560.
            deletion_days: days that KMS waits before it deletes the key, 7 to 30.
            protect: whether a plan that destroys the key is refused; without it no record can be read.
        """
        super().__init__(
            scope,
            construct_id,
            alias=alias,
            description=description,
            policy=audit_key_policy(
                place=place,
                trail_arn=trail_arn,
                topic_arn=topic_arn,
                deploy_role=deploy_role,
            ),
            rotation_days=rotation_days,
            deletion_days=deletion_days,
            protect=protect,
        )
