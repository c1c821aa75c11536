"""A role that only workflows on GitHub can take."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from constructs_lib import aws
from constructs_lib.arguments import Arn, Known, Text, checked
from constructs_lib.policies import Condition, Document, to_json
from constructs_lib.policies.trust_policy import trust_policy

from annotated_types import MinLen
from constructs import Construct

MAX_SESSION_SECONDS = 3600
"""The shortest that IAM knows: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"""


@checked
class CiRole(Construct):
    """An IAM role for a workflow, with managed policies of its own.

    Attributes:
        arn: the role's ARN.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: Text,
        description: Text,
        provider_arn: Arn,
        subjects: Annotated[Sequence[Known], MinLen(1)],
        policies: Mapping[Known, Document],
        extra: Condition | None = None,
    ) -> None:
        """Create the role, its policies and their attachments.

        Args:
            scope: the construct it belongs to.
            construct_id: its id in that scope; renaming it replaces the role.
            name: the role's name.
            description: what the console shows, of the role and of its policies.
            provider_arn: the provider of the tokens.
            subjects: the `sub` claims that a token may have, exactly.
            policies: what the role may do, by the names of the managed policies.
            extra: what else its trust policy requires of a token; nothing by default.

        Raises:
            ValueError: a subject has a wildcard.
        """
        super().__init__(scope, construct_id)
        role = aws.IamRole(
            self,
            "role",
            name=name,
            description=description,
            assume_role_policy=to_json(
                trust_policy(provider_arn=provider_arn, subjects=subjects, extra=extra)
            ),
            max_session_duration=MAX_SESSION_SECONDS,
        )
        self.arn = role.arn
        for policy_name, document in policies.items():
            policy = aws.IamPolicy(
                self,
                f"policy-{policy_name}",
                name=policy_name,
                description=description,
                policy=to_json(document),
            )
            aws.IamRolePolicyAttachment(
                self, f"attachment-{policy_name}", role=role.name, policy_arn=policy.arn
            )
