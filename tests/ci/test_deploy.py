"""Which plan is deployed, and what becomes of a state that could not be written."""

import os
from pathlib import Path
from typing import Any

from ops.ci import deploy
from ops.ci.comment import comment_body
from ops.ci.deploy import _apply, _require_allowed
from ops.ci.git import Revision
from ops.ci.label import LABEL
from ops.ci.manifest import Manifest
from ops.ci.review import marker
from ops.ci.stand_in import BOT, REVIEWER, StandIn
from ops.ci.store import PlanStore
from ops.shared import output_folder
from ops.shared.errors import OpsError
from ops.shared.terraform import Stack
from tests.ci.conftest import BODIES, BUCKET, DIGEST, SETTINGS, TREE, manifest_with, review_with
from tests.ops.ops_support import stub

import pytest

NAME = "secure-storage-dev"
PATH = os.environ["PATH"]
OF = Revision("c" * 40, TREE)
COMMENT = comment_body(review_with(), f"<!-- {marker('dev')} -->\n## Dangerous\n")


@pytest.fixture
def on_github(api: StandIn, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """GitHub, with a comment on pull request 1 and its label."""
    for name, value in api.variables.items():
        monkeypatch.setenv(name, value)
    api.add_comment(1, COMMENT, BOT)
    api.set_label(1, LABEL, REVIEWER)
    return api


def refusal(manifest: Manifest, *, allowed: bool = False) -> OpsError:
    with pytest.raises(OpsError) as caught:
        _require_allowed(manifest, allowed=allowed)
    assert len(str(caught.value).splitlines()) == 1
    return caught.value


def test_a_plan_that_is_not_dangerous_needs_no_label() -> None:
    _require_allowed(manifest_with(), allowed=False)


def test_a_dangerous_plan_is_deployed_while_its_label_counts(on_github: StandIn) -> None:
    _require_allowed(manifest_with(verdict="dangerous", allowed_by=(1,)), allowed=False)


def test_a_label_that_was_removed_after_the_plan_stops_the_deploy(on_github: StandIn) -> None:
    on_github.remove_label(1, LABEL, REVIEWER)
    error = refusal(manifest_with(verdict="dangerous", allowed_by=(1,)))
    assert str(error) == "the plan of dev is dangerous, and pull request 1 has no label allow-destroy"
    assert error.status == 4


def test_each_label_that_was_counted_must_still_count(on_github: StandIn) -> None:
    on_github.add_comment(2, COMMENT, BOT)
    assert "pull request 2 has no label" in str(
        refusal(manifest_with(verdict="dangerous", allowed_by=(1, 2)))
    )


def test_a_comment_that_is_gone_stops_the_deploy(on_github: StandIn) -> None:
    on_github.comments.clear()
    error = refusal(manifest_with(verdict="dangerous", allowed_by=(1,)))
    assert str(error) == "the plan of dev is dangerous, and pull request 1 has lost its comment"


def test_a_dangerous_plan_that_no_label_allowed_needs_the_option() -> None:
    error = refusal(manifest_with(verdict="dangerous"))
    assert "--allow-destroy deploys it, as the label allow-destroy does on GitHub" in str(error)
    assert error.status == 4
    _require_allowed(manifest_with(verdict="dangerous"), allowed=True)


@pytest.fixture(autouse=True)
def own_output_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDKTF_OUTPUT", str(tmp_path / "cdktf.out"))


@pytest.fixture
def checked_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deploy, "revision", lambda: OF)


@pytest.mark.usefixtures("checked_out")
def test_a_digest_that_is_not_stored_for_this_tree_is_refused(store: PlanStore) -> None:
    with pytest.raises(OpsError, match=rf"^no plan is stored in s3://.+/plans/{TREE}/0+/"):
        deploy.run_deploy("dev", digest="0" * 64, allowed=False)


@pytest.mark.usefixtures("checked_out")
def test_a_plan_that_is_not_of_this_tree_is_refused(store: PlanStore) -> None:
    other = manifest_with(tree="b" * 40)
    for name, body in {**BODIES, "manifest.json": other.to_bytes()}.items():
        store.keep(f"plans/{TREE}/{other.digest}/{name}", body)
    with pytest.raises(OpsError, match=r"^the stored plan is for the tree b+, not for a+$"):
        deploy.run_deploy("dev", digest=other.digest, allowed=False)


@pytest.mark.usefixtures("checked_out")
def test_an_altered_plan_is_refused(store: PlanStore, s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"ci/dev/plans/{TREE}/{DIGEST}/plan.tfplan", Body=b"forged")
    with pytest.raises(OpsError, match=r"^the stored plan was altered: s3://.+ was written 2 times$"):
        deploy.run_deploy("dev", digest=DIGEST, allowed=False)


@pytest.mark.usefixtures("checked_out")
def test_a_dangerous_plan_is_refused_before_anything_is_done(store: PlanStore) -> None:
    dangerous = manifest_with(verdict="dangerous")
    store.keep_plan(dangerous, BODIES)
    with pytest.raises(OpsError, match=r"^the plan of dev is dangerous; --allow-destroy deploys it"):
        deploy.run_deploy("dev", digest=dangerous.digest, allowed=False)


@pytest.mark.usefixtures("checked_out")
def test_a_stale_plan_is_refused_and_its_file_removed(
    store: PlanStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deploy, "ROOT", tmp_path)
    monkeypatch.setenv("PATH", PATH)
    with pytest.raises(OpsError, match=r"^the plan is stale: it was made on serial 3 of 7f2c, and now there"):
        deploy.run_deploy("dev", digest=DIGEST, allowed=False)
    assert not (tmp_path / "cdktf.out" / "stacks" / NAME / "plan.tfplan").exists()
    assert store.read("deployed/commit.json") is None


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """A stack whose Terraform fails, after it left the state in a file."""
    monkeypatch.setattr(output_folder, "ROOT", tmp_path)
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
        OpsError, match=r"; save that file before this machine is gone: the state bucket no-such does not "
    ):
        _apply(stack, nowhere, PlanStore(nowhere))


def test_a_deploy_that_failed_otherwise_asks_for_another_plan(stack: Stack, store: PlanStore) -> None:
    stub(stack.folder.parents[2] / "bin" / "terraform", "echo 'Error: no' >&2; exit 1")
    with pytest.raises(OpsError, match=r"failed: no; the plan is used up: fix the error, then plan again$"):
        _apply(stack, SETTINGS, store)


def test_nothing_is_deployed_of_what_is_not_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    def dirty() -> Revision:
        raise OpsError("main.py not committed")

    monkeypatch.setattr(deploy, "revision", dirty)
    with pytest.raises(OpsError, match=r"^main\.py not committed$"):
        deploy.run_deploy("dev", digest=DIGEST, allowed=False)
