"""A perimeter holds for everything that is done to an object, and roles of our own pass it.

The environment here has a perimeter and a replica, which no variant has together.
"""

import json
from dataclasses import replace
from pathlib import Path

from constructs_lib.policies.perimeter import LISTING_ACTIONS
from constructs_lib.policies.s3_actions import OBJECT_ACTIONS
from settings.loading import load_environments
from stacks.app import build
from tests.policy.deployment import Deployment, deployment
from tests.policy.engine import Engine
from tests.policy.mutants import without_part
from tests.policy.s3_reference import actions_on, names
from tests.policy.simulation import Simulator
from tests.policy.table import Row

import pytest

SETTINGS = """
account_id = "111122223333"
protect = false
[access]
deploy_role = "arn:aws:iam::111122223333:role/deploy"
[network]
vpc_endpoints = ["vpce-0123456789abcdef0"]
source_ips = ["203.0.113.0/24"]
organization_id = "o-a1b2c3d4e5"
listing = {listing}
[ci]
repository = "acme/storage"
[logging]
enabled = false
[lifecycle]
enabled = false
[replication]
enabled = true
region = "eu-west-3"
delete_markers = true
replica_modifications = true
"""
BUCKETS = ("this", "replica bucket")
of_each_bucket = pytest.mark.parametrize("bucket", BUCKETS)
REPLICATION = {
    "this": ["GetObjectVersionForReplication", "GetObjectVersionAcl", "GetObjectVersionTagging"],
    "replica bucket": ["ReplicateObject", "ReplicateTags", "ReplicateDelete"],
}

# Two actions of S3 have none of these, says AWS's reference; no perimeter asks for one.
NOT_ALWAYS_THERE = {"s3:TlsVersion", "s3:authType", "s3:signatureAge", "s3:signatureversion"}


def deployed(folder: Path, *, listing: bool) -> Deployment:
    environments, out = folder / "environments", folder / "out"
    environments.mkdir()
    (environments / "far.toml").write_text(SETTINGS.format(listing=str(listing).lower()))
    build(load_environments(environments, {}), outdir=str(out)).synth()
    name = "secure-storage-far"
    return deployment(name, json.loads((out / "stacks" / name / "cdk.tf.json").read_bytes()))


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """The perimeter as it is by default, for objects only."""
    return deployed(tmp_path_factory.mktemp("objects"), listing=False)


