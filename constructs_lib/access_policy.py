"""A managed policy for the roles that use one bucket."""

from collections.abc import Sequence

from constructs_lib import aws
from constructs_lib.arguments import RoleName, Text, checked, id_of
from constructs_lib.policies import Document, to_json

from constructs import Construct


@checked
class AccessPolicy(Construct):
    """A least-privilege IAM managed policy, attached to the roles named.

    Attributes:
        arn: the policy's ARN.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: Text,
        description: Text,
        document: Document,
        attach_to_roles: Sequence[RoleName] = (),
    ) -> None:
        """Create the policy and attach it.

        Args:
            scope: the construct it belongs to.
            construct_id: its id in that scope; renaming it replaces the policy.
            name: the managed policy's name.
            description: what the console shows.
            document: what it allows.
            attach_to_roles: names of roles in this account. Put a token at the end of the list: its place
                there is the id of its attachment.
        """
        super().__init__(scope, construct_id)
        policy = aws.IamPolicy(self, "policy", name=name, description=description, policy=to_json(document))
        self.arn = policy.arn
        for number, role in enumerate(attach_to_roles, start=1):
            aws.IamRolePolicyAttachment(self, id_of("role", role, number), role=role, policy_arn=self.arn)
