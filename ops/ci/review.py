"""Plans a pull request for people to read: what it would change, and which code that judges changes."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from ops.ci.git import changed_judges
from ops.ci.label import LABEL
from ops.ci.manifest import COMMENT, MANIFEST, REVIEW_FILES, ReviewManifest, digests_of, require_unaltered
from ops.ci.reviewed_plan import plan_commit
from ops.ci.store import PlanStore
from ops.shared.errors import OpsError
from ops.shared.toolchain import ROOT
from review.render.escape import code
from review.render.markdown import LIMIT, markdown

FOOTER = 800
"""Characters of the comment that are left for what `ops ci comment` adds."""

MOST_JUDGES = 10


def marker(environment: str) -> str:
    """Return the hidden text that marks the comment of an environment."""
    return f"secure-storage plan of {environment}"


def review_folder(environment: str) -> Path:
    """Return where the review of an environment lies."""
    return ROOT / "ci-review" / environment


def run_review(environment: str, number: int, *, base: str | None, checked: bool) -> None:
    """Plan an environment, and store the review in `ci-review/` and in the state bucket.

    Args:
        environment: its name.
        number: the pull request.
        base: the commit that the pull request changes, if it is known.
        checked: run the preflight first.

    Raises:
        OpsError: something is not committed, a check failed, or Terraform did.
    """
    made = plan_commit(environment, checked=checked)
    note = judges_note(changed_judges(base), "this pull request")
    text = markdown(made.review, marker=marker(environment), limit=LIMIT - FOOTER - len(note), label=LABEL)
    hidden, rest = text.split("\n", 1)
    files = {**made.files, COMMENT: f"{hidden}\n{note}{rest}".encode()}
    files = {name: files[name] for name in REVIEW_FILES}
    manifest = ReviewManifest(environment, number, made.review.verdict, digests_of(files))
    _write(review_folder(environment), {**files, MANIFEST: manifest.to_bytes()})
    where = PlanStore(made.settings).keep_review(manifest, files)
    print(f"{made.review.headline}\n✓ planned {made.stack} for pull request {number}: {where}/")


def judges_note(changed: list[str] | None, what: str) -> str:
    """Return the note for the top, in Markdown: which code that judges changes is changed itself."""
    if changed is None:
        return "**Whether this changes what judges it is not known: there is no commit to compare with.**\n\n"
    if not changed:
        return ""
    more = f" and {len(changed) - MOST_JUDGES} more" if len(changed) > MOST_JUDGES else ""
    listed = ", ".join(code(path) for path in changed[:MOST_JUDGES])
    return (
        f"**⚠ With {what}, what judges changes is changed itself: {listed}{more}.** "
        "Merged, this code judges itself. Read it.\n\n"
    )


def made_review(environment: str) -> tuple[ReviewManifest, str]:
    """Return the manifest of the review in `ci-review/`, and the text of its comment.

    Raises:
        OpsError: there is none, or it was altered.
    """
    folder = review_folder(environment)
    try:
        manifest = ReviewManifest.parse((folder / MANIFEST).read_bytes())
        files = {name: (folder / name).read_bytes() for name in REVIEW_FILES}
    except FileNotFoundError as error:
        raise OpsError(
            f"there is no review of {environment} yet: make ci-review ENV={environment}"
        ) from error
    require_unaltered(manifest, files)
    return manifest, files[COMMENT].decode()


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # It holds what the state does.
    folder.chmod(0o700)
    for name, body in files.items():
        (folder / name).write_bytes(body)