@pytest.fixture(scope="module")
def listing(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """The perimeter for objects, and for listing them."""
    return deployed(tmp_path_factory.mktemp("listing"), listing=True)


def answers(
    engine: Engine, here: Deployment, who: str, does: list[str], bucket: str, network: str = "elsewhere"
) -> dict[str, str]:
    rows = [Row("far", who, one, "", bucket=bucket, network=network, sends="nothing") for one in does]
    outcomes = Simulator(engine, here)(rows)
    assert {key for outcome in outcomes for key in outcome.ignored} <= NOT_ALWAYS_THERE
    return {one: outcome.answer for one, outcome in zip(does, outcomes, strict=True)}


def refused(found: dict[str, str], sid: str) -> set[str]:
    return {one for one, answer in found.items() if answer.startswith("denied") and sid in answer}


@of_each_bucket
def test_every_action_on_an_object_is_refused_on_another_network(
    engine: Engine, objects: Deployment, bucket: str
) -> None:
    every = list(OBJECT_ACTIONS)
    elsewhere = answers(engine, objects, "an administrator", every, bucket)
    assert refused(elsewhere, "DenyOutsidePerimeter") == set(every)
    inside = answers(engine, objects, "an administrator", every, bucket, "the VPC endpoint")
    assert refused(inside, "Outside") == set()


@of_each_bucket
def test_every_action_on_an_object_is_refused_to_another_organization(
    engine: Engine, objects: Deployment, bucket: str
) -> None:
    every = list(OBJECT_ACTIONS)
    found = answers(engine, objects, "a stranger", every, bucket, "the office")
    assert refused(found, "DenyOutsideOrganization") == set(every)


@of_each_bucket
def test_what_manages_the_bucket_passes_from_everywhere(
    engine: Engine, listing: Deployment, bucket: str
) -> None:
    managing = sorted(set(names(actions_on("bucket"))) - set(LISTING_ACTIONS))
    assert len(managing) > 50
    assert not set(managing) & set(OBJECT_ACTIONS)
    found = answers(engine, listing, "an administrator", managing, bucket)
    assert set(found.values()) == {"allowed: S3 by AdministratorAccess"}


@of_each_bucket
def test_listing_is_within_the_perimeter_where_the_settings_say_so(
    engine: Engine, objects: Deployment, listing: Deployment, bucket: str
) -> None:
    free = answers(engine, objects, "an administrator", LISTING_ACTIONS, bucket)
    assert set(free.values()) == {"allowed: S3 by AdministratorAccess"}
    found = answers(engine, listing, "an administrator", LISTING_ACTIONS, bucket)
    assert set(found.values()) == {"denied: S3 by DenyListingOutsidePerimeter"}
    found = answers(engine, listing, "a stranger", LISTING_ACTIONS, bucket, "the office")
    assert set(found.values()) == {"denied: S3 by DenyListingOutsideOrganization"}
    inside = answers(engine, listing, "an administrator", LISTING_ACTIONS, bucket, "the office")
    assert set(inside.values()) == {"allowed: S3 by AdministratorAccess"}


@of_each_bucket
def test_the_deploying_role_lists_from_everywhere(engine: Engine, listing: Deployment, bucket: str) -> None:
    found = answers(engine, listing, "the deploying role", LISTING_ACTIONS, bucket)
    assert set(found.values()) == {"allowed: S3 by AdministratorAccess"}


@of_each_bucket
def test_a_plan_of_ci_looks_at_the_bucket_from_everywhere_and_at_no_object(
    engine: Engine, listing: Deployment, bucket: str
) -> None:
    found = answers(engine, listing, "CI that plans", [*LISTING_ACTIONS, "GetObject"], bucket)
    assert found.pop("GetObject") == "denied: S3 by DenyOutsidePerimeter"
    assert set(found.values()) == {"allowed: S3 by AdministratorAccess"}


def test_s3_replicates_from_networks_of_its_own(engine: Engine, listing: Deployment) -> None:
    for bucket, does in REPLICATION.items():
        found = answers(engine, listing, "the replication role", does, bucket, "inside AWS")
        assert [one for one, answer in found.items() if not answer.startswith("allowed")] == []
        others = answers(engine, listing, "another role that may replicate", does, bucket, "inside AWS")
        assert refused(others, "DenyOutsidePerimeter") == set(does)


def test_s3_looks_up_what_to_replicate_where_listing_is_within_the_perimeter(
    engine: Engine, listing: Deployment
) -> None:
    for bucket in BUCKETS:
        found = answers(engine, listing, "the replication role", ["s3:ListBucket"], bucket, "inside AWS")
        assert found == {"s3:ListBucket": "allowed: S3 by AllowReadConfiguration"}


@pytest.mark.real
def test_no_exemption_can_go_without_notice(engine: Engine, listing: Deployment) -> None:
    who = [
        "the replication role",
        "the deploying role",
        "CI that reviews",
        "CI that plans",
        "CI that deploys",
    ]
    asked = [
        (one, does, bucket)
        for one in who
        for bucket, replicating in REPLICATION.items()
        for does in ([*replicating, "s3:ListBucket"], ["DeleteObject"])
    ]

    def passed(here: Deployment) -> list[str]:
        return [answer for one in asked for answer in answers(engine, here, *one, "inside AWS").values()]

    mutants = {
        str(mutant): replace(listing, policies={**listing.policies, name: mutant.document})
        for name in ("bucket policy", "replica bucket policy")
        for mutant in without_part(name, listing.policies[name])
        if mutant.sid.endswith("OutsidePerimeter") and "aws:PrincipalArn" in mutant.lacks
    }
    assert len(mutants) >= 16
    assert [name for name, one in mutants.items() if passed(one) == passed(listing)] == []
