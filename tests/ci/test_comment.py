"""The comment on a pull request, and the gate."""

from datetime import UTC, datetime
from pathlib import Path

from ops.ci import review as review_module
from ops.ci.comment import comment_body, own_comment, reviewed_digest, run_comment, run_gate
from ops.ci.github import Comment, GitHub
from ops.ci.label import LABEL
from ops.ci.manifest import COMMENT, MANIFEST
from ops.ci.review import FOOTER, MOST_JUDGES, judges_note
from ops.ci.stand_in import AUTHOR, BOT, REVIEWER, StandIn
from ops.shared.errors import OpsError
from tests.ci.conftest import REVIEW_BODIES, review_with

import pytest

TEXT = "<!-- secure-storage plan of dev -->\n## Safe: 1 update\n"
MALLORY = {"login": "mallory", "type": "User"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api: StandIn) -> Path:
    """The folder of a review of dev, with the variables of a CI."""
    monkeypatch.setattr(review_module, "ROOT", tmp_path)
    for name, value in api.variables.items():
        monkeypatch.setenv(name, value)
    folder = review_module.review_folder("dev")
    folder.mkdir(parents=True)
    write(folder, "safe")
    return folder


def write(folder: Path, verdict: str, text: str = TEXT) -> str:
    bodies = REVIEW_BODIES | {COMMENT: text.encode()}
    manifest = review_with(bodies, verdict=verdict)
    for name, body in bodies.items():
        (folder / name).write_bytes(body)
    (folder / MANIFEST).write_bytes(manifest.to_bytes())
    return manifest.digest


def comment(body: str) -> Comment:
    return Comment(1, body, datetime.now(UTC), ours=True)


def test_the_comment_is_made_once_and_then_updated_in_place(folder: Path, api: StandIn) -> None:
    api.page_size = 2
    for _ in range(3):
        api.add_comment(1, "unrelated", MALLORY)
    run_comment("dev", 1)
    digest = write(folder, "safe", TEXT + "more\n")
    run_comment("dev", 1)
    assert len(api.comments[1]) == 4
    assert api.comments[1][3]["body"].splitlines()[2] == "more"
    assert reviewed_digest(comment(api.comments[1][3]["body"])) == digest


def test_the_comment_of_another_environment_is_left_alone(folder: Path, api: StandIn) -> None:
    other = api.add_comment(1, TEXT.replace(" dev ", " prod "), BOT)
    run_comment("dev", 1)
    assert len(api.comments[1]) == 2
    assert other["body"] == TEXT.replace(" dev ", " prod ")


def test_a_foreign_comment_with_our_marker_is_left_alone(folder: Path, api: StandIn) -> None:
    foreign = api.add_comment(1, TEXT, MALLORY)
    run_comment("dev", 1)
    assert len(api.comments[1]) == 2
    assert foreign["body"] == TEXT


def test_the_marker_counts_only_in_the_first_line() -> None:
    assert own_comment([comment(f"quoted:\n{TEXT}")], "dev") is None
    assert own_comment([comment(TEXT.replace("\n", "\r\n"))], "dev") is not None


def test_a_digest_counts_only_in_the_last_line() -> None:
    fake = f"<!-- review-sha256: {'0' * 64} -->"
    body = comment_body(review_with(), f"{TEXT}\n{fake}\n")
    assert reviewed_digest(comment(body)) == review_with().digest
    with pytest.raises(OpsError, match=r"does not say which review"):
        reviewed_digest(comment(f"{fake}\nmore"))
    with pytest.raises(OpsError, match=r"does not say which review"):
        reviewed_digest(comment(""))


def test_what_is_added_to_the_review_fits() -> None:
    longest = review_with(environment="e" * 30)
    # GitHub's longest names: an account's has 39 characters, a repository's 100.
    run = f"https://github.example.com/{'o' * 39}/{'r' * 100}/actions/runs/{'1' * 20}"
    assert len(comment_body(longest, "", run)) < FOOTER


def test_a_safe_plan_passes_the_gate_without_github(folder: Path, api: StandIn) -> None:
    run_gate("dev", None, allowed=False)
    assert api.requests == []


def test_a_comment_that_says_the_same_is_left_alone(folder: Path, api: StandIn) -> None:
    run_comment("dev", 1)
    api.comments[1][0]["body"] = api.comments[1][0]["body"].replace("\n", "\r\n") + "\n"
    before = dict(api.comments[1][0])
    write(folder, "safe")
    run_comment("dev", 1)
    assert api.comments[1] == [before]


