"""The checks between a stored plan or review and its use."""

import json

from ops.ci.manifest import (
    Manifest,
    ReviewManifest,
    StateVersion,
    require_for,
    require_fresh,
    require_unaltered,
)
from ops.shared.errors import OpsError
from tests.ci.conftest import BODIES, REVIEW_BODIES, manifest_with, review_with

import pytest


@pytest.mark.parametrize("state", [StateVersion(), StateVersion("7f2c", 0)])
def test_a_manifest_reads_back_as_it_was_written(state: StateVersion) -> None:
    manifest = manifest_with(state=state, allowed_by=(3, 4))
    assert Manifest.parse(manifest.to_bytes()) == manifest


def test_a_manifest_of_a_review_reads_back_as_it_was_written() -> None:
    assert ReviewManifest.parse(review_with(number=7).to_bytes()) == review_with(number=7)


@pytest.mark.parametrize(
    "change",
    [
        lambda body: b"",
        lambda body: b"[]",
        lambda body: b'"x"',
        lambda body: b"\xff",
        lambda body: body + b"\n",
        lambda body: body.replace(b'"verdict"', b'"verdikt"'),
        lambda body: body.replace(b'"environment": ', b'"more": 1, "environment": '),
        lambda body: body.replace(b'"review.json"', b'"review"'),
        lambda body: json.dumps(json.loads(body) | {"files": {}}).encode(),
        lambda body: json.dumps(json.loads(body) | {"files": None}).encode(),
    ],
)
def test_anything_else_than_a_manifest_is_one_line(change: object) -> None:
    assert callable(change)
    with pytest.raises(OpsError, match=r"^manifest\.json is not what `ops ci plan` writes: run it again$"):
        Manifest.parse(change(manifest_with().to_bytes()))
    with pytest.raises(OpsError, match=r"^manifest\.json is not what `ops ci review` writes: run it again$"):
        ReviewManifest.parse(change(review_with().to_bytes()))


def test_the_manifest_of_the_one_is_none_of_the_other() -> None:
    with pytest.raises(OpsError, match=r"is not what `ops ci plan` writes"):
        Manifest.parse(review_with().to_bytes())
    with pytest.raises(OpsError, match=r"is not what `ops ci review` writes"):
        ReviewManifest.parse(manifest_with().to_bytes())


def test_a_manifest_of_another_version_is_refused() -> None:
    body = manifest_with().to_bytes().replace(b'"format_version": "3"', b'"format_version": "2"')
    with pytest.raises(OpsError, match=r"^manifest\.json is of another version of ops"):
        Manifest.parse(body)


@pytest.mark.parametrize("name", BODIES)
def test_each_file_of_a_plan_must_be_as_the_manifest_says(name: str) -> None:
    require_unaltered(manifest_with(), BODIES)
    with pytest.raises(OpsError, match=f"stored plan was altered: the SHA-256 of {name} is "):
        require_unaltered(manifest_with(), BODIES | {name: BODIES[name] + b" "})
    with pytest.raises(OpsError, match=f"stored plan was altered: the SHA-256 of {name} is "):
        require_unaltered(manifest_with(), {key: body for key, body in BODIES.items() if key != name})


@pytest.mark.parametrize("name", REVIEW_BODIES)
def test_each_file_of_a_review_must_be_as_the_manifest_says(name: str) -> None:
    require_unaltered(review_with(), REVIEW_BODIES)
    with pytest.raises(OpsError, match=f"stored review was altered: the SHA-256 of {name} is "):
        require_unaltered(review_with(), REVIEW_BODIES | {name: b"forged"})


def test_a_plan_for_something_else_is_refused() -> None:
    manifest = manifest_with()
    require_for(manifest, environment="dev", tree="a" * 40)
    with pytest.raises(OpsError, match=r"^the stored plan is for the environment dev, not for prod$"):
        require_for(manifest, environment="prod", tree="a" * 40)
    with pytest.raises(OpsError, match=r"^the stored plan is for the tree a+, not for b+$"):
        require_for(manifest, environment="dev", tree="b" * 40)


@pytest.mark.parametrize("now", [StateVersion("7f2c", 4), StateVersion("0000", 3), StateVersion()])
def test_a_stale_plan_is_refused(now: StateVersion) -> None:
    with pytest.raises(
        OpsError, match=r"^the plan is stale: it was made on serial 3 of 7f2c, .*; plan again$"
    ):
        require_fresh(manifest_with(), state=now, terraform_version="1.11.4")


def test_the_first_plan_is_stale_once_there_is_a_state() -> None:
    first = manifest_with(state=StateVersion())
    require_fresh(first, state=StateVersion(), terraform_version="1.11.4")
    with pytest.raises(
        OpsError, match=r"^the plan is stale: it was made on no state, and now there is serial 0"
    ):
        require_fresh(first, state=StateVersion("7f2c", 0), terraform_version="1.11.4")


def test_another_terraform_is_refused() -> None:
    with pytest.raises(OpsError, match=r"^the plan was made by Terraform 1\.11\.4, and this is 1\.12\.0"):
        require_fresh(manifest_with(), state=StateVersion("7f2c", 3), terraform_version="1.12.0")
