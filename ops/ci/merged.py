"""The reviews of the pull requests that were merged since the last deploy."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ops.ci.comment import own_comment, reviewed_digest
from ops.ci.compare import Planned
from ops.ci.git import merged_since
from ops.ci.github import Comment, GitHub, github, has_github
from ops.ci.label import label_problem
from ops.ci.manifest import CONFIGURATION, PLAN_JSON, REVIEW
from ops.ci.store import PlanStore
from ops.shared.errors import OpsError
from review.plan import PlanError, parse_object, read_plan
from settings.model import Settings

DEPLOYED_COMMIT = "deployed/commit.json"
"""Which commit was deployed last, in the store."""

REVIEWS_KEPT = timedelta(days=30)
"""How long reviews are kept: a pull request without activity in that time has none."""

Danger = tuple[str, str]
"""The address and the words of a dangerous finding."""


@dataclass(frozen=True)
class MergedReview:
    """A review of a pull request that was merged.

    Attributes:
        number: the pull request.
        digest: the review's.
        written: when people could read it in the comment; None without GitHub.
        planned: what was planned.
        dangers: the dangerous findings.
    """

    number: int
    digest: str
    written: datetime | None
    planned: Planned
    dangers: frozenset[Danger]

    def label_problem(self) -> str | None:
        """Return why no label allows its dangers, or None where one does."""
        if self.written is None:
            return "without GitHub, only --allow-destroy allows it"
        return label_problem(github(), self.number, self.written)


@dataclass(frozen=True)
class MergedReviews:
    """All such reviews, and what is wrong with those that do not count."""

    reviews: tuple[MergedReview, ...]
    problems: tuple[str, ...]


def deployed_commit(store: PlanStore) -> str | None:
    """Return which commit was deployed last, or None where there is no record of it."""
    body = store.read(DEPLOYED_COMMIT)
    if body is None:
        return None
    try:
        commit = parse_object(body, DEPLOYED_COMMIT).get("commit")
    except PlanError:
        commit = None
    if not isinstance(commit, str):
        raise OpsError(f"{store.url(DEPLOYED_COMMIT)} is not what `ops ci deploy` writes: it names no commit")
    return commit


def commit_record(commit: str) -> bytes:
    """Return what `deployed_commit` reads."""
    return json.dumps({"commit": commit}).encode() + b"\n"


def merged_reviews(
    settings: Settings, store: PlanStore, since: str | None, numbers: Sequence[int]
) -> MergedReviews:
    """Return the reviews of the pull requests that were merged since a commit.

    A missing or altered review does not count; the others still do.

    Args:
        settings: of the environment.
        store: where the reviews lie.
        since: the commit that was deployed last, if any.
        numbers: without GitHub, the pull requests; all reviews of each count.

    Raises:
        OpsError: GitHub, git or S3 do not say.
    """
    commits = merged_since(since)
    found = [
        one
        for number, comment in (_shown(settings, github(), commits) if has_github() else _named(numbers))
        for one in _read_all(store, number, comment)
    ]
    return MergedReviews(
        tuple(one for one in found if isinstance(one, MergedReview)),
        tuple(one for one in found if isinstance(one, str)),
    )


def _read_all(store: PlanStore, number: int, comment: Comment | None) -> Iterator[MergedReview | str]:
    """Yield each review of a pull request, or why it does not count."""
    try:
        digests = store.review_digests(number) if comment is None else [reviewed_digest(comment)]
    except OpsError as error:
        yield f"the review of pull request {number} does not count: {error}"
        return
    for digest in digests:
        try:
            yield _read(store, number, digest, comment)
        except (OpsError, PlanError) as error:
            yield f"the review of pull request {number} does not count: {error}"


def _named(numbers: Sequence[int]) -> Iterator[tuple[int, None]]:
    """Yield each pull request, without a comment to look for."""
    yield from ((number, None) for number in numbers)


def _shown(settings: Settings, repository: GitHub, commits: frozenset[str]) -> Iterator[tuple[int, Comment]]:
    """Yield each pull request that was merged as one of `commits`, and its comment."""
    since = datetime.now(UTC) - REVIEWS_KEPT
    for pull in repository.merged_pull_requests(settings.ci.branch, since=since):
        if pull.merge_commit not in commits:
            continue
        comment = own_comment(repository.comments(pull.number), settings.environment)
        if comment is not None:  # else it concerns other environments, or none
            yield pull.number, comment


def _read(store: PlanStore, number: int, digest: str, comment: Comment | None) -> MergedReview:
    _, files = store.review(number, digest)
    plan = read_plan(files[PLAN_JSON], PLAN_JSON)
    planned = Planned(plan, parse_object(files[CONFIGURATION], CONFIGURATION), f"pull request {number}")
    written = None if comment is None else comment.written
    return MergedReview(number, digest, written, planned, dangers_of(files[REVIEW]))


def dangers_of(review: bytes) -> frozenset[Danger]:
    """Return the dangerous findings of a review's JSON."""
    try:
        found = parse_object(review, REVIEW)["findings"]
        return frozenset((one["address"], one["words"]) for one in found if one["severity"] == "dangerous")
    except (KeyError, TypeError) as error:
        raise OpsError(f"{REVIEW} is not what `ops ci review` writes") from error
