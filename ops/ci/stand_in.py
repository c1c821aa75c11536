"""A stand-in for GitHub's REST API on loopback, as far as `ops.ci.github` asks it.

GitHub cannot run on this machine. It answers as its documentation says, page by page, and only to its token:
https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
"""

import contextlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Json = Any
REPOSITORY = "example/storage"
TOKEN = "not-a-real-token"  # noqa: S105 (only this stand-in takes it)
BOT = {"login": "github-actions[bot]", "type": "Bot"}
AUTHOR = {"login": "author", "type": "User"}
REVIEWER = {"login": "reviewer", "type": "User"}
NOT_FOUND = {"message": "Not Found"}


@dataclass
class StandIn:
    """What it knows, to be read and changed at any time.

    Attributes:
        comments: by the pull request's number, as GitHub gives them.
        events: labels set and removed, by the pull request's number, as GitHub gives them.
        authors: who opened a pull request, by its number; `AUTHOR` where nothing is said.
        bases: the branch that a pull request is for, by its number; main where nothing is said.
        merged: the number of the pull request that was merged as a commit.
        deleted_labels: labels that the repository had once.
        user: whose the token is, where it is a person's; a workflow's token cannot ask.
        page_size: the most entries of one answer.
        requests: what was asked, such as `GET /user`.
        url: its address.
        now: its clock, which advances by a second with each event.
    """

    comments: dict[int, list[Json]] = field(default_factory=dict)
    events: dict[int, list[Json]] = field(default_factory=dict)
    authors: dict[int, str] = field(default_factory=dict)
    bases: dict[int, str] = field(default_factory=dict)
    merged: dict[str, int] = field(default_factory=dict)
    deleted_labels: set[str] = field(default_factory=set)
    user: dict[str, str] | None = None
    page_size: int = 100
    requests: list[str] = field(default_factory=list)
    url: str = ""
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    @property
    def variables(self) -> dict[str, str]:
        """What makes `ops ci` use it."""
        return {"GITHUB_API_URL": self.url, "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_TOKEN": TOKEN}

    def add_comment(self, number: int, body: str, user: dict[str, str]) -> Json:
        """Add a comment and return it."""
        number_of_all = sum(map(len, self.comments.values()))
        comment = {"id": 1 + number_of_all, "body": body, "user": user, "updated_at": self._moment()}
        self.comments.setdefault(number, []).append(comment)
        return comment

    def set_label(self, number: int, label: str, by: dict[str, str] | None) -> None:
        """Label a pull request."""
        self._add_event(number, "labeled", label, by)

    def remove_label(self, number: int, label: str, by: dict[str, str]) -> None:
        """Remove a label of a pull request."""
        self._add_event(number, "unlabeled", label, by)

    def _add_event(self, number: int, what: str, label: str, by: dict[str, str] | None) -> None:
        known = self.events.setdefault(number, [])
        moment, events = self._moment(), sum(map(len, self.events.values()))
        known.append(
            {"id": 1 + events, "event": what, "label": {"name": label}, "actor": by, "created_at": moment}
        )

    def _moment(self) -> str:
        self.now += timedelta(seconds=1)
        return self.now.isoformat().replace("+00:00", "Z")

    def _labels(self, number: int) -> list[Json]:
        names: dict[str, None] = {}
        for event in self.events.get(number, []):
            if event["event"] == "labeled":
                names[event["label"]["name"]] = None
            elif event["event"] == "unlabeled":
                names.pop(event["label"]["name"], None)
        return [{"name": name} for name in names if name not in self.deleted_labels]

    def answer(self, method: str, path: str, query: Mapping[str, str], sent: Json) -> tuple[int, Json]:
        """Return the status and the content of an answer."""
        if path == "/user":
            return (200, self.user) if self.user else (403, {"message": "Resource not accessible"})
        route = path.removeprefix(f"/repos/{REPOSITORY}")
        if match := re.fullmatch(r"/issues/comments/([0-9]+)", route):
            return self._changed_comment(int(match[1]), sent) if method == "PATCH" else (404, NOT_FOUND)
        match = re.fullmatch(r"/(issues|pulls)/([0-9]+)(/comments|/events|)", route)
        if match and (method, match[3]) == ("POST", "/comments"):
            return 201, self.add_comment(int(match[2]), sent["body"], self.user or BOT)
        if method != "GET":
            return 404, NOT_FOUND
        if route == "/pulls":
            return 200, [one for one in self._merged() if one["base"]["ref"] == query.get("base")]
        if match and match[3]:
            return 200, (self.comments if match[3] == "/comments" else self.events).get(int(match[2]), [])
        return (200, self._pull_request(int(match[2]))) if match else (404, NOT_FOUND)

    def _changed_comment(self, wanted: int, sent: Json) -> tuple[int, Json]:
        for comment in (one for listed in self.comments.values() for one in listed):
            if comment["id"] == wanted:
                comment |= {"body": sent["body"], "updated_at": self._moment()}
                return 200, comment
        return 404, NOT_FOUND

    def _merged(self) -> list[Json]:
        """Return what was merged, the newest first."""
        return [self._pull_request(number) for number in dict.fromkeys(reversed(self.merged.values()))]

    def _pull_request(self, number: int) -> Json:
        commit = next((commit for commit, merged in self.merged.items() if merged == number), None)
        now = self.now.isoformat()
        return {
            "number": number,
            "user": {"login": self.authors.get(number, AUTHOR["login"])},
            "labels": self._labels(number),
            "base": {"ref": self.bases.get(number, "main")},
            "merged_at": now if commit else None,
            "merge_commit_sha": commit or "f" * 40,  # of the merge to try
            "updated_at": now,
        }


@contextlib.contextmanager
def stand_in() -> Iterator[StandIn]:
    """Answer on a free port of 127.0.0.1 until the block ends."""
    state = StandIn()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._respond()

        def do_POST(self) -> None:
            self._respond()

        def do_PATCH(self) -> None:
            self._respond()

        def _respond(self) -> None:
            url = urlsplit(self.path)
            state.requests.append(f"{self.command} {url.path}")
            query = {name: values[0] for name, values in parse_qs(url.query).items()}
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Authorization") == f"Bearer {TOKEN}":
                status, content = state.answer(self.command, url.path, query, json.loads(body or b"null"))
            else:
                status, content = 401, {"message": "Bad credentials"}
            headers = {}
            if isinstance(content, list):
                size = min(int(query.get("per_page", "30")), state.page_size)
                page = int(query.get("page", "1"))
                if len(content) > size * page:
                    headers["Link"] = f'<{state.url}{url.path}?page={page + 1}>; rel="next"'
                content = content[size * (page - 1) : size * page]
            sent = json.dumps(content).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(sent)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            """Write nothing to standard error."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
