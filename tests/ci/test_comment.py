"""The comment on a pull request, and the gate."""

from pathlib import Path

from ops.ci import plan as plan_module
from ops.ci.comment import comment_body, own_comment, require_label, reviewed_digest, run_comment, run_gate
from ops.ci.github import Comment, GitHub
from ops.ci.manifest import COMMENT, MANIFEST, sha256
from ops.ci.plan import FOOTER
from ops.ci.stand_in import BOT, StandIn
from ops.errors import OpsError
from tests.ci.conftest import BODIES, manifest_with

import pytest

TEXT = "<!-- secure-storage plan of dev -->\n## Safe: 1 update\n"
MALLORY = {"login": "mallory", "type": "User"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api: StandIn) -> Path:
    """The folder of a plan of dev, with the variables of a CI."""
    monkeypatch.setattr(plan_module, "ROOT", tmp_path)
    for name, value in api.variables.items():
        monkeypatch.setenv(name, value)
    folder = plan_module.plan_folder("dev")
    folder.mkdir(parents=True)
    write(folder, "safe")
    return folder


def write(folder: Path, verdict: str, text: str = TEXT) -> str:
    bodies = BODIES | {COMMENT: text.encode()}
    manifest = manifest_with(verdict=verdict, files={name: sha256(body) for name, body in bodies.items()})
    for name, body in bodies.items():
        (folder / name).write_bytes(body)
    (folder / MANIFEST).write_bytes(manifest.to_bytes())
    return sha256(manifest.to_bytes())


def test_the_comment_is_made_once_and_then_updated_in_place(folder: Path, api: StandIn) -> None:
    api.page_size = 2
    for _ in range(3):
        api.add_comment(1, "unrelated", MALLORY)
    run_comment("dev", 1)
    digest = write(folder, "safe", TEXT + "more\n")
    run_comment("dev", 1)
    assert len(api.comments[1]) == 4
    assert api.comments[1][3]["body"].splitlines()[2] == "more"
    assert reviewed_digest(Comment(1, api.comments[1][3]["body"], ours=True)) == digest


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
    assert own_comment([Comment(1, f"quoted:\n{TEXT}", ours=True)], "dev") is None
    assert own_comment([Comment(1, TEXT.replace("\n", "\r\n"), ours=True)], "dev") is not None


def test_a_digest_counts_only_in_the_last_line() -> None:
    fake = f"<!-- plan-sha256: {'0' * 64} -->"
    body = comment_body(manifest_with(), f"{TEXT}\n{fake}\n")
    assert reviewed_digest(Comment(1, body, ours=True)) == sha256(manifest_with().to_bytes())
    with pytest.raises(OpsError, match=r"does not say which plan"):
        reviewed_digest(Comment(1, f"{fake}\nmore", ours=True))
    with pytest.raises(OpsError, match=r"does not say which plan"):
        reviewed_digest(Comment(1, "", ours=True))


def test_what_is_added_to_the_review_fits() -> None:
    longest = manifest_with(environment="e" * 30)
    assert len(comment_body(longest, "")) < FOOTER


def test_a_safe_plan_passes_the_gate_without_github(folder: Path, api: StandIn) -> None:
    run_gate("dev", None, allowed=False)
    assert api.requests == []


def test_a_dangerous_plan_needs_the_label(folder: Path, api: StandIn) -> None:
    write(folder, "dangerous")
    api.labels[1] = ["allow-destroy-not"]
    with pytest.raises(
        OpsError, match=r"^the plan of dev is dangerous, and the pull .* label allow-des"
    ) as no:
        run_gate("dev", 1, allowed=False)
    assert no.value.status == 4
    api.labels[1] = ["bug", "allow-destroy"]
    run_gate("dev", 1, allowed=False)


def test_a_dangerous_plan_can_be_allowed_otherwise(folder: Path, api: StandIn) -> None:
    write(folder, "dangerous")
    with pytest.raises(OpsError) as caught:
        run_gate("dev", None, allowed=False)
    assert caught.value.status == 4
    run_gate("dev", None, allowed=True)
    assert api.requests == []


def test_the_label_must_be_exact() -> None:
    require_label("dev", ["allow-destroy"])
    with pytest.raises(OpsError):
        require_label("dev", ["Allow-Destroy"])


def test_a_plan_that_was_changed_on_disk_is_not_shown(folder: Path, api: StandIn) -> None:
    (folder / COMMENT).write_text(TEXT + "all is well\n")
    with pytest.raises(OpsError, match=r"altered: the SHA-256 of comment\.md is"):
        run_comment("dev", 1)
    assert api.requests == []


def test_without_a_plan_the_line_says_how_to_make_one(folder: Path, github: GitHub) -> None:
    (folder / COMMENT).unlink()
    with pytest.raises(OpsError, match=r"^there is no plan of dev yet: make ci-plan ENV=dev$"):
        run_comment("dev", 1)
