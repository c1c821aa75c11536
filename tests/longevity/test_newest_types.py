"""What is synthesized is what the newest bindings' version of the provider takes, by its types."""

import copy
import json
import os
import sysconfig
from pathlib import Path
from typing import Any

from ops.fork.switch import fork_variables
from settings.loading import load_environments
from settings.names.provider import provider_version
from stacks.app import build
from tests.longevity.newest_types import NewestTypes, in_camel_case
from tests.review.version_6 import ADDED
from tests.stacks.test_account_regional import TEXT

import pytest

pytestmark = pytest.mark.slow

Stack = dict[str, Any]
BUCKET, KEY = "aws_s3_bucket", "aws_kms_key"


@pytest.fixture(scope="module")
def newest() -> NewestTypes:
    """The types of the newest bindings that are locked: the fork's."""
    site = fork_variables({**os.environ, "CDK_BINDINGS": "cdktn"})["PYTHONPATH"].split(os.pathsep)[0]
    return NewestTypes(next(Path(site, "cdktn_provider_aws", "_jsii").glob("*.jsii.tgz")))


@pytest.fixture
def stack(stacks: dict[str, Stack]) -> Stack:
    return copy.deepcopy(stacks["secure-storage-prod"])


def one(stack: Stack, kind: str) -> Stack:
    found: Stack = next(iter(stack["resource"][kind].values()))
    return found


def test_it_is_a_version_that_the_settings_take(newest: NewestTypes) -> None:
    assert newest.version.startswith("6.")
    assert provider_version(newest.version) == newest.version


def test_the_provider_takes_every_argument_of_every_stack(
    newest: NewestTypes, stacks: dict[str, Stack]
) -> None:
    before = newest.checked
    assert [(name, line) for name, stack in stacks.items() for line in newest.problems(stack)] == []
    assert newest.checked - before > 3000


def test_the_provider_takes_the_namespace_of_buckets(newest: NewestTypes, tmp_path: Path) -> None:
    """Which the pinned bindings do not have."""
    (tmp_path / "prod.toml").write_text(TEXT)
    build(load_environments(tmp_path, {}), outdir=str(tmp_path / "out")).synth()
    found = [json.loads(path.read_bytes()) for path in tmp_path.glob("out/stacks/*/cdk.tf.json")]
    assert "bucket_namespace" in str(found)
    assert [line for stack in found for line in newest.problems(stack)] == []


def test_a_wrong_argument_is_found(newest: NewestTypes, stack: Stack) -> None:
    one(stack, BUCKET)["bucket_color"] = "blue"
    one(stack, KEY)["enable_key_rotation"] = "yes"
    one(stack, "aws_s3_bucket_versioning")["versioning_configuration"]["stats"] = "Enabled"
    del one(stack, "aws_s3_bucket_policy")["policy"]
    one(stack, "aws_kms_alias")["target_key_id"] = f"${{{KEY}.x.key_number}}"
    one(stack, "aws_iam_policy")["policy"] = {"Version": "2012-10-17"}
    stack["resource"]["aws_s3_buckets"] = {"x": {}}
    stack["provider"]["aws"][0]["regions"] = ["us-east-1"]
    found = "\n".join(newest.problems(stack))
    for words in (
        "there is no argument bucket_color",
        ".enable_key_rotation: 'yes' is no boolean",
        ".versioning_configuration: there is no argument stats",
        "the argument policy is missing",
        "aws_kms_key: has no attribute key_number",
        ".policy: {'Version': '2012-10-17'} is no string",
        "there is no resource aws_s3_buckets",
        "provider: there is no argument regions",
    ):
        assert words in found
    assert len(found.splitlines()) == 8


def test_what_version_6_adds_to_our_resources_is_what_the_review_was_tested_with(
    newest: NewestTypes, stacks: dict[str, Stack]
) -> None:
    site = Path(sysconfig.get_path("purelib"))
    pinned = NewestTypes(next((site / "cdktf_cdktf_provider_aws" / "_jsii").glob("*.jsii.tgz")))
    assert pinned.version == "5.100.0"
    kinds = {kind for stack in stacks.values() for kind in stack["resource"] if kind.startswith("aws_")}
    for kind in sorted(kinds):
        added = {name.rpartition(".")[2] for name in newest.attributes(kind) - pinned.attributes(kind)}
        assert added == {in_camel_case(name) for name in ADDED.get(kind, ())}, kind
        assert pinned.attributes(kind) <= newest.attributes(kind), kind
