"""The plan of the main branch: compared with what was reviewed, allowed, and stored or refused."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ops.ci import git as git_module
from ops.ci import manifest as manifest_module
from ops.ci import plan as module
from ops.ci.comment import comment_body
from ops.ci.git import Revision
from ops.ci.label import LABEL
from ops.ci.manifest import COMMENT, CONFIGURATION, LOCK, PLAN, PLAN_JSON, REVIEW, StateVersion
from ops.ci.merged import DEPLOYED_COMMIT, commit_record, deployed_commit
from ops.ci.plan import run_plan
from ops.ci.review import marker
from ops.ci.reviewed_plan import ReviewedPlan
from ops.ci.stand_in import AUTHOR, BOT, REVIEWER, StandIn
from ops.ci.store import PlanStore
from ops.demo.ci_demo_site import GIT
from ops.shared.errors import OpsError
from review.build import review
from review.plan import read_plan
from review.render.as_json import as_json
from tests.ci.conftest import BUCKET, REVIEW_BODIES, SETTINGS, review_with
from tests.ci.test_git import commit, git

import pytest

Json = Any
KEY = {"address": "aws_kms_key.key", "type": "aws_kms_key"}
VERSIONING = {"address": "aws_s3_bucket_versioning.v", "type": "aws_s3_bucket_versioning"}


def change(of: Json, before: Json, after: Json) -> Json:
    return {**of, "change": {"actions": ["update"], "before": before, "after": after}}


ROTATION = change(KEY, {"rotation_period_in_days": 365}, {"rotation_period_in_days": 180})
OTHER = change(KEY, {"rotation_period_in_days": 365}, {"rotation_period_in_days": 90})
DESCRIPTION = change(VERSIONING, {"mfa": "a"}, {"mfa": "b"})
SUSPENDED = change(
    VERSIONING,
    {"versioning_configuration": [{"status": "Enabled"}]},
    {"versioning_configuration": [{"status": "Suspended"}]},
)


class Scene:
    """A repository, the reviews of what was merged into it, and the plan of its main branch."""

    def __init__(
        self, checkout: Path, api: StandIn, store: PlanStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.checkout, self.api, self.store, self._monkeypatch = checkout, api, store, monkeypatch
        self.summary, self.output = checkout.parent / "summary", checkout.parent / "output"
        self.configuration = b"{}"
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(self.summary))
        monkeypatch.setenv("GITHUB_OUTPUT", str(self.output))

    def deployed(self) -> None:
        """Record that what is checked out is deployed."""
        self.store.replace(DEPLOYED_COMMIT, commit_record(git(self.checkout, "rev-parse", "HEAD")))

    def review(self, number: int, *changes: Json) -> str:
        """Store the review of a pull request, comment and merge; return its digest."""
        plan, result = _made(changes)
        text = f"<!-- {marker('dev')} -->\n## Safe\n"
        files = {
            PLAN_JSON: plan, CONFIGURATION: self.configuration, REVIEW: result, COMMENT: text.encode(),
        }  # fmt: skip
        manifest = review_with(files, number=number)
        self.store.keep_review(manifest, files)
        self.api.add_comment(number, comment_body(manifest, text), BOT)
        self.merge(number)
        return manifest.digest

    def merge(self, number: int) -> None:
        """Merge a pull request as a commit of its own."""
        commit(self.checkout)
        self.api.merged[git(self.checkout, "rev-parse", "HEAD")] = number

    def plan(self, *changes: Json, allowed: bool = False, numbers: tuple[int, ...] = ()) -> str:
        """Plan the main branch with these changes; return the digest that is handed on, if any."""
        made = self.reviewed_plan(changes)
        self._monkeypatch.setattr(module, "plan_commit", lambda *_, **__: made)
        run_plan("dev", checked=False, numbers=numbers, allowed=allowed)
        return self.output.read_text().removeprefix("digest=").strip() if self.output.exists() else ""

    def reviewed_plan(self, changes: tuple[Json, ...]) -> ReviewedPlan:
        plan, result = _made(changes)
        parsed = read_plan(plan, PLAN)
        of = Revision(git(self.checkout, "rev-parse", "HEAD"), git(self.checkout, "rev-parse", "HEAD^{tree}"))
        files: Mapping[str, bytes] = {
            PLAN: b"plan", CONFIGURATION: self.configuration, LOCK: b"lock", PLAN_JSON: plan, REVIEW: result,
        }  # fmt: skip
        state = StateVersion("7f2c", 3)
        same = not changes
        return ReviewedPlan(
            SETTINGS, "secure-storage-dev", of, state, "1.11.4", files, parsed, review(parsed), same
        )

    def refused(self, words: str, *changes: Json, status: int = 1) -> str:
        """Expect that a plan is refused with `words`, and hands nothing on; return the error."""
        with pytest.raises(OpsError, match=words) as caught:
            self.plan(*changes)
        line = str(caught.value)
        assert len(line.splitlines()) == 1
        assert caught.value.status == status
        assert not self.output.exists()
        assert "**It is not deployed, as this was not reviewed or not allowed:**" in self.summary.read_text()
        return line


def _made(changes: tuple[Json, ...]) -> tuple[bytes, bytes]:
    plan = json.dumps({"format_version": "1.2", "resource_changes": list(changes)}).encode()
    return plan, as_json(review(read_plan(plan, PLAN))).encode()


@pytest.fixture
def scene(tmp_path: Path, api: StandIn, store: PlanStore, monkeypatch: pytest.MonkeyPatch) -> Scene:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name, value in {**GIT, **api.variables}.items():
        monkeypatch.setenv(name, value)
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    monkeypatch.setattr(git_module, "ROOT", checkout)
    git(checkout, "init", "--quiet")
    commit(checkout, **{"main.py": ""})
    return Scene(checkout, api, store, monkeypatch)


def test_what_was_reviewed_is_stored_and_its_digest_handed_on(scene: Scene) -> None:
    scene.deployed()
    scene.review(1, ROTATION)
    digest = scene.plan(ROTATION)
    manifest, _ = scene.store.plan(git(scene.checkout, "rev-parse", "HEAD^{tree}"), digest)
    assert (manifest.verdict, manifest.allowed_by) == ("safe", ())
    summary = scene.summary.read_text()
    assert "Each change was reviewed in one of these: #1." in summary
    assert f"The digest of this plan is `{digest}`." in summary
    assert "aws_kms_key.key" in summary


def test_a_main_that_moved_by_reviewed_changes_is_deployed(scene: Scene) -> None:
    scene.deployed()
    scene.review(1, ROTATION)
    scene.review(2, DESCRIPTION)
    assert scene.plan(ROTATION, DESCRIPTION)
    assert "reviewed in one of these: #2, #1." in scene.summary.read_text()


def test_a_main_that_moved_by_other_changes_is_refused_with_the_difference(scene: Scene) -> None:
    scene.deployed()
    scene.review(1, ROTATION)
    line = scene.refused("^the plan of dev is not what was reviewed and allowed: ", OTHER)
    assert "rotation_period_in_days becomes 90, and in the review of pull request 1 180" in line
    assert line.endswith("; a pull request with an empty commit plans all of it again")
    line = scene.refused("aws_s3_bucket_versioning.v: update, which is in no review", ROTATION, DESCRIPTION)
    assert "aws_kms_key" not in line


def test_what_is_known_only_after_apply_is_deployed_as_it_was_described(scene: Scene) -> None:
    unknown = {"actions": ["create"], "before": None, "after": {}, "after_unknown": {"policy": True}}
    scene.deployed()
    scene.configuration = b'{"resource": {"aws_kms_key": {"key": {"policy": "reviewed"}}}}'
    scene.review(1, {**KEY, "change": unknown})
    assert scene.plan({**KEY, "change": unknown})
    assert (
        "in one of these: #1. Of values that are known only after apply, the configuration was reviewed."
        in (scene.summary.read_text())
    )
    scene.output.unlink()
    scene.configuration = scene.configuration.replace(b"reviewed", b"pushed")
    line = scene.refused("policy is known only after apply", {**KEY, "change": unknown})
    assert "the configuration that makes it differs from that in the review of pull request 1" in line
    assert "policy is known only after apply, and the configuration" in _plain(scene.summary)


def test_without_any_review_a_change_is_refused_and_no_change_passes(scene: Scene) -> None:
    scene.deployed()
    commit(scene.checkout)
    assert scene.plan() == ""
    assert "It changes nothing." in scene.summary.read_text()
    scene.refused("aws_kms_key.key: update, which is in no review", ROTATION)


def test_a_review_that_was_deployed_before_does_not_count_again(scene: Scene) -> None:
    scene.review(1, ROTATION)
    scene.deployed()
    commit(scene.checkout)
    scene.refused("aws_kms_key.key: update, which is in no review", ROTATION)


def test_before_the_first_deploy_all_that_was_merged_counts(scene: Scene) -> None:
    scene.review(1, ROTATION)
    scene.review(2, DESCRIPTION)
    assert scene.plan(ROTATION, DESCRIPTION)


def test_a_pull_request_for_another_branch_or_not_merged_does_not_count(scene: Scene) -> None:
    scene.deployed()
    scene.review(1, ROTATION)
    scene.api.bases[1] = "release"
    scene.refused("which is in no review", ROTATION)
    scene.api.bases.clear()
    scene.api.merged.clear()
    scene.refused("which is in no review", ROTATION)


def test_a_pull_request_without_our_comment_does_not_count(scene: Scene) -> None:
    scene.deployed()
    scene.review(1, ROTATION)
    scene.api.comments[1][0]["user"] = AUTHOR
    scene.refused("which is in no review", ROTATION)


def test_the_review_that_the_comment_shows_counts_and_no_other_one(scene: Scene) -> None:
    scene.deployed()
    scene.review(1, ROTATION)
    scene.api.comments.clear()
    scene.review(1, DESCRIPTION)
    scene.refused("aws_kms_key.key: update, which is in no review", ROTATION)


def test_an_altered_review_does_not_count(scene: Scene, s3: Any) -> None:
    scene.deployed()
    digest = scene.review(1, DESCRIPTION)
    forged, _ = _made((ROTATION,))
    s3.put_object(Bucket=BUCKET, Key=f"ci/dev/review/1/{digest}/{PLAN_JSON}", Body=forged)
    line = scene.refused("which is in no review", ROTATION)
    assert "the review of pull request 1 does not count: the stored review was altered: " in line


def test_a_forged_review_that_claims_other_changes_is_refused(scene: Scene) -> None:
    scene.deployed()
    scene.review(1)
    scene.refused("aws_kms_key.key: update, which is in no review", ROTATION)


@pytest.mark.parametrize(
    "body", ["", "<!-- secure-storage plan of dev -->\n<!-- review-sha256: 0 -->"], ids=["empty", "no digest"]
)
def test_a_comment_that_names_no_review_does_not_count(scene: Scene, body: str) -> None:
    scene.deployed()
    scene.review(1, ROTATION)
    scene.api.comments[1][0]["body"] = body
    scene.refused("which is in no review", ROTATION)


def test_a_review_that_has_expired_does_not_count_and_stops_no_other_one(scene: Scene) -> None:
    scene.deployed()
    scene.review(1, ROTATION)
    text = f"<!-- {marker('dev')} -->\n## Safe\n"
    scene.api.add_comment(2, comment_body(review_with(number=2), text), BOT)
    scene.merge(2)
    assert scene.plan(ROTATION)
    assert "the review of pull request 2 does not count: no review is stored in" in _plain(scene.summary)
    scene.output.unlink()
    line = scene.refused("rotation_period_in_days becomes 90", OTHER)
    assert "; the review of pull request 2 does not count: no review is stored in s3://" in line


def _plain(file: Path) -> str:
    return file.read_text().replace("`", "")


def test_a_stored_review_that_is_no_review_does_not_count(scene: Scene) -> None:
    scene.deployed()
    text = f"<!-- {marker('dev')} -->\n## Safe\n"
    scene.store.keep_review(review_with(number=3), REVIEW_BODIES)
    scene.api.add_comment(3, comment_body(review_with(number=3), text), BOT)
    scene.merge(3)
    line = scene.refused("which is in no review", ROTATION)
    assert "the review of pull request 3 does not count: plan.json: is not JSON" in line


def test_a_review_of_an_older_version_must_be_made_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.deployed()
    with monkeypatch.context() as patch:
        patch.setattr(manifest_module, "FORMAT_VERSION", "2")
        scene.review(1, ROTATION)
    line = scene.refused("which is in no review", ROTATION)
    assert (
        "pull request 1 does not count: manifest.json is of another version of ops: run `ops ci review` "
        in line
    )


def test_an_older_main_is_not_deployed_over_a_newer_one(scene: Scene) -> None:
    scene.review(1, ROTATION)
    first = git(scene.checkout, "rev-parse", "HEAD^1")
    scene.deployed()
    git(scene.checkout, "checkout", "--quiet", "--detach", first)
    with pytest.raises(OpsError, match=r"^commit [0-9a-f]{40}, which is deployed, is not in the history of"):
        scene.plan()


def test_a_danger_needs_the_label_of_somebody_else_after_the_review(scene: Scene) -> None:
    scene.deployed()
    scene.review(1, ROTATION)
    scene.review(2, SUSPENDED)
    changes = (ROTATION, SUSPENDED)
    line = scene.refused("and pull request 2 has no label allow-destroy", *changes, status=4)
    assert line.endswith("; then run this job again")
    scene.api.set_label(1, LABEL, REVIEWER)  # its review has no danger
    scene.refused("it is dangerous, and pull request 2 has no label allow-destroy", *changes, status=4)
    scene.api.set_label(2, LABEL, AUTHOR)
    scene.refused("it is dangerous, and .* was set by its author author: ", *changes, status=4)
    scene.api.set_label(2, LABEL, BOT)
    scene.refused("it is dangerous, and .* was set by the bot ", *changes, status=4)
    scene.api.remove_label(2, LABEL, REVIEWER)
    scene.api.set_label(2, LABEL, REVIEWER)
    digest = scene.plan(*changes)
    manifest, _ = scene.store.plan(git(scene.checkout, "rev-parse", "HEAD^{tree}"), digest)
    assert (manifest.verdict, manifest.allowed_by) == ("dangerous", (2,))
    assert f"What is dangerous was allowed by the label `{LABEL}` of #2." in scene.summary.read_text()


def test_a_label_before_the_review_does_not_let_a_danger_through(scene: Scene) -> None:
    scene.deployed()
    scene.api.set_label(2, LABEL, REVIEWER)
    scene.review(2, SUSPENDED)
    scene.refused(
        "it is dangerous, and the label .* was set by reviewer at .* the review", SUSPENDED, status=4
    )


def test_a_danger_that_no_review_named_is_refused_whatever_the_label(scene: Scene) -> None:
    scene.deployed()
    plan, _ = _made((SUSPENDED,))
    _, harmless = _made((ROTATION,))
    text = f"<!-- {marker('dev')} -->\n## Safe\n"
    files = {PLAN_JSON: plan, CONFIGURATION: b"{}", REVIEW: harmless, COMMENT: text.encode()}
    manifest = review_with(files, number=2)
    scene.store.keep_review(manifest, files)
    scene.api.add_comment(2, comment_body(manifest, text), BOT)
    scene.merge(2)
    scene.api.set_label(2, LABEL, REVIEWER)
    scene.refused("it is dangerous, and no review says that aws_s3_bucket_versioning.v: ", SUSPENDED)


def test_without_github_the_merged_requests_are_named(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.deployed()
    scene.review(1, ROTATION)
    scene.review(2, DESCRIPTION)
    for name in scene.api.variables:
        monkeypatch.delenv(name)
    with pytest.raises(OpsError, match=r"aws_kms_key\.key: update, which is in no review"):
        scene.plan(ROTATION, numbers=(2,))
    scene.review(1, OTHER)
    assert scene.plan(ROTATION, numbers=(2, 1))


def test_without_github_a_danger_is_allowed_by_the_option_only(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.deployed()
    scene.review(1, SUSPENDED)
    for name in scene.api.variables:
        monkeypatch.delenv(name)
    with pytest.raises(OpsError, match=r"and without GitHub, only --allow-destroy allows it") as no:
        scene.plan(SUSPENDED, numbers=(1,))
    assert no.value.status == 4
    assert scene.plan(SUSPENDED, numbers=(1,), allowed=True)


def test_only_some_of_many_differences_are_in_the_error_and_all_in_the_summary(scene: Scene) -> None:
    scene.deployed()
    commit(scene.checkout)
    many = [
        change({"address": f"aws_kms_key.k{n}", "type": "aws_kms_key"}, {"d": 1}, {"d": 2}) for n in range(9)
    ]
    line = scene.refused("and 4 more; a pull request with an empty commit", *many)
    assert "aws_kms_key.k8" not in line
    assert "aws_kms_key.k8: update, which is in no review" in _plain(scene.summary)


@pytest.mark.parametrize("file", ["ops/rules.py", "stacks/promises.py", ".cache/proven/0123"])
def test_a_change_of_what_judges_is_named_in_the_summary(scene: Scene, file: str) -> None:
    scene.deployed()
    (scene.checkout / file).parent.mkdir(parents=True)
    commit(scene.checkout, **{file: ""})
    scene.plan()
    assert f"With what is deployed here, what judges changes is changed itself: `{file}`" in (
        scene.summary.read_text()
    )


@pytest.mark.parametrize("body", [b"", b"[]", b'{"commit": 1}', b"{}"])
def test_a_record_of_the_deploy_that_is_none_is_one_line(store: PlanStore, body: bytes) -> None:
    assert deployed_commit(store) is None
    store.replace(DEPLOYED_COMMIT, body)
    with pytest.raises(OpsError) as caught:
        deployed_commit(store)
    assert len(str(caught.value).splitlines()) == 1
