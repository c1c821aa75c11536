"""A managed policy for the roles that use one bucket."""

from collections.abc import Sequence

from constructs_lib import aws
from constructs_lib.arguments import Text, checked
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
        attach_to_roles: Sequence[Text] = (),
    ) -> None:
        """Create the policy and attach it.

        Args:
            scope: the construct it belongs to.
            construct_id: its id in that scope; renaming it replaces the policy.
            name: the managed policy's name.
            description: what the console shows.
            document: what it allows.
            attach_to_roles: names of roles in this account.
        """
        super().__init__(scope, construct_id)
        policy = aws.IamPolicy(self, "policy", name=name, description=description, policy=to_json(document))
        self.arn = policy.arn
        for role in attach_to_roles:
            aws.IamRolePolicyAttachment(self, f"role-{role}", role=role, policy_arn=self.arn)
