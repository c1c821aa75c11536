"""Whether the label that lets a dangerous plan through counts."""

from datetime import datetime, timedelta

from ops.ci.github import GitHub
from ops.ci.label import LABEL, label_problem
from ops.ci.stand_in import AUTHOR, BOT, REVIEWER, StandIn

import pytest

OTHER = {"login": "other", "type": "User"}


@pytest.fixture
def reviewed(api: StandIn) -> datetime:
    """When the review was written; everything after it is later."""
    api.add_comment(1, "the review", BOT)
    return api.now


def test_somebody_else_after_the_review_allows_it(github: GitHub, api: StandIn, reviewed: datetime) -> None:
    api.set_label(1, "bug", AUTHOR)
    api.set_label(1, LABEL, REVIEWER)
    api.remove_label(1, "bug", AUTHOR)
    assert label_problem(github, 1, reviewed) is None


def test_without_the_label_it_is_not_allowed(github: GitHub, api: StandIn, reviewed: datetime) -> None:
    assert label_problem(github, 1, reviewed) == "pull request 1 has no label allow-destroy"
    api.set_label(1, "allow-destroy-not", REVIEWER)
    api.set_label(1, "Allow-Destroy", REVIEWER)
    api.set_label(2, LABEL, REVIEWER)
    assert label_problem(github, 1, reviewed) == "pull request 1 has no label allow-destroy"


def test_the_label_of_the_author_does_not_count(github: GitHub, api: StandIn, reviewed: datetime) -> None:
    api.set_label(1, LABEL, AUTHOR)
    assert label_problem(github, 1, reviewed) == (
        "the label allow-destroy of pull request 1 was set by its author author: "
        "somebody else than its author must remove it and set it again"
    )


def test_the_label_of_a_bot_does_not_count(github: GitHub, api: StandIn, reviewed: datetime) -> None:
    # A workflow's token is a bot's, and the code of the branch can use it.
    api.set_label(1, LABEL, BOT)
    assert "was set by the bot github-actions[bot]: " in str(label_problem(github, 1, reviewed))


def test_the_label_of_an_account_that_is_gone_does_not_count(
    github: GitHub, api: StandIn, reviewed: datetime
) -> None:
    api.set_label(1, LABEL, None)
    assert "was set by an account that no longer exists: " in str(label_problem(github, 1, reviewed))


def test_a_label_before_the_review_does_not_count(github: GitHub, api: StandIn) -> None:
    api.set_label(1, LABEL, REVIEWER)
    for reviewed in (api.now, api.now + timedelta(seconds=1)):
        problem = str(label_problem(github, 1, reviewed))
        assert problem.startswith("the label allow-destroy of pull request 1 was set by reviewer at ")
        assert problem.endswith(": read that, remove the label, and set it again")
    assert label_problem(github, 1, api.now - timedelta(seconds=1)) is None


def test_a_label_that_was_removed_again_does_not_count(
    github: GitHub, api: StandIn, reviewed: datetime
) -> None:
    api.set_label(1, LABEL, REVIEWER)
    api.remove_label(1, LABEL, OTHER)
    assert label_problem(github, 1, reviewed) == "pull request 1 has no label allow-destroy"
    api.set_label(1, LABEL, REVIEWER)
    assert label_problem(github, 1, reviewed) is None


def test_only_who_set_it_last_counts(github: GitHub, api: StandIn, reviewed: datetime) -> None:
    api.set_label(1, LABEL, REVIEWER)
    api.remove_label(1, LABEL, AUTHOR)
    api.set_label(1, LABEL, AUTHOR)
    assert "by its author" in str(label_problem(github, 1, reviewed))
    api.remove_label(1, LABEL, OTHER)
    api.set_label(1, LABEL, OTHER)
    assert label_problem(github, 1, reviewed) is None


def test_the_order_of_the_answer_does_not_count(github: GitHub, api: StandIn, reviewed: datetime) -> None:
    api.set_label(1, LABEL, REVIEWER)
    api.remove_label(1, LABEL, REVIEWER)
    api.set_label(1, LABEL, AUTHOR)
    api.events[1].reverse()
    assert "by its author" in str(label_problem(github, 1, reviewed))


def test_a_label_that_was_deleted_from_the_repository_does_not_count(
    github: GitHub, api: StandIn, reviewed: datetime
) -> None:
    api.set_label(1, LABEL, REVIEWER)
    api.deleted_labels.add(LABEL)  # which leaves no event
    assert label_problem(github, 1, reviewed) == "pull request 1 has no label allow-destroy"
