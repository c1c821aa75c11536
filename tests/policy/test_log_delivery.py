"""Access logs arrive in the log bucket as it is, and would not under a KMS key that does not let them."""

import copy
from dataclasses import replace

from tests.policy.deployment import Deployment
from tests.policy.engine import Engine
from tests.policy.simulation import Simulator
from tests.policy.table import Row

import pytest

DELIVERY = Row(
    "prod",
    "S3 log delivery",
    "PutObject",
    "",
    key="access/2026-01-31",
    bucket="log bucket",
    network="inside AWS",
    sends="nothing",
)


@pytest.fixture
def prod(deployments: dict[str, Deployment]) -> Deployment:
    return deployments["prod"]


def under_a_key(prod: Deployment) -> Deployment:
    """The same with a log bucket that encrypts with the data's key by default."""
    log_bucket = replace(prod.buckets["log bucket"], key="this")
    return replace(prod, buckets={**prod.buckets, "log bucket": log_bucket})


def answer(engine: Engine, deployment: Deployment) -> str:
    (outcome,) = Simulator(engine, deployment)([DELIVERY])
    assert outcome.ignored == ()
    return outcome.answer


def test_logs_arrive_as_no_key_is_asked(engine: Engine, prod: Deployment) -> None:
    assert prod.buckets["log bucket"].key is None
    assert answer(engine, prod) == "allowed: S3 by AllowAccessLogs"


def test_logs_would_be_lost_under_a_key_that_does_not_name_log_delivery(
    engine: Engine, prod: Deployment
) -> None:
    assert answer(engine, under_a_key(prod)) == "denied: KMS, no statement allows it"


def test_logs_arrive_under_a_key_that_names_log_delivery(engine: Engine, prod: Deployment) -> None:
    there = under_a_key(prod)
    key_policy = copy.deepcopy(there.policies["key policy"])
    key_policy["Statement"].append(
        {
            "Sid": "AllowLogDelivery",
            "Effect": "Allow",
            "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Action": ["kms:GenerateDataKey", "kms:Decrypt"],
            "Resource": "*",
        }
    )
    there = replace(there, policies={**there.policies, "key policy": key_policy})
    assert answer(engine, there) == "allowed: S3 by AllowAccessLogs; KMS by AllowLogDelivery"


def test_what_the_data_bucket_says_does_not_matter(engine: Engine, prod: Deployment) -> None:
    deny = {"Sid": "DenyAll", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [deny]}
    closed = replace(prod, policies={**prod.policies, "bucket policy": policy})
    assert answer(engine, closed) == "allowed: S3 by AllowAccessLogs"
