"""The one comment of an environment on a pull request, and the label that lets a dangerous plan through."""

import re
from collections.abc import Iterable

from ops.ci.github import Comment, github
from ops.ci.manifest import Manifest, sha256
from ops.ci.plan import made_plan
from ops.errors import OpsError
from review.model import DANGEROUS

LABEL = "allow-destroy"
NOT_ALLOWED = 4
"""The exit status where a dangerous plan has no label."""

_LAST_LINE = re.compile("<!-- plan-sha256: ([0-9a-f]{64}) -->")


def run_comment(environment: str, number: int) -> None:
    """Write the comment with the plan that `ops ci plan` made, or update it where there is one.

    Args:
        environment: its name.
        number: the number of the pull request.

    Raises:
        OpsError: there is no such plan, or GitHub refuses.
    """
    manifest, text = made_plan(environment)
    body = comment_body(manifest, text)
    repository = github()
    mine = own_comment(repository.comments(number), environment)
    if mine is None:
        repository.create_comment(number, body)
    else:
        repository.update_comment(mine, body)
    what = "wrote a comment" if mine is None else "updated the comment"
    print(f"✓ {what} on pull request {number}: the plan of {environment} is {sha256(manifest.to_bytes())}")


def run_gate(environment: str, number: int | None, *, allowed: bool) -> None:
    """Raise an OpsError of status 4 where the plan is dangerous and nobody allowed that.

    Args:
        environment: its name.
        number: the number of the pull request, whose label allows it.
        allowed: allow it without a label.
    """
    manifest, _ = made_plan(environment)
    if manifest.verdict == DANGEROUS and not allowed:
        require_label(environment, () if number is None else github().labels(number))
    print(f"✓ the plan of {environment} may be merged: {manifest.verdict}")


def require_label(environment: str, labels: Iterable[str]) -> None:
    """Raise an OpsError of status 4 unless the label is among `labels`."""
    if LABEL not in labels:
        raise OpsError(
            f"the plan of {environment} is dangerous, and the pull request has no label {LABEL}", NOT_ALLOWED
        )


def marker(environment: str) -> str:
    """Return the hidden text by which the comment of an environment is found again."""
    return f"secure-storage plan of {environment}"


def comment_body(manifest: Manifest, text: str) -> str:
    """Return the comment: the review, and which plan it is of."""
    digest = sha256(manifest.to_bytes())
    return (
        f"{text.rstrip()}\n\nThe plan of `{manifest.environment}` at commit {manifest.commit}. "
        f"Merged, exactly this plan is deployed, unless `main` or the state changes before.\n"
        f"<!-- plan-sha256: {digest} -->"
    )


def own_comment(comments: Iterable[Comment], environment: str) -> Comment | None:
    """Return the comment that we wrote for an environment before, if any; not one that copies its marker."""
    first_line = f"<!-- {marker(environment)} -->"
    for comment in comments:
        if comment.ours and comment.body.splitlines()[:1] == [first_line]:
            return comment
    return None


def reviewed_digest(comment: Comment) -> str:
    """Return the digest of the plan that a comment shows.

    Raises:
        OpsError: it names none.
    """
    # Only the last line is ours for certain: all above it is from the plan.
    match = _LAST_LINE.fullmatch((comment.body.splitlines() or [""])[-1].strip())
    if match is None:
        raise OpsError("the comment on the pull request does not say which plan it shows: plan again")
    return match[1]
