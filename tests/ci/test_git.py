"""What CI takes of the checkout, in real repositories."""

import os
import subprocess
from pathlib import Path

from ops.ci import git as module
from ops.ci.git import changed_environments, changed_judges, merged_since, revision
from ops.demo.ci_demo_site import GIT
from ops.shared.errors import OpsError

import pytest


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name, value in GIT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    git(tmp_path, "init", "--quiet")
    commit(tmp_path, **{"main.py": "", "environments/dev.toml": "", "environments/prod.toml": ""})
    return tmp_path


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def commit(folder: Path, **files: str) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "A change")


def test_two_commits_of_the_same_content_have_the_same_tree(checkout: Path) -> None:
    first = revision()
    commit(checkout)
    second = revision()
    assert first.commit != second.commit
    assert first.tree == second.tree


@pytest.mark.parametrize("name", ["main.py", "environments/new.toml"])
def test_what_is_not_committed_is_refused(checkout: Path, name: str) -> None:
    (checkout / name).write_text("changed")
    with pytest.raises(OpsError, match=f"^{name} not committed: CI plans and deploys only what a commit"):
        revision()


def test_outside_of_git_it_is_one_line(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", str(checkout / "nowhere"))
    with pytest.raises(OpsError, match=r"^`git rev-parse` failed: ") as caught:
        revision()
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({"environments/prod.toml": "changed"}, ["prod"]),
        ({"environments/new.toml": "", "environments/dev.toml": "changed"}, ["dev", "new"]),
        ({"environments/prod.toml": "changed", "main.py": "changed"}, ["dev", "prod"]),
        ({"environments/notes.md": "new"}, ["dev", "prod"]),
        ({"docs.md": "new"}, ["dev", "prod"]),
        ({"README.md": "new"}, []),
        ({"docs/README.md": "new", "tests/a.py": "", "presign/a.py": "", "benchmarks/a.py": ""}, []),
        ({"README.md": "new", "environments/prod.toml": "changed"}, ["prod"]),
        ({"README.md": "new", "main.py": "changed"}, ["dev", "prod"]),
        ({"stacks/README.md": "new"}, ["dev", "prod"]),
        ({"environments/.#prod.toml": "new"}, ["dev", "prod"]),
        ({"docs-2/a.md": "new"}, ["dev", "prod"]),
        ({"docs": "a file"}, ["dev", "prod"]),
        ({"README.md.j2": "new"}, ["dev", "prod"]),
        ({}, []),
    ],
)
def test_the_environments_that_a_change_concerns(
    checkout: Path, files: dict[str, str], wanted: list[str]
) -> None:
    commit(checkout, **files)
    assert changed_environments("HEAD^1") == wanted


def test_an_environment_that_was_removed_is_not_planned(checkout: Path) -> None:
    (checkout / "environments/prod.toml").unlink()
    commit(checkout)
    assert changed_environments("HEAD^1") == []


@pytest.mark.parametrize("base", [None, "HEAD^1"])
def test_an_editor_s_lock_is_no_environment(checkout: Path, base: str | None) -> None:
    commit(checkout, **{"main.py": "changed"})
    # As Emacs makes it: a link to nowhere, next to the file that is edited.
    (checkout / "environments/.#prod.toml").symlink_to("ada@laptop.4711")
    assert changed_environments(base) == ["dev", "prod"]


def test_a_checkout_without_environments_is_refused(checkout: Path) -> None:
    for name in ("dev", "prod"):
        (checkout / f"environments/{name}.toml").unlink()
    (checkout / "environments/.#prod.toml").touch()
    with pytest.raises(OpsError, match=r"environments: has no \*\.toml file; each environment is one"):
        changed_environments(None)


@pytest.mark.parametrize("base", [None, "0" * 40, "no-such-branch", "--help", ""])
def test_all_of_them_where_there_is_nothing_to_compare_with(checkout: Path, base: str | None) -> None:
    assert changed_environments(base) == ["dev", "prod"]


def head(folder: Path) -> str:
    return git(folder, "rev-parse", "HEAD")


def test_what_was_merged_since_a_commit_is_all_that_it_does_not_have(checkout: Path) -> None:
    first = head(checkout)
    git(checkout, "checkout", "--quiet", "-b", "change")
    commit(checkout, **{"main.py": "changed"})
    change = head(checkout)
    git(checkout, "checkout", "--quiet", "-")
    git(checkout, "merge", "--quiet", "--no-ff", "--message", "Merge", "change")
    assert merged_since(first) == {change, head(checkout)}
    assert merged_since(head(checkout)) == set()
    assert merged_since(None) == {first, change, head(checkout)}


def test_an_older_commit_than_the_deployed_one_is_refused(checkout: Path) -> None:
    first = head(checkout)
    commit(checkout)
    second = head(checkout)
    git(checkout, "checkout", "--quiet", "--detach", first)
    for deployed in (second, "0" * 40, "--help"):
        with pytest.raises(OpsError, match=r", which is deployed, is not in the history of what is checked"):
            merged_since(deployed)


def test_a_shallow_checkout_is_refused(
    checkout: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = head(checkout)
    commit(checkout)
    shallow = tmp_path_factory.mktemp("shallow")
    git(shallow, "clone", "--quiet", "--depth=1", f"file://{checkout}", ".")
    monkeypatch.setattr(module, "ROOT", shallow)
    for deployed in (first, None):
        with pytest.raises(OpsError, match=r"let CI fetch all of it \(fetch-depth: 0\)$"):
            merged_since(deployed)


def test_a_change_of_what_judges_is_found(checkout: Path) -> None:
    judges = [
        *("proof/a.py", "review/a.py", "ops/ci/a.py", ".github/workflows/a.yml", "Makefile", "main.py"),
        *("stacks/promises.py", "stacks/guarantees.py", "stacks/deployed.py", ".cache/proven/a"),
    ]
    others = ["docs/ops/a.md", "stacks/a.py", "tests/ops/a.py", "tests/main.py", "reviewed.py"]
    for name in (*judges, *others):
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
    commit(checkout, **dict.fromkeys((*judges, *others), "changed"))
    assert changed_judges("HEAD^1") == sorted(judges)
    commit(checkout, **{"docs/ops/a.md": "again"})
    assert changed_judges("HEAD^1") == []


@pytest.mark.parametrize("base", [None, "0" * 40, "no-such-branch", "--help", ""])
def test_without_a_commit_to_compare_with_it_is_not_known(checkout: Path, base: str | None) -> None:
    assert changed_judges(base) is None
