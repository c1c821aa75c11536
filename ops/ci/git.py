"""What is checked out."""

import subprocess
from dataclasses import dataclass

from ops.ci.paths import planned_again
from ops.shared.environment_argument import environment_names
from ops.shared.errors import OpsError
from ops.shared.toolchain import ROOT

JUDGES = (
    ".cache/",  # what was proven before, which a commit could forge
    ".github/",
    "Makefile",
    "main.py",
    "ops/",
    "proof/",
    "review/",
    "stacks/deployed",
    "stacks/guarantees",
    "stacks/promises",
)
"""Prefixes of the code that judges changes and decides what is deployed: once merged, it judges the next."""


@dataclass(frozen=True)
class Revision:
    """What a plan is made of.

    Attributes:
        commit: the id of the commit.
        tree: the id of its content.
    """

    commit: str
    tree: str


NO_REVISION = Revision(commit="", tree="")
"""Of a plan for reading only: what is in the folder, committed or not."""


def revision() -> Revision:
    """Return what is checked out.

    Raises:
        OpsError: it is no git checkout, or something in it is not committed.
    """
    commit, tree = _git("rev-parse", "HEAD", "HEAD^{tree}").split()
    changed = [line[3:] for line in _git("status", "--porcelain").splitlines()]
    if changed:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        raise OpsError(f"{changed[0]}{more} not committed: CI plans and deploys only what a commit holds")
    return Revision(commit, tree)


def changed_environments(base: str | None) -> list[str]:
    """Return the environments whose plans may differ from those of `base`, sorted; all where that is None.

    All of them, too, where there is no such commit, as before the first push.
    """
    known = environment_names(ROOT)
    if base is None or not _is_commit(base):
        return known
    return planned_again(_changed(base), known)


def merged_since(commit: str | None) -> frozenset[str]:
    """Return the ids of what is checked out and of all commits before it that `commit` does not have.

    Args:
        commit: what was deployed last; None where nothing was.

    Raises:
        OpsError: the history is not all here, or what is checked out is older than what is deployed.
    """
    if _git("rev-parse", "--is-shallow-repository").strip() == "true":
        raise OpsError("the checkout has a part of the history only: let CI fetch all of it (fetch-depth: 0)")
    if commit is None:
        return frozenset(_git("rev-list", "HEAD").split())
    if not _is_commit(commit) or not _is_ancestor(commit, "HEAD"):
        raise OpsError(
            f"commit {commit}, which is deployed, is not in the history of what is checked out: "
            "an older commit is not deployed over it, and a history that was rewritten must keep it"
        )
    return frozenset(_git("rev-list", f"{commit}..HEAD").split())


def changed_judges(base: str | None) -> list[str] | None:
    """Return what differs from `base` of the code that judges changes; None where that is not known."""
    if base is None or not _is_commit(base):
        return None
    return [path for path in _changed(base) if path.startswith(JUDGES)]


def _changed(base: str) -> list[str]:
    # -z, as git quotes unusual names otherwise.
    return _git("diff", "--name-only", "-z", "--no-renames", base, "HEAD", "--").split("\0")[:-1]


def _is_ancestor(commit: str, of: str) -> bool:
    command = ["git", "merge-base", "--is-ancestor", commit, of]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0


def _is_commit(name: str) -> bool:
    command = ["git", "rev-parse", "--quiet", "--verify", "--end-of-options", f"{name}^{{commit}}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False, errors="replace"
        )
    except FileNotFoundError as error:
        raise OpsError("git is not on PATH") from error
    if done.returncode != 0:
        problem = " ".join(done.stderr.split()).removeprefix("fatal: ")
        raise OpsError(f"`git {arguments[0]}` failed: {problem}")
    return done.stdout
