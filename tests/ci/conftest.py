"""What the tests of CI share: the stand-in for GitHub's API, and a plan that nobody had to make."""

import dataclasses
from collections.abc import Iterator

from ops.ci.github import GitHub
from ops.ci.manifest import FILES, Manifest, StateVersion, sha256
from ops.ci.stand_in import REPOSITORY, TOKEN, StandIn, stand_in

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
