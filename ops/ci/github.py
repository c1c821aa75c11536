"""GitHub's REST API, as far as comments, labels and merges of reviews need it.

https://docs.github.com/en/rest/issues/comments
https://docs.github.com/en/rest/issues/events
https://docs.github.com/en/rest/pulls/pulls
"""

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from ops.shared.errors import OpsError
from review.render.escape import cut, visible_text

import requests

Json = Any
TIMEOUT_SECONDS = 30
LOOPBACK = ("127.0.0.1", "::1", "localhost")
VARIABLES = ("GITHUB_REPOSITORY", "GITHUB_TOKEN")


@dataclass(frozen=True)
class Comment:
    """A comment.

    Attributes:
        id, body: its number and its text.
        written: when it was last changed.
        ours: whether it is by the holder of the token, or by a bot as that is.
    """

    id: int
    body: str
    written: datetime
    ours: bool


@dataclass(frozen=True)
class User:
    """Who did something."""

    login: str
    is_bot: bool


@dataclass(frozen=True)
class PullRequest:
    """A pull request.

    Attributes:
        number: its number.
        author: the login of who opened it.
        labels: what it is labelled with.
        merge_commit: the commit that it was merged as; None where it was not merged.
    """

    number: int
    author: str
    labels: tuple[str, ...]
    merge_commit: str | None


@dataclass(frozen=True)
class LabelEvent:
    """A label that was set or removed; `by` is None where that account is gone."""

    is_set: bool
    by: User | None
    at: datetime


class GitHub:
    """One repository. Every method raises OpsError where GitHub refuses or does not answer."""

    def __init__(self, *, api: str, repository: str, token: str) -> None:
        """Name the repository; nothing is asked yet.

        Args:
            api: the URL of the API; only https, except on this machine.
            repository: `owner/name`.
            token: a token that may read pull requests, and write their comments if it has to write a comment.
        """
        parts = urlsplit(api)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise OpsError(
                f'GITHUB_API_URL must begin with https://, as a token is sent there; it is "{api}"'
            )
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository, re.ASCII):
            raise OpsError(f'GITHUB_REPOSITORY must be owner/name; it is "{repository}"')
        if not re.fullmatch(r"[!-~]+", token):
            raise OpsError("GITHUB_TOKEN must be letters, digits and signs, without white space")
        self._api, self._repository, self._token = api.rstrip("/"), f"/repos/{repository}", token
        self._session = requests.Session()
        self._session.auth = self._authorize

    def comments(self, number: int) -> list[Comment]:
        """Return the comments on a pull request, the oldest first."""
        with _as_documented():
            return [
                Comment(
                    one["id"], one["body"] or "", _moment(one["updated_at"]), self._is_ours(one["user"] or {})
                )
                for one in self._pages(f"/issues/{number}/comments")
            ]

    def create_comment(self, number: int, body: str) -> None:
        """Write a new comment on a pull request."""
        self._ask("POST", f"/issues/{number}/comments", json={"body": body})

    def update_comment(self, comment: Comment, body: str) -> None:
        """Replace the text of a comment."""
        self._ask("PATCH", f"/issues/comments/{comment.id}", json={"body": body})

    def pull_request(self, number: int) -> PullRequest:
        """Return a pull request."""
        with _as_documented():
            return _pull_request(self._ask("GET", f"/pulls/{number}").json())

    def label_events(self, number: int, label: str) -> list[LabelEvent]:
        """Return when a label of a pull request was set and removed, and by whom; the oldest first."""
        with _as_documented():
            found = [
                one
                for one in self._pages(f"/issues/{number}/events")
                if one["event"] in ("labeled", "unlabeled") and one["label"]["name"] == label
            ]
            return [
                LabelEvent(one["event"] == "labeled", _user(one["actor"]), _moment(one["created_at"]))
                for one in sorted(found, key=lambda one: int(one["id"]))
            ]

    def merged_pull_requests(self, branch: str, *, since: datetime) -> Iterator[PullRequest]:
        """Yield those that were merged into a branch, as far as anything happened to them since then."""
        query = {"state": "closed", "base": branch, "sort": "updated", "direction": "desc"}
        with _as_documented():
            for one in self._pages("/pulls", query):
                if _moment(one["updated_at"]) < since:
                    return
                if one["merged_at"]:
                    yield _pull_request(one)

    def _is_ours(self, user: Mapping[str, Json]) -> bool:
        if self._own_login is not None:
            return user.get("login") == self._own_login
        # A workflow's token is a bot's and cannot ask whose. No person's account is of this type.
        return user.get("type") == "Bot"

    @cached_property
    def _own_login(self) -> str | None:
        answer = self._send("GET", f"{self._api}/user")
        return str(answer.json()["login"]) if answer.status_code == 200 else None

    def _pages(self, path: str, query: Mapping[str, str] | None = None) -> Iterator[Mapping[str, Json]]:
        number = 1
        while True:
            page = {"per_page": "100", "page": str(number)}
            answer = self._ask("GET", path, params={**(query or {}), **page})
            found = answer.json()
            if not isinstance(found, list):
                raise OpsError(f"GitHub answered GET {self._repository}{path} with no list")
            yield from found
            # Counted here: the token goes to no address that an answer names.
            if "next" not in answer.links:
                return
            number += 1

    def _ask(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, json: Json = None
    ) -> requests.Response:
        path = self._repository + path
        answer = self._send(method, self._api + path, params=params, json=json)
        if not 200 <= answer.status_code < 300:
            raise OpsError(f"GitHub answered {method} {path} with {answer.status_code}{_reason(answer)}")
        return answer

    def _send(self, method: str, url: str, **arguments: Any) -> requests.Response:  # noqa: ANN401
        try:
            answer = self._session.request(
                method,
                url,
                headers={"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"},
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
                **arguments,
            )
            if 200 <= answer.status_code < 300:
                answer.json()
        except requests.RequestException as error:  # what is no JSON is one, too
            raise OpsError(f"{method} {url}: {cut(visible_text(str(error)), 300)}") from error
        return answer

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        # As a function, since a header would give way to what ~/.netrc says.
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


