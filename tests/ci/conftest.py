"""What the tests of CI share: the stand-in for GitHub's API, and a plan that nobody had to make."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from ops.ci.github import GitHub
from ops.ci.manifest import PLAN_FILES, REVIEW_FILES, Manifest, ReviewManifest, StateVersion, digests_of
from ops.ci.stand_in import REPOSITORY, TOKEN, StandIn, stand_in
from ops.ci.store import PlanStore
from ops.embedded.aws import EmbeddedAws
from ops.shared import aws
from ops.shared.narrator import variables
from settings.loading import load_environments
from tests.conftest import ROOT

import pytest

BODIES = {name: f"the {name}\n".encode() for name in PLAN_FILES}
REVIEW_BODIES = {name: f"the {name}\n".encode() for name in REVIEW_FILES}


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
        allowed_by=(),
        files=digests_of(BODIES),
    )
    return dataclasses.replace(manifest, **changes)  # type: ignore[arg-type]


def review_with(bodies: Mapping[str, bytes] = REVIEW_BODIES, **changes: object) -> ReviewManifest:
    manifest = ReviewManifest("dev", 1, "safe", digests_of(bodies))
    return dataclasses.replace(manifest, **changes)  # type: ignore[arg-type]


(SETTINGS,) = load_environments(ROOT / "environments", {"ENVIRONMENT_SUFFIX": "dev"})
BUCKET = SETTINGS.state.bucket
DIGEST = manifest_with().digest
REVIEWED = review_with().digest
TREE = "a" * 40


@pytest.fixture(scope="module")
def s3(empty_aws: EmbeddedAws) -> Iterator[Any]:
    with variables(empty_aws.environment({})):
        client = aws.client("s3", SETTINGS.state.region)
        client.create_bucket(Bucket=BUCKET)
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        yield client


@pytest.fixture
def store(s3: Any) -> PlanStore:
    """A store with one plan and one review."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=BUCKET):
        for one in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
            s3.delete_object(Bucket=BUCKET, Key=one["Key"], VersionId=one["VersionId"])
    store = PlanStore(SETTINGS)
    store.keep_plan(manifest_with(), BODIES)
    store.keep_review(review_with(), REVIEW_BODIES)
    return store
