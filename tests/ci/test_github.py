"""The client of GitHub's API, against the stand-in."""

from pathlib import Path

from ops.ci.github import GitHub
from ops.ci.github import github as from_variables
from ops.ci.stand_in import BOT, REPOSITORY, TOKEN, StandIn
from ops.embedded_aws import free_port
from ops.errors import OpsError

import pytest

MARKED = "<!-- secure-storage plan of dev -->\n"


def test_every_page_of_comments_and_labels_is_read(github: GitHub, api: StandIn) -> None:
    api.page_size = 2
    for number in range(5):
        api.add_comment(1, f"comment {number}", BOT)
    api.labels[1] = ["a", "b", "c"]
    assert [one.body for one in github.comments(1)] == [f"comment {number}" for number in range(5)]
    assert github.labels(1) == ("a", "b", "c")


def test_a_comment_without_text_or_author_is_no_obstacle(github: GitHub, api: StandIn) -> None:
    api.comments[1] = [{"id": 1, "body": None, "user": None}]
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


@pytest.mark.parametrize("answer", [{}, "x", None, {"id": 1, "body": "", "user": "x"}])
def test_an_answer_of_another_form_is_one_line(github: GitHub, api: StandIn, answer: object) -> None:
    api.comments[1] = [answer]
    with pytest.raises(OpsError, match=r"^GitHub's answer is not as its documentation says: "):
        github.comments(1)


def test_a_comment_is_created_and_updated_in_place(github: GitHub, api: StandIn) -> None:
    github.create_comment(1, "first")
    (comment,) = github.comments(1)
    github.update_comment(comment, "second")
    assert [(one["id"], one["body"]) for one in api.comments[1]] == [(comment.id, "second")]


def test_only_the_pull_request_that_was_merged_as_the_commit_is_found(github: GitHub, api: StandIn) -> None:
    api.merged["a" * 40] = 7
    api.labels[7] = ["allow-destroy"]
    found = github.merged_as("a" * 40)
    assert found is not None
    assert (found.number, found.labels) == (7, ("allow-destroy",))
    assert github.merged_as("b" * 40) is None


def test_a_refusal_is_one_line_without_the_token(api: StandIn) -> None:
    with pytest.raises(OpsError) as caught:
        GitHub(api=api.url, repository=REPOSITORY, token="wrong").labels(1)
    line = f"GitHub answered GET /repos/{REPOSITORY}/issues/1/labels with 401: Bad credentials"
    assert str(caught.value) == line


def test_no_answer_is_one_line() -> None:
    nobody = GitHub(api=f"http://127.0.0.1:{free_port()}", repository=REPOSITORY, token=TOKEN)
    with pytest.raises(OpsError, match=r"^GET http://127\.0\.0\.1:\d+/repos/.+/issues/1/labels: ") as caught:
        nobody.labels(1)
    assert len(str(caught.value).splitlines()) == 1
    assert TOKEN not in str(caught.value)


def test_the_token_is_not_the_one_of_netrc(
    api: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert GitHub(api=api.url, repository=REPOSITORY, token=TOKEN).labels(1) == ()


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
