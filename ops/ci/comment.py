"""The comment of an environment on a pull request, and the gate that stops a dangerous change."""

import re
from collections.abc import Iterable

from ops.ci.github import Comment, github, has_github
from ops.ci.label import LABEL, NOT_ALLOWED, label_problem
from ops.ci.manifest import ReviewManifest
from ops.ci.review import made_review, marker
from ops.ci.runner import run_address
from ops.shared.errors import OpsError
from review.model import DANGEROUS

_LAST_LINE = re.compile("<!-- review-sha256: ([0-9a-f]{64}) -->")
_RUN = re.compile(r" \[Made by this run\]\(https://[^()\s]+\)[.]")


def run_comment(environment: str, number: int) -> None:
    """Write the comment with the review that `ops ci review` made, or update it where it says another.

    A comment that already says the same is not changed: a label counts only if it is newer than the comment.

    Args:
        environment: its name.
        number: the number of the pull request.

    Raises:
        OpsError: there is no such review, or GitHub refuses.
    """
    manifest, text = _review_for(environment, number)
    body = comment_body(manifest, text, run_address())
    repository = github()
    mine = own_comment(repository.comments(number), environment)
    if mine is None:
        repository.create_comment(number, body)
        what = "wrote a comment on"
    elif _same(mine.body, body):
        what = "left the comment as it is on"
    else:
        repository.update_comment(mine, body)
        what = "updated the comment on"
    print(f"✓ {what} pull request {number}: the review of {environment} is {manifest.digest}")


def run_gate(environment: str, number: int | None, *, allowed: bool) -> None:
    """Raise an OpsError of status 4 where the review is dangerous and nobody allowed that.

    Args:
        environment: its name.
        number: the number of the pull request, whose label allows it.
        allowed: allow it without a label.
    """
    manifest, _ = _review_for(environment, number)
    if manifest.verdict == DANGEROUS and not allowed:
        problem = _label_problem(environment, number, manifest)
        if problem is not None:
            raise OpsError(f"the plan of {environment} is dangerous, and {problem}", status=NOT_ALLOWED)
    print(f"✓ the plan of {environment} may be merged: {manifest.verdict}")


def _review_for(environment: str, number: int | None) -> tuple[ReviewManifest, str]:
    manifest, text = made_review(environment)
    if number not in (None, manifest.number):
        raise OpsError(f"the review in ci-review/ is of pull request {manifest.number}, not of {number}")
    return manifest, text


def _label_problem(environment: str, number: int | None, manifest: ReviewManifest) -> str | None:
    if number is None or not has_github():
        return f"no pull request on GitHub is named whose label {LABEL} allows it"
    repository = github()
    comment = own_comment(repository.comments(number), environment)
    if comment is None or reviewed_digest(comment) != manifest.digest:
        return f"pull request {number} does not show it yet: run make ci-comment first"
    return label_problem(repository, number, comment.written)


def comment_body(manifest: ReviewManifest, text: str, run: str = "") -> str:
    """Return the comment: the review, and which it is; `run` is the address of the run that writes it."""
    made = f" [Made by this run]({run})." if run else ""
    return (
        f"{text.rstrip()}\n\nThe plan of `{manifest.environment}`. Once this is merged, `main` is "
        f"planned: what that changes must be in a review like this one, and somebody approves it.{made}\n"
        f"<!-- review-sha256: {manifest.digest} -->"
    )


def _same(one: str, other: str) -> bool:
    return _compared(one) == _compared(other)


def _compared(body: str) -> list[str]:
    """Return the lines of a comment that count: a run that finds the same again leaves the comment alone."""
    # GitHub may change line ends and white space at the end of a line.
    lines = [line.rstrip() for line in body.strip().splitlines()]
    # The second last line, which is ours, names the run; everything above it is from the plan.
    return [*lines[:-2], *(_RUN.sub("", line) for line in lines[-2:])]


def own_comment(comments: Iterable[Comment], environment: str) -> Comment | None:
    """Return our earlier comment for an environment, if any; not a comment that copies its marker."""
    first_line = f"<!-- {marker(environment)} -->"
    for comment in comments:
        if comment.ours and comment.body.splitlines()[:1] == [first_line]:
            return comment
    return None


def reviewed_digest(comment: Comment) -> str:
    """Return the digest of the review that a comment shows.

    Raises:
        OpsError: it names none.
    """
    # Only the last line is certainly ours: everything above it is from the plan.
    match = _LAST_LINE.fullmatch((comment.body.splitlines() or [""])[-1].strip())
    if match is None:
        raise OpsError("the comment on the pull request does not say which review it shows: review again")
    return match[1]
