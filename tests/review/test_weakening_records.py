"""What drift and the review say of logs and replicas that go elsewhere, or nowhere."""

from typing import Any

from review.judge import attribute_findings as findings
from review.model import CAREFUL, DANGEROUS

import pytest


def said(kind: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> list[tuple[str, str]]:
    return [(one.severity, one.said) for one in findings(kind, before, after)]


def logging(bucket: str = "logs", prefix: str = "access/") -> dict[str, Any]:
    return {"target_bucket": bucket, "target_prefix": prefix}


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (logging(bucket="mine"), "requests are logged to mine, and were to logs"),
        (logging(prefix="x/"), "requests are logged below x/, and were below access/"),
        (None, "access logging is removed: requests are no longer logged"),
    ],
)
def test_logs_that_go_elsewhere_are_weaker(after: dict[str, Any] | None, words: str) -> None:
    assert said("aws_s3_bucket_logging", logging(), after) == [(DANGEROUS, words)]


def test_logs_that_stay_are_not_reported() -> None:
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
            (DANGEROUS, "new objects are no longer replicated by the rule all"),
        ),
        (
            replication(),
            None,
            (DANGEROUS, "replication is removed: new objects are no longer replicated by the rule all"),
        ),
        (
            replication(),
            replication(destination=[{"bucket": "arn:aws:s3:::mine"}]),
            (DANGEROUS, "new objects are replicated to arn:aws:s3:::mine, and were to arn:aws:s3:::replica"),
        ),
        (None, replication(), (CAREFUL, "new objects are replicated to arn:aws:s3:::replica")),
        (
            replication(),
            replication(delete_marker_replication=[{"status": "Enabled"}]),
            (CAREFUL, "the rule all replicates in another way"),
        ),
    ],
)
def test_a_change_of_replication_is_reported(
    before: dict[str, Any] | None, after: dict[str, Any] | None, finding: tuple[str, str]
) -> None:
    assert said("aws_s3_bucket_replication_configuration", before, after) == [finding]


def test_replication_that_stays_is_not_reported() -> None:
    assert said("aws_s3_bucket_replication_configuration", replication(), replication()) == []
