"""What ends in the state bucket by itself: old states, plans and reviews, and no record of a deploy.

A rule counts for every key that begins with its prefix:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
"""

from typing import Any

from tests.conftest import STACKS

import pytest

Stack = dict[str, Any]
KEPT_FOR_EVER = ["secure-storage-named-principals-state", "secure-storage-replication-state"]
"""Where state.lifecycle is false."""
STATES = [name for name in STACKS if name.endswith("-state") and name not in KEPT_FOR_EVER]


def ends(stack: Stack, key: str) -> dict[str, set[int]]:
    """After how many days a key's current version, its earlier ones, and its unfinished uploads end."""
    (configuration,) = stack["resource"]["aws_s3_bucket_lifecycle_configuration"].values()
    found: dict[str, set[int]] = {"current": set(), "noncurrent": set(), "upload": set()}
    for rule in configuration["rule"]:
        (condition,) = rule["filter"]
        assert condition.keys() <= {"prefix"}
        assert rule["status"] == "Enabled"
        assert "transition" not in rule
        if not key.startswith(condition.get("prefix", "")):
            continue
        found["current"] |= {one["days"] for one in rule.get("expiration", [])}
        found["noncurrent"] |= {
            one["noncurrent_days"] for one in rule.get("noncurrent_version_expiration", [])
        }
        found["upload"] |= {
            one["days_after_initiation"] for one in rule.get("abort_incomplete_multipart_upload", [])
        }
    return found


@pytest.fixture(params=STATES)
def environment(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name.removeprefix("secure-storage-").removesuffix("-state")


@pytest.fixture
def stack(environment: str, stacks: dict[str, Stack]) -> Stack:
    return stacks[f"secure-storage-{environment}-state"]


@pytest.mark.parametrize("folder", ["plans", "review"])
def test_a_plan_and_a_review_end_after_30_days_and_are_gone_a_day_later(
    stack: Stack, environment: str, folder: str
) -> None:
    key = f"ci/{environment}/{folder}/7/0123/plan.tfplan"
    assert ends(stack, key) == {"current": {30}, "noncurrent": {1}, "upload": {7}}


@pytest.mark.parametrize("name", ["cdk.tf.json", "outputs.json", "errored/terraform.errored-1.tfstate"])
def test_nothing_ends_what_was_recorded_of_deploys(stack: Stack, environment: str, name: str) -> None:
    key = f"ci/{environment}/deployed/{name}"
    assert ends(stack, key) == {"current": set(), "noncurrent": set(), "upload": {7}}


@pytest.mark.parametrize("suffix", ["", "-state", "-ci"])
@pytest.mark.parametrize("name", ["terraform.tfstate", "terraform.tfstate.tflock"])
def test_a_state_never_ends_and_its_earlier_versions_after_a_year(
    stack: Stack, environment: str, suffix: str, name: str
) -> None:
    key = f"secure-storage-{environment}{suffix}/{name}"
    assert ends(stack, key) == {"current": set(), "noncurrent": {365}, "upload": {7}}


@pytest.mark.parametrize("key", ["ci/{}/plans-2/x", "ci/{}-2/plans/x", "ci/{}", "plans/x", "else"])
def test_nothing_else_ends(stack: Stack, environment: str, key: str) -> None:
    found = ends(stack, key.format(environment))
    assert found == {"current": set(), "noncurrent": set(), "upload": {7}}


@pytest.mark.parametrize("name", KEPT_FOR_EVER)
def test_nothing_ends_where_the_settings_say_so_and_nothing_else_changes(
    name: str, stacks: dict[str, Stack]
) -> None:
    kinds = set(stacks["secure-storage-dev-state"]["resource"])
    assert set(stacks[name]["resource"]) == kinds - {"aws_s3_bucket_lifecycle_configuration"}
