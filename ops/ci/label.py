"""The label that allows a dangerous plan, and whether an allowed person set it after the review."""

from datetime import datetime

from ops.ci.github import GitHub, PullRequest

LABEL = "allow-destroy"
NOT_ALLOWED = 4
"""The exit status if nobody allowed a dangerous plan."""


def label_problem(repository: GitHub, number: int, reviewed: datetime) -> str | None:
    """Return why the label of a pull request does not count, or None where it does.

    It counts where it was set after the review was written, by a person who did not open the pull request.
    Both times are GitHub's, to the second, so that no two clocks are compared. A workflow's token, which code
    of the branch can use, sets labels as a bot.

    Args:
        repository: where to ask.
        number: the pull request.
        reviewed: when its review was written, which may be later than the label.
    """
    pull = repository.pull_request(number)
    events = repository.label_events(number, LABEL)
    if LABEL not in pull.labels or not events or not events[-1].is_set:
        return f"pull request {number} has no label {LABEL}"
    last = events[-1]
    if last.by is None:
        return _refused(pull, "by an account that no longer exists")
    if last.by.is_bot:
        return _refused(pull, f"by the bot {last.by.login}")
    if last.by.login == pull.author:
        return _refused(pull, f"by its author {pull.author}")
    if last.at <= reviewed:
        return (
            f"the label {LABEL} of pull request {number} was set by {last.by.login} at {_said(last.at)}, and "
            f"the review is of {_said(reviewed)}: read that, remove the label, and set it again"
        )
    return None


def _refused(pull: PullRequest, by: str) -> str:
    return (
        f"the label {LABEL} of pull request {pull.number} was set {by}: "
        f"somebody else than its author must remove it and set it again"
    )


def _said(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
