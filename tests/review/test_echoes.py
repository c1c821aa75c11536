"""What the provider writes twice is no drift; what somebody did by hand is."""

import json
from typing import Any

from review.drift_findings import drifts_of
from review.plan import read_plan

import pytest

POLICY = "arn:aws:iam::111122223333:policy/p"


def drifted(kind: str, before: Any, after: Any, *others: tuple[str, Any]) -> list[str]:
    """The attributes that drifted, with these other resources in the state."""

    def resource(number: int, kind: str, actions: list[str], before: Any, after: Any) -> Any:
        change = {"actions": actions, "before": before, "after": after}
        return {"address": f"{kind}.x{number}", "mode": "managed", "type": kind, "change": change}

    document = {
        "format_version": "1.2",
        "resource_changes": [
            resource(number, kind, ["no-op"], values, values) for number, (kind, values) in enumerate(others)
        ],
        "resource_drift": [resource(0, kind, ["update"], before, after)],
    }
    drifts = drifts_of(read_plan(json.dumps(document).encode(), "drift"))
    return [name for one in drifts for name in one.attributes]


BUCKET = {"bucket": "data", "id": "data"}


@pytest.mark.parametrize(
    ("attribute", "owner"),
    [
        ("cors_rule", "aws_s3_bucket_cors_configuration"),
        ("lifecycle_rule", "aws_s3_bucket_lifecycle_configuration"),
        ("logging", "aws_s3_bucket_logging"),
        ("object_lock_configuration", "aws_s3_bucket_object_lock_configuration"),
        ("policy", "aws_s3_bucket_policy"),
        ("replication_configuration", "aws_s3_bucket_replication_configuration"),
        ("server_side_encryption_configuration", "aws_s3_bucket_server_side_encryption_configuration"),
        ("versioning", "aws_s3_bucket_versioning"),
    ],
)
def test_a_bucket_echoes_what_its_single_resources_set(attribute: str, owner: str) -> None:
    now = BUCKET | {attribute: [{"rule": [{"made": "by the other resource"}]}]}
    assert drifted("aws_s3_bucket", BUCKET, now, (owner, {"bucket": "data"})) == []
    # Nobody manages it, or another bucket's does: then somebody did it by hand.
    assert drifted("aws_s3_bucket", BUCKET, now) == [attribute]
    assert drifted("aws_s3_bucket", BUCKET, now, (owner, {"bucket": "other"})) == [attribute]


def test_a_role_echoes_its_attachments_and_shows_the_others() -> None:
    role = {"name": "r", "managed_policy_arns": []}
    attachment = ("aws_iam_role_policy_attachment", {"role": "r", "policy_arn": POLICY})
    ours, more = (
        role | {"managed_policy_arns": arns} for arns in ([POLICY], [POLICY, "arn:aws:iam::aws:policy/X"])
    )
    assert drifted("aws_iam_role", role, ours, attachment) == []
    assert drifted("aws_iam_role", role, more, attachment) == ["managed_policy_arns"]


def test_a_policy_counts_its_attachments_and_shows_one_too_many() -> None:
    policy = {"arn": POLICY, "attachment_count": 0}
    attachment = ("aws_iam_role_policy_attachment", {"role": "r", "policy_arn": POLICY})
    assert drifted("aws_iam_policy", policy, policy | {"attachment_count": 1}, attachment) == []
    assert drifted("aws_iam_policy", policy, policy | {"attachment_count": 2}, attachment) == [
        "attachment_count"
    ]


def test_what_nobody_set_is_no_difference_and_what_somebody_sets_is() -> None:
    def encryption(key: bool | None) -> dict[str, Any]:
        return {"bucket": "data", "rule": [{"bucket_key_enabled": key, "x": [{"sse_algorithm": "AES256"}]}]}

    kind = "aws_s3_bucket_server_side_encryption_configuration"
    assert drifted(kind, encryption(None), encryption(False)) == []
    assert drifted(kind, encryption(True), encryption(False)) == ["rule"]
