"""From a call to the message that a person gets: rule, topic and message as terraform deployed them."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from constructs_lib.event_patterns import SCAN_OFF
from ops.embedded.aws import EmbeddedAws
from ops.shared.toolchain import tool_environment
from tests.audit.cloudtrail_events import EVENT_ID, ROLE, Event, call
from tests.audit.conftest import STACK, client
from tests.handed_out import empty

import pytest

pytestmark = pytest.mark.slow

ACCOUNT = "000000000000"
OVERRIDE = {"terraform": {"backend": {"local": {}}}, "provider": {"aws": {"s3_use_path_style": True}}}


@pytest.fixture(scope="module")
def deployed(
    aws: EmbeddedAws, stack_folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The alarms, deployed without the buckets, of which one takes a minute."""
    folder = tmp_path_factory.mktemp("audit") / "a" / "b" / "c" / STACK
    shutil.copytree(stack_folders[STACK], folder)
    (folder / "test_override.tf.json").write_text(json.dumps(OVERRIDE))
    resources = json.loads((folder / "cdk.tf.json").read_bytes())["resource"]
    kinds = (
        "aws_cloudwatch_event_target",
        "aws_kms_alias",
        "aws_sns_topic_policy",
        "aws_sns_topic_subscription",
    )
    # The rule with the id of GuardDuty's plan would bring the plan, and the buckets.
    names = [(kind, name) for kind in kinds for name in resources[kind] if SCAN_OFF not in name]
    targets = [f"-target={kind}.{name}" for kind, name in names]

    def terraform(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["terraform", *arguments],
            cwd=folder,
            env=aws.environment(tool_environment()),
            capture_output=True,
            text=True,
            check=False,
        )

    prepared = terraform("init", "-input=false")
    assert prepared.returncode == 0, prepared.stdout + prepared.stderr
    apply = ("apply", "-input=false", "-auto-approve", *targets)
    done = terraform(*apply)
    if "AlreadyExistsException" in done.stderr:
        # The provider asks again where an answer is lost, and the second CreateAlias is refused.
        empty(aws)
        (folder / "terraform.tfstate").unlink()
        done = terraform(*apply)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def received(aws: EmbeddedAws, deployed: Path) -> Iterator[Callable[[Event], list[str]]]:
    """Publish an event, and return what a subscriber of the topic receives."""
    assert deployed.is_dir()
    events, sns, sqs = (client(aws, service) for service in ("events", "sns", "sqs"))
    (topic,) = sns.list_topics()["Topics"]
    queue = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic["TopicArn"], Protocol="sqs", Endpoint=arn)
    for rule in events.list_rules(NamePrefix="secure-audit-")["Rules"]:
        # Nobody may publish an event in the name of an AWS service, here as in AWS: only that differs.
        pattern = json.loads(rule["EventPattern"])
        pattern["source"] = [f"test.{source.removeprefix('test.')}" for source in pattern["source"]]
        events.put_rule(Name=rule["Name"], EventPattern=json.dumps(pattern), State=rule["State"])

    def tell(event: Event) -> list[str]:
        entry = {
            "Source": f"test.{event['source']}",
            "DetailType": event["detail-type"],
            "Detail": json.dumps(event["detail"]),
        }
        assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0
        got = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        messages: list[dict[str, Any]] = got.get("Messages", [])
        for one in messages:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=one["ReceiptHandle"])
        return [str(json.loads(one["Body"])["Message"]) for one in messages]

    yield tell
    sqs.delete_queue(QueueUrl=queue)


def test_who_weakens_the_bucket_is_named_in_one_sentence(received: Callable[[Event], list[str]]) -> None:
    bucket = "secure-audit-data-bucket"
    (message,) = received(call("s3", "DeleteBucketPolicy", {"bucketName": bucket, "policy": ""}))
    when, at, rest = message.partition(" at ")
    assert when == (
        f'"audit: the policy of bucket {bucket} was changed, with DeleteBucketPolicy by {ROLE} '
        "(AssumedRole) from 203.0.113.7"
    )
    assert at
    assert rest.partition(", ")[2] == (
        f"in account {ACCOUNT}, region us-east-1; CloudTrail's event is {EVENT_ID}.\""
    )


def test_a_call_about_another_bucket_or_that_only_reads_reaches_nobody(
    received: Callable[[Event], list[str]],
) -> None:
    assert received(call("s3", "DeleteBucketPolicy", {"bucketName": "another-bucket"})) == []
    assert received(call("s3", "GetBucketPolicy", {"bucketName": "secure-audit-data-bucket"})) == []
    assert len(received(call("s3", "PutBucketPolicy", {"bucketName": "secure-audit-data-bucket"}))) == 1


def test_who_disables_the_key_is_named(aws: EmbeddedAws, received: Callable[[Event], list[str]]) -> None:
    kms = client(aws, "kms")
    aliases = {one["AliasName"]: one.get("TargetKeyId") for one in kms.list_aliases()["Aliases"]}
    for alias in ("alias/secure-s3-key-audit", "alias/secure-s3-audit-audit"):
        key = aliases[alias]
        (message,) = received(call("kms", "DisableKey", {"keyId": key}))
        assert message.startswith(
            f'"audit: KMS key {key} was disabled, scheduled for deletion, given another policy or kept from '
            f"rotating, with DisableKey by {ROLE}"
        )


def test_the_topic_is_encrypted_with_the_audit_key_and_sends_to_everybody_named(
    aws: EmbeddedAws, deployed: Path
) -> None:
    assert deployed.is_dir()
    sns = client(aws, "sns")
    (topic,) = sns.list_topics()["Topics"]
    attributes = sns.get_topic_attributes(TopicArn=topic["TopicArn"])["Attributes"]
    key = client(aws, "kms").describe_key(KeyId="alias/secure-s3-audit-audit")["KeyMetadata"]["Arn"]
    assert attributes["KmsMasterKeyId"] == key
    subscriptions = sns.list_subscriptions_by_topic(TopicArn=topic["TopicArn"])["Subscriptions"]
    mails = sorted(one["Endpoint"] for one in subscriptions if one["Protocol"] == "email")
    assert mails == ["ops@example.com", "security@example.com"]
