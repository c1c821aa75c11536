"""What the tests of CI share: the stand-in for GitHub's API, and a plan that nobody had to make."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from ops import aws
from ops.ci.github import GitHub
from ops.ci.manifest import FILES, Manifest, StateVersion, sha256
from ops.ci.stand_in import REPOSITORY, TOKEN, StandIn, stand_in
from ops.ci.store import PlanStore
from ops.embedded_aws import embedded_aws
from ops.narrator import variables
from stacks.environments import load_environments
from tests.conftest import ROOT

import pytest

BODIES = {name: f"the {name}\n".encode() for name in FILES}


@pytest.fixture
def api() -> Iterator[StandIn]:
    with stand_in() as running:
        yield running


@pytest.fixture
def github(api: StandIn) -> GitHub:
    return GitHub(api=api.url, repository=REPOSITORY, token=TOKEN)


def manifest_with(**changes: object) -> Manifest:
    manifest = Manifest(
        environment="dev",
        stack="secure-storage-dev",
        commit="c" * 40,
        tree="a" * 40,
        state=StateVersion("7f2c", 3),
        terraform_version="1.11.4",
        verdict="safe",
        files={name: sha256(body) for name, body in BODIES.items()},
    )
    return dataclasses.replace(manifest, **changes)  # type: ignore[arg-type]


(SETTINGS,) = load_environments(ROOT / "environments", {"ENVIRONMENT_SUFFIX": "dev"})
BUCKET = SETTINGS.state.bucket
DIGEST = sha256(manifest_with().to_bytes())
TREE = "a" * 40


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with embedded_aws(tmp_path_factory.mktemp("aws") / "log") as running, variables(running.environment({})):
        client = aws.client("s3", SETTINGS.state.region)
        client.create_bucket(Bucket=BUCKET)
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        yield client


@pytest.fixture
def store(s3: Any) -> PlanStore:
    """A store with one plan."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=BUCKET):
        for one in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
            s3.delete_object(Bucket=BUCKET, Key=one["Key"], VersionId=one["VersionId"])
    store = PlanStore(SETTINGS)
    store.keep_plan(manifest_with(), BODIES)
    return store
