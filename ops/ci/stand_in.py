"""A stand-in for GitHub's REST API on loopback, as far as `ops.ci.github` asks it.

GitHub cannot run on this machine. It answers as its documentation says, page by page, and only to its token:
https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
"""

import contextlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Json = Any
REPOSITORY = "example/storage"
TOKEN = "not-a-real-token"  # noqa: S105 (only this stand-in takes it)
BOT = {"login": "github-actions[bot]", "type": "Bot"}


@dataclass
class StandIn:
    """What it knows, to be read and changed at any time.

    Attributes:
        comments: by the pull request's number, as GitHub gives them.
        labels: by the pull request's number.
        merged: the number of the pull request that was merged as a commit.
        user: whose the token is, where it is a person's; a workflow's token cannot ask.
        page_size: the most entries of one answer.
        requests: what was asked, such as `GET /user`.
        url: its address.
    """

    comments: dict[int, list[Json]] = field(default_factory=dict)
    labels: dict[int, list[str]] = field(default_factory=dict)
    merged: dict[str, int] = field(default_factory=dict)
    user: dict[str, str] | None = None
    page_size: int = 100
    requests: list[str] = field(default_factory=list)
    url: str = ""

    @property
    def variables(self) -> dict[str, str]:
        """What makes `ops ci` use it."""
        return {"GITHUB_API_URL": self.url, "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_TOKEN": TOKEN}

    def add_comment(self, number: int, body: str, user: dict[str, str]) -> Json:
        """Add a comment and return it."""
        comment = {"id": 1 + sum(map(len, self.comments.values())), "body": body, "user": user}
        self.comments.setdefault(number, []).append(comment)
        return comment

    def answer(self, method: str, path: str, sent: Json) -> tuple[int, Json]:
        """Return the status and the content of an answer."""
        if path == "/user":
            return (200, self.user) if self.user else (403, {"message": "Resource not accessible"})
        match = re.fullmatch(rf"/repos/{REPOSITORY}/(issues|commits)/(.+)/(comments|labels|pulls)", path)
        match = match or re.fullmatch(rf"/repos/{REPOSITORY}/(issues)/(comments)/([0-9]+)", path)
        if match is None:
            return 404, {"message": "Not Found"}
        _, name, what = match.groups()
        if method == "PATCH" and name == "comments":
            for comment in (one for listed in self.comments.values() for one in listed):
                if comment["id"] == int(what):
                    comment["body"] = sent["body"]
                    return 200, comment
            return 404, {"message": "Not Found"}
        if method == "POST" and what == "comments":
            return 201, self.add_comment(int(name), sent["body"], self.user or BOT)
        if method != "GET":
            return 404, {"message": "Not Found"}
        if what == "pulls":
            number = self.merged.get(name)
            return 200, [] if number is None else [self._pull_request(number, name)]
        if what == "labels":
            return 200, [{"name": label} for label in self.labels.get(int(name), [])]
        return 200, self.comments.get(int(name), [])

    def _pull_request(self, number: int, commit: str) -> Json:
        labels = [{"name": label} for label in self.labels.get(number, [])]
        merged = "2026-01-01T00:00:00Z"
        return {"number": number, "merged_at": merged, "merge_commit_sha": commit, "labels": labels}


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
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Authorization") == f"Bearer {TOKEN}":
                status, content = state.answer(self.command, url.path, json.loads(body or b"null"))
            else:
                status, content = 401, {"message": "Bad credentials"}
            headers = {}
            if isinstance(content, list):
                asked = {name: int(values[0]) for name, values in parse_qs(url.query).items()}
                size, page = min(asked.get("per_page", 30), state.page_size), asked.get("page", 1)
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
