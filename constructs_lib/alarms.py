"""EventBridge rules that tell a topic when somebody weakens what protects the data."""

import json
from collections.abc import Sequence

from constructs_lib import aws
from constructs_lib.event_patterns import Watched, alarms, message

from cdktf import ITerraformDependable
from constructs import Construct


class Alarms(Construct):
    """A rule for each alarm; one file, as they differ only in their data (`event_patterns.py`)."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: str,
        watched: Watched,
        topic_arn: str,
        depends_on: Sequence[ITerraformDependable] = (),
    ) -> None:
        """Create the rules.

        Args:
            scope: the construct it belongs to.
            construct_id: its id in that scope.
            environment: what the messages begin with.
            watched: what the alarms are about.
            topic_arn: the topic that they are published to.
            depends_on: what comes before; the topic's policy has to.
        """
        super().__init__(scope, construct_id)
        for name, alarm in alarms(watched).items():
            rule = aws.CloudwatchEventRule(
                self,
                f"{name}-rule",
                name=watched.rules[name],
                description=f"Alarm of {environment}: {name}",
                event_pattern=json.dumps(alarm.pattern, separators=(",", ":")),
                depends_on=list(depends_on),
            )
            paths, template = message(alarm, environment)
            aws.CloudwatchEventTarget(
                self,
                f"{name}-target",
                rule=rule.name,
                target_id="topic",
                arn=topic_arn,
                input_transformer=aws.CloudwatchEventTargetInputTransformer(
                    input_paths=paths, input_template=template
                ),
            )
