"""What the tests of ops share: an embedded AWS, empty for each module, and one that only answers."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ops.embedded.aws import EmbeddedAws

import pytest


@pytest.fixture(scope="module")
def running(empty_aws: EmbeddedAws) -> EmbeddedAws:
    return empty_aws


class _Answers(BaseHTTPRequestHandler):
    """An AWS in which everything is bootstrapped: any bucket that is looked at is there."""

    def do_HEAD(self) -> None:
        self.send_response(404 if "nothing-here" in self.path else 200)
        self.end_headers()

    def do_GET(self) -> None:
        if "versions" in self.path:
            self._send(200, b"<ListVersionsResult/>")
        else:
            self._send(404, b"<Error><Code>NoSuchKey</Code></Error>")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        identity = b"<Account>111122223333</Account><Arn>arn:aws:iam::111122223333:user/ada</Arn>"
        name = b"GetCallerIdentity"
        self._send(
            200, b"<%sResponse><%sResult>%s</%sResult></%sResponse>" % (name, name, identity, name, name)
        )

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture(scope="module")
def answers() -> Iterator[dict[str, str]]:
    """The variables with which AWS answers."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{listening.server_port}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
        listening.shutdown()