@contextlib.contextmanager
def _as_documented() -> Iterator[None]:
    """Raise an OpsError for an answer that is not as documented."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise OpsError(f"GitHub's answer is not as its documentation says: {error!r}") from error


def _pull_request(one: Mapping[str, Json]) -> PullRequest:
    merge_commit = str(one["merge_commit_sha"]) if one["merged_at"] else None
    author = (one["user"] or {}).get("login", "")
    return PullRequest(one["number"], author, tuple(label["name"] for label in one["labels"]), merge_commit)


def _user(one: Mapping[str, Json] | None) -> User | None:
    return None if one is None else User(one["login"], one["type"] != "User")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _reason(answer: requests.Response) -> str:
    try:
        return f": {cut(visible_text(str(answer.json()['message'])), 200)}"
    except (ValueError, LookupError, TypeError):
        return ""


def has_github(environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether the variables say which repository it is, and with which token."""
    return all(environ.get(name) for name in VARIABLES)


def github(environ: Mapping[str, str] = os.environ) -> GitHub:
    """Return the repository of GITHUB_REPOSITORY at GITHUB_API_URL, for the holder of GITHUB_TOKEN.

    Raises:
        OpsError: one of them is missing or wrong.
    """
    for name in VARIABLES:
        if not environ.get(name):
            raise OpsError(f"{name} is not set", "docs/ci.md says what the CI must set")
    return GitHub(
        api=environ.get("GITHUB_API_URL") or "https://api.github.com",
        repository=environ["GITHUB_REPOSITORY"],
        token=environ["GITHUB_TOKEN"],
    )
