"""EventBridge rules that tell a topic when somebody weakens what protects the data, or brings malware."""

import json
from collections.abc import Iterator, Sequence

from constructs_lib import aws
from constructs_lib.arguments import Arn, BucketName, Text, checked
from constructs_lib.event_patterns import Pattern, Watched, alarms, message
from constructs_lib.scan_events import scan_alarms, scan_message

from cdktf import ITerraformDependable
from constructs import Construct


@checked
class Alarms(Construct):
    """A rule for each alarm; they differ only in their data (`event_patterns.py`, `scan_events.py`)."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Text,
        watched: Watched,
        topic_arn: Arn,
        scanned_bucket: BucketName | None = None,
        depends_on: Sequence[ITerraformDependable] = (),
    ) -> None:
        """Create the rules.

        Args:
            scope: the construct it belongs to.
            construct_id: its id in that scope.
            environment: what the messages begin with.
            watched: what the alarms are about.
            topic_arn: the topic that they are published to.
            scanned_bucket: the bucket whose scans for malware raise alarms, too; None if it is not scanned.
            depends_on: what comes before; the topic's policy has to.
        """
        super().__init__(scope, construct_id)
        for name, pattern, paths, template in _every(watched, environment, scanned_bucket):
            rule = aws.CloudwatchEventRule(
                self,
                f"{name}-rule",
                name=watched.rules[name],
                description=f"Alarm of {environment}: {name}",
                event_pattern=json.dumps(pattern, separators=(",", ":")),
                depends_on=list(depends_on),
            )
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


def _every(
    watched: Watched, environment: str, scanned_bucket: str | None
) -> Iterator[tuple[str, Pattern, dict[str, str], str]]:
    """Yield each alarm's name and pattern, and of its message the paths into the event and the template."""
    for name, alarm in alarms(watched).items():
        yield (name, alarm.pattern, *message(alarm, environment))
    if scanned_bucket is not None:
        for name, of_scan in scan_alarms(scanned_bucket).items():
            yield (name, of_scan.pattern, *scan_message(of_scan, environment))
