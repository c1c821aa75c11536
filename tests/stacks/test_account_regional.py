"""An environment with account-regional names: its buckets are made there, and it keeps its promises."""

import json
from pathlib import Path
from typing import Any

from main import synthesize
from settings.loading import load_environments

import pytest

TEXT = """
account_id = "111122223333"
region = "eu-central-1"
bucket_namespace = "account-regional"
[terraform]
provider_version = "6.45.0"
provider_version_untested = true
[replication]
enabled = true
region = "eu-west-1"
[ci]
repository = "acme/storage"
"""
DATA = "secure-prod-data-bucket-111122223333-eu-central-1-an"
NAMES = {
    "secure-storage-prod": {
        DATA,
        "secure-prod-access-logs-111122223333-eu-central-1-an",
        "secure-prod-data-replica-111122223333-eu-west-1-an",
    },
    "secure-storage-prod-state": {"secure-prod-terraform-state-111122223333-eu-central-1-an"},
    "secure-storage-prod-ci": set(),
}


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The stacks, which are written only if every promise is proven."""
    folder, out = tmp_path_factory.mktemp("environments"), tmp_path_factory.mktemp("out")
    (folder / "prod.toml").write_text(TEXT)
    synthesize(load_environments(folder, {}), out)
    return {path.parent.name: json.loads(path.read_bytes()) for path in out.glob("stacks/*/cdk.tf.json")}


def test_every_bucket_is_made_in_the_namespace(stacks: dict[str, dict[str, Any]]) -> None:
    assert stacks.keys() == NAMES.keys()
    for name, stack in stacks.items():
        buckets = list(stack["resource"].get("aws_s3_bucket", {}).values())
        assert {one["bucket"] for one in buckets} == NAMES[name]
        assert {one["bucket_namespace"] for one in buckets} <= {"account-regional"}
        assert stack["terraform"]["required_providers"]["aws"]["version"] == "6.45.0"


def test_the_roles_of_ci_may_make_the_bucket_and_tag_it(stacks: dict[str, dict[str, Any]]) -> None:
    text = json.dumps(stacks["secure-storage-prod-ci"])
    assert "s3:TagResource" in text
    assert f"arn:aws:s3:::{DATA}" in text


def test_without_the_setting_no_bucket_has_the_argument(tmp_path: Path) -> None:
    (tmp_path / "prod.toml").write_text('account_id = "111122223333"')
    synthesize(load_environments(tmp_path, {}), tmp_path / "out")
    for path in (tmp_path / "out").glob("stacks/*/cdk.tf.json"):
        assert "bucket_namespace" not in path.read_text()
