"""The SNS topic that alarms are published to, and who gets them."""

from collections.abc import Sequence
from typing import Annotated

from constructs_lib import aws
from constructs_lib.arguments import Arn, KeyArn, Text, checked, id_of
from constructs_lib.policies import to_json
from constructs_lib.policies.topic_policy import topic_policy

from annotated_types import MinLen
from cdktf import ITerraformDependable
from constructs import Construct


@checked
class AlarmTopic(Construct):
    """An encrypted topic that only EventBridge publishes to.

    Attributes:
        arn: the topic's ARN, once there is one.
        last_setting: the resource that comes last; what publishes waits for it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: Text,
        topic_arn: Arn,
        key_arn: KeyArn,
        rule_arns: Annotated[Sequence[Arn], MinLen(1)],
        emails: Sequence[Text] = (),
    ) -> None:
        """Create the topic.

        Args:
            scope: the construct it belongs to.
            construct_id: its id in that scope; renaming it replaces the topic, and every subscription.
            name: its name.
            topic_arn: its ARN, which is known from its name.
            key_arn: the KMS key that encrypts the messages; its policy lets EventBridge use it.
            rule_arns: the EventBridge rules that publish.
            emails: addresses that SNS sends the alarms to, once each has confirmed it.
        """
        super().__init__(scope, construct_id)
        self.arn = aws.SnsTopic(self, "topic", name=name, kms_master_key_id=key_arn).arn
        self.last_setting: ITerraformDependable = aws.SnsTopicPolicy(
            self,
            "policy",
            arn=self.arn,
            policy=to_json(topic_policy(topic_arn=topic_arn, rule_arns=rule_arns)),
        )
        for number, email in enumerate(emails, start=1):
            aws.SnsTopicSubscription(
                self,
                id_of("subscription", email, number),
                topic_arn=self.arn,
                protocol="email",
                endpoint=email,
                depends_on=[self.last_setting],
            )
