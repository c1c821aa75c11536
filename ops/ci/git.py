"""What is checked out."""

import subprocess
from dataclasses import dataclass

from ops.ci.paths import planned_again
from ops.environment_argument import known_environments
from ops.errors import OpsError
from ops.toolchain import ROOT


@dataclass(frozen=True)
class Revision:
    """What a plan is made of.

    Attributes:
        commit: the id of the commit.
        tree: the id of its content. A pull request is merged as a new commit; its content is what was
            planned if, and only if, main did not move in between.
    """

    commit: str
    tree: str


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
    known = known_environments(ROOT)
    if base is None or not _is_commit(base):
        return known
    # -z, as git quotes unusual names otherwise.
    changed = _git("diff", "--name-only", "-z", "--no-renames", base, "HEAD", "--").split("\0")[:-1]
    return planned_again(changed, known)


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
