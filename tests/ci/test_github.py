"""The client of GitHub's API, against the stand-in."""

from datetime import timedelta
from pathlib import Path

from ops.ci.github import GitHub, LabelEvent, PullRequest, User
from ops.ci.github import github as from_variables
from ops.ci.stand_in import AUTHOR, BOT, REPOSITORY, REVIEWER, TOKEN, StandIn
from ops.embedded.aws import free_port
from ops.shared.errors import OpsError

import pytest

MARKED = "<!-- secure-storage plan of dev -->\n"


def test_every_page_of_comments_and_events_is_read(github: GitHub, api: StandIn) -> None:
    api.page_size = 2
    for number in range(5):
        api.add_comment(1, f"comment {number}", BOT)
        api.set_label(1, "x", REVIEWER)
    assert [one.body for one in github.comments(1)] == [f"comment {number}" for number in range(5)]
    assert len(github.label_events(1, "x")) == 5


def test_the_events_of_a_label_say_who_set_it_when(github: GitHub, api: StandIn) -> None:
    api.events[1] = [{"id": 1, "event": "closed"}]  # other events have no label
    api.set_label(1, "y", AUTHOR)
    api.set_label(1, "x", REVIEWER)
    first = api.now
    api.remove_label(1, "x", BOT)
    assert github.label_events(1, "x") == [
        LabelEvent(is_set=True, by=User("reviewer", is_bot=False), at=first),
        LabelEvent(is_set=False, by=User("github-actions[bot]", is_bot=True), at=api.now),
    ]


def test_a_comment_without_text_or_author_is_no_obstacle(github: GitHub, api: StandIn) -> None:
    api.comments[1] = [{"id": 1, "body": None, "user": None, "updated_at": "2026-01-01T00:00:00Z"}]
    (comment,) = github.comments(1)
    assert (comment.body, comment.ours) == ("", False)


@pytest.mark.parametrize(
    ("holder", "author", "ours"),
    [
        (None, BOT, True),
        (None, {"login": "mallory", "type": "User"}, False),
        ({"login": "ci-user", "type": "User"}, {"login": "ci-user", "type": "User"}, True),
        ({"login": "ci-user", "type": "User"}, {"login": "mallory", "type": "User"}, False),
        ({"login": "ci-user", "type": "User"}, BOT, False),
    ],
)
def test_a_comment_is_ours_by_its_author(
    github: GitHub, api: StandIn, holder: dict[str, str] | None, author: dict[str, str], *, ours: bool
) -> None:
    api.user = holder
    api.add_comment(1, MARKED, author)
    (comment,) = github.comments(1)
    assert comment.ours is ours


@pytest.mark.parametrize(
    "answer",
    [
        {},
        "x",
        None,
        {"id": 1, "body": "", "user": "x"},
        {"id": 1, "body": "", "user": None, "updated_at": "x"},
    ],
)
def test_an_answer_of_another_form_is_one_line(github: GitHub, api: StandIn, answer: object) -> None:
    api.comments[1] = [answer]
    with pytest.raises(OpsError, match=r"^GitHub's answer is not as its documentation says: "):
        github.comments(1)


def test_a_comment_is_created_and_updated_in_place(github: GitHub, api: StandIn) -> None:
    github.create_comment(1, "first")
    (comment,) = github.comments(1)
    github.update_comment(comment, "second")
    assert [(one["id"], one["body"]) for one in api.comments[1]] == [(comment.id, "second")]


def test_what_was_merged_into_the_branch_is_found_page_by_page(github: GitHub, api: StandIn) -> None:
    api.page_size = 2
    for number in range(1, 6):
        api.merged[str(number) * 40] = number
    api.bases[2] = "release"
    api.authors[5] = "somebody"
    api.set_label(5, "x", REVIEWER)
    found = list(github.merged_pull_requests("main", since=api.now))
    assert [one.number for one in found] == [5, 4, 3, 1]
    assert found[0] == PullRequest(5, "somebody", ("x",), "5" * 40)


def test_what_nothing_happened_to_for_long_is_not_asked_for(github: GitHub, api: StandIn) -> None:
    api.merged["a" * 40] = 7
    assert len(list(github.merged_pull_requests("main", since=api.now))) == 1
    assert list(github.merged_pull_requests("main", since=api.now + timedelta(seconds=1))) == []


def test_a_pull_request_that_is_not_merged_has_no_merge_commit(github: GitHub, api: StandIn) -> None:
    assert github.pull_request(3) == PullRequest(3, "author", (), None)


def test_a_refusal_is_one_line_without_the_token(api: StandIn) -> None:
    with pytest.raises(OpsError) as caught:
        GitHub(api=api.url, repository=REPOSITORY, token="wrong").pull_request(1)
    line = f"GitHub answered GET /repos/{REPOSITORY}/pulls/1 with 401: Bad credentials"
    assert str(caught.value) == line


def test_no_answer_is_one_line() -> None:
    nobody = GitHub(api=f"http://127.0.0.1:{free_port()}", repository=REPOSITORY, token=TOKEN)
    with pytest.raises(OpsError, match=r"^GET http://127\.0\.0\.1:\d+/repos/.+/pulls/1: ") as caught:
        nobody.pull_request(1)
    assert len(str(caught.value).splitlines()) == 1
    assert TOKEN not in str(caught.value)


def test_the_token_is_not_the_one_of_netrc(
    api: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert GitHub(api=api.url, repository=REPOSITORY, token=TOKEN).comments(1) == []


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("GITHUB_API_URL", "http://example.com", r"^GITHUB_API_URL must begin with https://"),
        ("GITHUB_API_URL", "http://127.0.0.1@example.com", r"^GITHUB_API_URL must begin with https://"),
        ("GITHUB_REPOSITORY", "../x/y", r"^GITHUB_REPOSITORY must be owner/name"),
        ("GITHUB_REPOSITORY", "", r"^GITHUB_REPOSITORY is not set"),
        ("GITHUB_TOKEN", "", r"^GITHUB_TOKEN is not set"),
        ("GITHUB_TOKEN", "secret\ntoken", r"^GITHUB_TOKEN must be"),
    ],
)
def test_a_bad_variable_is_one_line_without_the_token(variable: str, value: str, message: str) -> None:
    good = {"GITHUB_REPOSITORY": REPOSITORY, "GITHUB_TOKEN": TOKEN}
    with pytest.raises(OpsError, match=message) as caught:
        from_variables(good | {variable: value})
    assert TOKEN not in str(caught.value)
    assert "secret" not in str(caught.value)
