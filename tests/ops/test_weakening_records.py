"""What drift and the review say of logs and replicas that go elsewhere, or nowhere."""

from typing import Any

from ops.findings import Severity
from ops.weakening import findings

import pytest

WEAKER, CHANGED = Severity.WEAKER, Severity.CHANGED


def said(
    kind: str, before: dict[str, Any] | None, after: dict[str, Any] | None
) -> list[tuple[Severity, str]]:
    return [(one.severity, one.words) for one in findings(kind, before, after)]


def logging(bucket: str = "logs", prefix: str = "access/") -> dict[str, Any]:
    return {"target_bucket": bucket, "target_prefix": prefix}


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (logging(bucket="mine"), "requests are logged to mine, and were to logs"),
        (logging(prefix="x/"), "requests are logged below x/, and were below access/"),
        (None, "requests are no longer logged"),
    ],
)
def test_logs_that_go_elsewhere_are_weaker(after: dict[str, Any] | None, words: str) -> None:
    assert said("aws_s3_bucket_logging", logging(), after) == [(WEAKER, words)]


def test_logs_that_stay_are_not_told() -> None:
    assert said("aws_s3_bucket_logging", logging(), logging()) == []


def replication(**changes: Any) -> dict[str, Any]:
    rule = {"id": "all", "status": "Enabled", "destination": [{"bucket": "arn:aws:s3:::replica"}]}
    return {"rule": [rule | changes]}


@pytest.mark.parametrize(
    ("before", "after", "finding"),
    [
        (
            replication(),
            replication(status="Disabled"),
            (WEAKER, "new objects are no longer replicated by the rule all"),
        ),
        (replication(), None, (WEAKER, "new objects are no longer replicated by the rule all")),
        (
            replication(),
            replication(destination=[{"bucket": "arn:aws:s3:::mine"}]),
            (WEAKER, "new objects are replicated to arn:aws:s3:::mine, and were to arn:aws:s3:::replica"),
        ),
        (None, replication(), (CHANGED, "new objects are replicated to arn:aws:s3:::replica")),
        (
            replication(),
            replication(delete_marker_replication=[{"status": "Enabled"}]),
            (CHANGED, "the rule all replicates otherwise than before"),
        ),
    ],
)
def test_a_change_of_replication_is_told(
    before: dict[str, Any] | None, after: dict[str, Any] | None, finding: tuple[Severity, str]
) -> None:
    assert said("aws_s3_bucket_replication_configuration", before, after) == [finding]


def test_replication_that_stays_is_not_told() -> None:
    assert said("aws_s3_bucket_replication_configuration", replication(), replication()) == []