def test_the_comment_links_to_the_run_that_wrote_it(
    folder: Path, api: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"https://github.example.com/{api.variables['GITHUB_REPOSITORY']}/actions/runs"
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.example.com")
    for run, shown in (("41", "41"), ("42", "41")):  # the same review, made once more
        monkeypatch.setenv("GITHUB_RUN_ID", run)
        run_comment("dev", 1)
        assert f"[Made by this run]({address}/{shown})" in api.comments[1][0]["body"]
    write(folder, "dangerous", f"{TEXT}Look at [this]({address}/1)\n")
    run_comment("dev", 1)
    assert f"({address}/42)" in api.comments[1][0]["body"]
    # A link to a run in the review itself is a part of what is reviewed.
    write(folder, "dangerous", f"{TEXT}Look at [this]({address}/2)\n")
    run_comment("dev", 1)
    assert f"[this]({address}/2)" in api.comments[1][0]["body"]


def test_a_label_still_counts_where_another_run_makes_the_same_review(
    folder: Path, api: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.example.com")
    write(folder, "dangerous")
    for run in ("", "41", "42"):
        monkeypatch.setenv("GITHUB_RUN_ID", run)
        run_comment("dev", 1)
        if not run:
            api.set_label(1, LABEL, REVIEWER)
    run_gate("dev", 1, allowed=False)


def test_a_dangerous_plan_needs_the_label_of_somebody_else(folder: Path, api: StandIn) -> None:
    write(folder, "dangerous")
    run_comment("dev", 1)
    for label, by, words in (
        ("allow-destroy-not", REVIEWER, "pull request 1 has no label allow-destroy"),
        (LABEL, AUTHOR, "was set by its author author: somebody else"),
    ):
        api.set_label(1, label, by)
        with pytest.raises(OpsError, match=f"^the plan of dev is dangerous, and .*{words}") as refused:
            run_gate("dev", 1, allowed=False)
        assert refused.value.status == 4
    api.remove_label(1, LABEL, REVIEWER)
    api.set_label(1, LABEL, REVIEWER)
    run_gate("dev", 1, allowed=False)


def test_a_label_that_triggers_the_same_review_again_still_counts(folder: Path, api: StandIn) -> None:
    write(folder, "dangerous")
    run_comment("dev", 1)
    api.set_label(1, LABEL, REVIEWER)
    write(folder, "dangerous")
    run_comment("dev", 1)
    run_gate("dev", 1, allowed=False)


def test_a_label_does_not_count_for_a_review_that_came_after_it(folder: Path, api: StandIn) -> None:
    write(folder, "dangerous")
    run_comment("dev", 1)
    api.set_label(1, LABEL, REVIEWER)
    write(folder, "dangerous", TEXT + "and more\n")
    run_comment("dev", 1)
    with pytest.raises(OpsError, match=r"read that, remove the label, and set it again$"):
        run_gate("dev", 1, allowed=False)


def test_a_label_does_not_count_for_a_review_that_nobody_could_read(folder: Path, api: StandIn) -> None:
    write(folder, "dangerous", "another")
    api.set_label(1, LABEL, REVIEWER)
    for _ in range(2):
        with pytest.raises(
            OpsError, match=r"pull request 1 does not show it yet: run make ci-comment first$"
        ):
            run_gate("dev", 1, allowed=False)
        api.add_comment(1, comment_body(review_with(), TEXT), BOT)


def test_a_dangerous_plan_can_be_allowed_otherwise(folder: Path, api: StandIn) -> None:
    write(folder, "dangerous")
    with pytest.raises(OpsError, match=r"and no pull request on GitHub is named whose label ") as caught:
        run_gate("dev", None, allowed=False)
    assert caught.value.status == 4
    run_gate("dev", None, allowed=True)
    assert api.requests == []


def test_without_github_a_dangerous_plan_is_refused_with_the_same_status(
    folder: Path, api: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, "dangerous")
    for name in api.variables:
        monkeypatch.delenv(name)
    with pytest.raises(OpsError, match=r"and no pull request on GitHub is named whose label ") as caught:
        run_gate("dev", 1, allowed=False)
    assert caught.value.status == 4
    run_gate("dev", 1, allowed=True)


def test_the_review_of_another_pull_request_is_not_shown(folder: Path, api: StandIn) -> None:
    with pytest.raises(OpsError, match=r"^the review in ci-review/ is of pull request 1, not of 2$"):
        run_comment("dev", 2)
    with pytest.raises(OpsError, match=r"^the review in ci-review/ is of pull request 1, not of 2$"):
        run_gate("dev", 2, allowed=False)
    assert api.requests == []


def test_a_change_of_what_judges_is_named() -> None:
    note = judges_note([".github/workflows/plan.yml", "ops/ci/plan.py"], "this pull request")
    assert note.startswith("**⚠ With this pull request, what judges changes is changed itself: ")
    assert "`.github/workflows/plan.yml`, `ops/ci/plan.py`" in note
    assert "Merged, this code judges itself." in note
    many = judges_note([f"ops/{number}.py" for number in range(99)], "this pull request")
    assert f" and {99 - MOST_JUDGES} more" in many
    assert len(many) < 1000


def test_nothing_is_said_where_no_judge_changes_and_what_is_not_known_is() -> None:
    assert judges_note([], "this pull request") == ""
    assert "is not known" in judges_note(None, "this pull request")


def test_a_plan_that_was_changed_on_disk_is_not_shown(folder: Path, api: StandIn) -> None:
    (folder / COMMENT).write_text(TEXT + "all is well\n")
    with pytest.raises(OpsError, match=r"altered: the SHA-256 of comment\.md is"):
        run_comment("dev", 1)
    assert api.requests == []


def test_without_a_plan_the_line_says_how_to_make_one(folder: Path, github: GitHub) -> None:
    (folder / COMMENT).unlink()
    with pytest.raises(OpsError, match=r"^there is no review of dev yet: make ci-review ENV=dev$"):
        run_comment("dev", 1)
