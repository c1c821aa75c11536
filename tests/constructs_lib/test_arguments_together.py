"""Arguments that are right by themselves, and do not fit together."""

from typing import Any

from tests.constructs_lib.valid_arguments import TOKEN, made_or_refused, make, valid_arguments

import pytest


@pytest.mark.parametrize(
    ("name", "changed", "line"),
    [
        (
            "policies.place.Place",
            {"region": "cn-north-1"},
            "Place: partition must be 'aws-cn' for 'cn-north-1', not 'aws'",
        ),
        (
            "policies.place.Place",
            {"partition": "aws-us-gov"},
            "Place: partition must be 'aws' for 'eu-central-1', not 'aws-us-gov'",
        ),
        (
            "secure_bucket.SecureBucket",
            {"bucket_name": "other"},
            "SecureBucket: bucket_arn must be the ARN of 'other', not 'arn:aws:s3:::acme'",
        ),
        (
            "log_bucket.LogBucket",
            {"bucket_arn": "arn:aws:s3:::acme-2"},
            "LogBucket: bucket_arn must be the ARN of 'acme', not 'arn:aws:s3:::acme-2'",
        ),
        (
            "object_lock.ObjectLock",
            {"years": 1},
            "ObjectLock: days must be given, or years, and not both: 30, 1",
        ),
        (
            "object_lock.ObjectLock",
            {"days": 99_999},
            "ObjectLock: days must be less than or equal to 36500, not 99999",
        ),
        (
            "lifecycle.LifecycleRule",
            {"noncurrent_days": None},
            "LifecycleRule: newer_noncurrent_versions must come with noncurrent_days",
        ),
        (
            "lifecycle.LifecycleRule",
            {"expiration_days": 0},
            "LifecycleRule: expiration_days must be greater than or equal to 1, not 0",
        ),
        (
            "lifecycle.Lifecycle",
            {"rules": []},
            "Lifecycle: rules must have at least 1 item, not []",
        ),
    ],
)
def test_arguments_that_do_not_fit_are_refused(name: str, changed: dict[str, Any], line: str) -> None:
    assert made_or_refused(name, valid_arguments(name) | changed) == line


def test_a_rule_that_does_nothing_and_two_of_one_name_are_refused() -> None:
    assert made_or_refused("lifecycle.LifecycleRule", {"id": "x"}) == "LifecycleRule: 'x' must do something"
    valid = valid_arguments("lifecycle.Lifecycle")
    assert made_or_refused("lifecycle.Lifecycle", valid | {"rules": valid["rules"] * 2}) == (
        "Lifecycle: rules must have different ids, not ['all', 'all']"
    )


def test_a_lock_of_years_and_a_bucket_whose_name_is_a_token_are_taken() -> None:
    make("object_lock.ObjectLock", {"bucket": "acme", "mode": "compliance", "years": 100})
    bucket = valid_arguments("secure_bucket.SecureBucket")
    make("secure_bucket.SecureBucket", bucket | {"bucket_name": TOKEN, "bucket_arn": f"arn:aws:s3:::{TOKEN}"})
