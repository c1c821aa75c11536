"""What replication is made of, with each of its choices."""

import json
from pathlib import Path
from typing import Any

from settings.loading import load_environments
from stacks.app import build

import pytest

Stack = dict[str, Any]


ON = '[replication]\nenabled = true\nregion = "eu-west-1"\n'


def stack(folder: Path, settings: str, *, environment: str = "it", suffix: str = "") -> Stack:
    """One stack of an environment with these settings."""
    environments = folder / "environments"
    environments.mkdir()
    (environments / f"{environment}.toml").write_text(settings)
    build(load_environments(environments, {}), outdir=str(folder / "out")).synth()
    found = folder / "out" / "stacks" / f"secure-storage-{environment}{suffix}" / "cdk.tf.json"
    described: Stack = json.loads(found.read_bytes())
    return described


def rules(described: Stack) -> dict[str, dict[str, Any]]:
    """Each bucket's rule, by the provider of the bucket."""
    configurations = described["resource"]["aws_s3_bucket_replication_configuration"].values()
    return {one.get("provider", "aws"): one["rule"][0] for one in configurations}


def role_actions(described: Stack) -> set[str]:
    policies = described["resource"]["aws_iam_policy"].values()
    (policy,) = (one["policy"] for one in policies if one["name"] == "SecureS3Replication-it")
    return {action for one in json.loads(policy)["Statement"] for action in one["Action"]}


def test_every_object_is_replicated_and_encrypted_with_the_replicas_own_key(tmp_path: Path) -> None:
    described = stack(tmp_path, ON)
    ((where, rule),) = rules(described).items()
    assert where == "aws"
    assert (rule["status"], rule["filter"]) == ("Enabled", {"prefix": ""})
    assert rule["delete_marker_replication"] == {"status": "Disabled"}
    assert rule["source_selection_criteria"] == {"sse_kms_encrypted_objects": {"status": "Enabled"}}
    destination = rule["destination"]
    assert destination["bucket"] == "arn:aws:s3:::secure-it-data-replica"
    # S3 refuses a threshold where it does not control the time.
    assert destination["metrics"] == {"status": "Enabled"}
    assert "replication_time" not in destination
    keys = described["resource"]["aws_kms_key"]
    ((replica_key, key),) = ((id_, one) for id_, one in keys.items() if one.get("provider") == "aws.replica")
    key_arn = f"${{aws_kms_key.{replica_key}.arn}}"
    assert destination["encryption_configuration"] == {"replica_kms_key_id": key_arn}
    assert key["enable_key_rotation"] is True
    assert not {"s3:ReplicateDelete", "s3:GetObjectRetention"} & role_actions(described)


def test_both_regions_have_the_same_tags_and_accounts(tmp_path: Path) -> None:
    here, there = stack(tmp_path, ON)["provider"]["aws"]
    assert (here["region"], there["region"], there["alias"]) == ("us-east-1", "eu-west-1", "replica")
    assert there == {**here, "region": "eu-west-1", "alias": "replica"}


def test_with_sse_s3_there_is_no_key_on_either_side(tmp_path: Path) -> None:
    described = stack(tmp_path, ON + '[encryption]\nmode = "sse-s3"\n')
    assert "aws_kms_key" not in described["resource"]
    rule = rules(described)["aws"]
    assert "source_selection_criteria" not in rule
    assert "encryption_configuration" not in rule["destination"]
    assert not [action for action in role_actions(described) if action.startswith("kms:")]


def test_what_changes_about_replicas_comes_back_by_a_rule_of_the_replica_bucket(tmp_path: Path) -> None:
    found = rules(stack(tmp_path, ON + 'replica_modifications = true\nstorage_class = "GLACIER_IR"\n'))
    assert found.keys() == {"aws", "aws.replica"}
    for rule in found.values():
        assert rule["source_selection_criteria"]["replica_modifications"] == {"status": "Enabled"}
    assert found["aws"]["destination"]["storage_class"] == "GLACIER_IR"
    assert found["aws.replica"]["destination"]["storage_class"] == "STANDARD"


def test_a_locked_bucket_has_a_locked_replica_and_a_role_that_reads_locks(tmp_path: Path) -> None:
    described = stack(tmp_path, ON + '[object_lock]\nmode = "governance"\ndays = 1\n')
    buckets = described["resource"]["aws_s3_bucket"].values()
    (replica,) = (one for one in buckets if one.get("provider") == "aws.replica")
    assert replica["object_lock_enabled"] is True
    assert {"s3:GetObjectRetention", "s3:GetObjectLegalHold"} <= role_actions(described)


def test_deletions_are_replicated_only_where_wanted(tmp_path: Path) -> None:
    described = stack(tmp_path, ON + "delete_markers = true\n")
    assert rules(described)["aws"]["delete_marker_replication"] == {"status": "Enabled"}
    assert "s3:ReplicateDelete" in role_actions(described)


@pytest.mark.parametrize(("enabled", "boundaries"), [("true", 1), ("false", 0)])
def test_the_state_stack_has_the_boundary_where_there_is_a_role(
    enabled: str, boundaries: int, tmp_path: Path
) -> None:
    described = stack(tmp_path, ON.replace("true", enabled), suffix="-state")
    names = [one["name"] for one in described["resource"]["aws_iam_policy"].values()]
    assert names.count("SecureS3ReplicationBoundary-it") == boundaries


def test_the_role_of_the_longest_environment_has_a_name_that_iam_takes(tmp_path: Path) -> None:
    described = stack(tmp_path, ON, environment="e" * 40)
    (role,) = described["resource"]["aws_iam_role"].values()
    assert len(role["name"]) == 63
