"""Which plan is deployed, and what becomes of a state that could not be written."""

import os
from pathlib import Path
from typing import Any

from ops import emergency_copy
from ops.ci import deploy
from ops.ci.comment import comment_body, marker
from ops.ci.deploy import _apply, _reviewed
from ops.ci.git import Revision
from ops.ci.github import PullRequest
from ops.ci.stand_in import BOT, StandIn
from ops.ci.store import PlanStore
from ops.errors import OpsError
from ops.terraform import Stack
from tests.ci.conftest import BUCKET, DIGEST, SETTINGS, TREE, manifest_with
from tests.ops.ops_support import stub

import pytest

NAME = "secure-storage-dev"
OF = Revision("c" * 40, TREE)
MERGED = PullRequest(1, ())
COMMENT = comment_body(manifest_with(), f"<!-- {marker('dev')} -->\n## Safe\n")


@pytest.fixture
def on_github(api: StandIn, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    for name, value in api.variables.items():
        monkeypatch.setenv(name, value)
    return api


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_REPOSITORY", "GITHUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def test_the_plan_that_the_comment_shows_is_deployed(on_github: StandIn) -> None:
    on_github.add_comment(1, COMMENT, BOT)
    assert _reviewed("dev", OF, MERGED, ["0" * 64, DIGEST]) == DIGEST


def test_a_commit_that_no_pull_request_was_merged_as_is_not_deployed(on_github: StandIn) -> None:
    with pytest.raises(OpsError, match=r"^no pull request was merged as commit c+, so no plan of it"):
        _reviewed("dev", OF, None, [DIGEST])


def test_a_pull_request_without_our_comment_is_not_deployed(on_github: StandIn) -> None:
    on_github.add_comment(1, COMMENT, {"login": "mallory", "type": "User"})
    with pytest.raises(OpsError, match=r"^pull request 1 has no comment with a plan of dev$"):
        _reviewed("dev", OF, MERGED, [DIGEST])


@pytest.mark.usefixtures("elsewhere")
def test_without_github_only_one_plan_is_no_question() -> None:
    assert _reviewed("dev", OF, None, [DIGEST]) == DIGEST
    with pytest.raises(OpsError, match=r"^2 plans of dev are stored for the tree a+; say with --sha256"):
        _reviewed("dev", OF, None, ["0" * 64, DIGEST])


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """A stack whose Terraform fails, after it left the state in a file."""
    monkeypatch.setattr(emergency_copy, "ROOT", tmp_path)
    monkeypatch.setenv("CDKTF_OUTPUT", str(tmp_path / "cdktf.out"))
    folder = tmp_path / "cdktf.out" / "stacks" / NAME
    folder.mkdir(parents=True)
    script = "echo state >errored.tfstate; echo 'Error: Failed to persist state' >&2; exit 1"
    terraform = stub(tmp_path / "bin" / "terraform", script)
    return Stack(NAME, folder, {"PATH": f"{terraform.parent}:{os.defpath}"})


def test_a_state_that_could_not_be_written_is_kept_here_and_in_the_bucket(
    stack: Stack, store: PlanStore, s3: Any, tmp_path: Path
) -> None:
    with pytest.raises(OpsError) as caught:
        _apply(stack, SETTINGS, store)
    (copy,) = tmp_path.glob(f"terraform.{NAME}.errored-*.tfstate")
    assert copy.read_text() == "state\n"
    key = f"ci/dev/deployed/errored/{copy.name}"
    assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"state\n"
    line = str(caught.value)
    assert len(line.splitlines()) == 1
    for words in ("Failed to persist state", str(copy), "make recover ENV=dev", f"s3://{BUCKET}/{key}"):
        assert words in line


def test_where_the_bucket_takes_nothing_the_line_says_to_keep_the_file(stack: Stack, s3: Any) -> None:
    nowhere = SETTINGS.model_copy(update={"state": SETTINGS.state.model_copy(update={"bucket": "no-such"})})
    with pytest.raises(
        OpsError, match=r"; keep that file before this machine goes: cannot write s3://no-such/"
    ):
        _apply(stack, nowhere, PlanStore(nowhere))


def test_a_deploy_that_failed_otherwise_asks_for_another_plan(stack: Stack, store: PlanStore) -> None:
    stub(stack.folder.parents[2] / "bin" / "terraform", "echo 'Error: no' >&2; exit 1")
    with pytest.raises(OpsError, match=r"failed: no; the plan is used up: once that is mended, plan again$"):
        _apply(stack, SETTINGS, store)


def test_nothing_is_deployed_of_what_is_not_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    def dirty() -> Revision:
        raise OpsError("main.py not committed")

    monkeypatch.setattr(deploy, "revision", dirty)
    with pytest.raises(OpsError, match=r"^main\.py not committed$"):
        deploy.run_deploy("dev", digest=None, allowed=False)
