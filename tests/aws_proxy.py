"""A proxy in front of the embedded AWS that records every call, and answers some of them with a fault.

with AwsProxy(aws.endpoint, fault=lambda call: Answer(503, SLOW_DOWN) if … else None) as proxy:
    env = EmbeddedAws(proxy.endpoint).environment(tool_environment())
    …
assert [call.method for call in proxy.calls] == …
"""

import contextlib
import http.client
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import SplitResult, parse_qs, urlsplit

UPSTREAM_SECONDS = 120
HOP_BY_HOP = {"connection", "expect", "keep-alive", "transfer-encoding", "content-length"}
"""What is between two neighbours, and is said again to the next one."""


@dataclass
class Call:
    """One request, and what became of it.

    Attributes:
        method: such as `PUT`.
        target: path and query, as they were sent.
        headers: by name in lower case.
        body: without the chunks of a chunked transfer; `aws-chunked` is content, and is kept.
        status: of the answer; None until there is one, and after a reset.
        answer: the answer's body.
        answer_headers: the answer's headers, but those of the connection.
        fault: the fault that was injected, if any.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    status: int | None = None
    answer: bytes = field(default=b"", repr=False)
    answer_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    fault: "Fault | None" = None

    @property
    def url(self) -> SplitResult:
        """The target, split."""
        return urlsplit(self.target)

    @property
    def query(self) -> dict[str, list[str]]:
        """The query's parameters, those without a value too."""
        return parse_qs(self.url.query, keep_blank_values=True)


@dataclass(frozen=True)
class Answer:
    """A fault: this answer, and the call never reaches AWS."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reset:
    """A fault: the connection is reset, before the call reaches AWS or after AWS has carried it out."""

    carried_out: bool = False


@dataclass(frozen=True)
class Stall:
    """A fault: nothing happens for so many seconds; then the call goes on to AWS."""

    seconds: float


Fault = Answer | Reset | Stall
Decide = Callable[[Call], Fault | None]


def no_fault(_call: Call) -> None:
    """Pass every call on."""


class AwsProxy:
    """A running proxy; a context manager that ends it, with all its connections.

    Attributes:
        endpoint: its URL, on loopback.
        calls: every call so far, in the order in which they came.
        fault: asked about each call before anything is done with it; several threads may ask at a time.
            May be changed at any time.
    """

    def __init__(self, upstream: str, fault: Decide = no_fault, certificate: Path | None = None) -> None:
        """Listen on a free port of 127.0.0.1, in front of the URL `upstream`, which may be HTTPS.

        The proxy itself speaks HTTP; `certificate` is the PEM file that the upstream's HTTPS is checked with.
        """
        self.fault = fault
        self.calls: list[Call] = []
        parts = urlsplit(upstream)
        trusted = ssl.create_default_context(cafile=str(certificate)) if certificate else None
        self._server = _Server(self, (parts.hostname or "", parts.port or 80), trusted)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()
        if error is None and self._server.errors:
            raise ExceptionGroup("the proxy itself failed", self._server.errors)


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that server_close() waits for them
    request_queue_size = 128  # terraform opens many connections at a time

    def __init__(self, proxy: AwsProxy, upstream: tuple[str, int], trusted: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.proxy = proxy
        self._upstream = upstream
        self._trusted = trusted
        self.ending = threading.Event()
        self.errors: list[Exception] = []
        self.to_reset: set[Any] = set()
        self._open: set[Any] = set()

    def connection(self) -> http.client.HTTPConnection:
        """Return a new connection to AWS."""
        if self._trusted is None:
            return http.client.HTTPConnection(*self._upstream, timeout=UPSTREAM_SECONDS)
        return http.client.HTTPSConnection(*self._upstream, timeout=UPSTREAM_SECONDS, context=self._trusted)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        if request in self.to_reset:
            self.to_reset.discard(request)
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exception()
        if isinstance(error, Exception) and not isinstance(error, ConnectionError):
            self.errors.append(error)

    def hang_up(self) -> None:
        """End what waits: stalls, and connections on which no request comes."""
        self.ending.set()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body go out together
    disable_nagle_algorithm = True
    server: _Server

    def _serve(self) -> None:
        proxy = self.server.proxy
        headers = {name.lower(): value for name, value in self.headers.items()}
        # self.path would lack a second slash at its beginning.
        call = Call(self.command, self.requestline.split(" ")[1], headers, self._body())
        proxy.calls.append(call)
        call.fault = proxy.fault(call)
        match call.fault:
            case Answer(status, body, extra):
                self._answer(call, status, [*extra.items()], body)
                return
            case Reset(carried_out=False):
                self._reset()
                return
            case Stall(seconds):
                self.server.ending.wait(seconds)
        try:
            status, received, body = self._upstream(call)
        except (OSError, http.client.HTTPException):
            self._reset()  # AWS is down, or ended in the middle of its answer
            return
        if isinstance(call.fault, Reset):
            self._reset()
            return
        self._answer(call, status, received, body)

    do_DELETE = do_GET = do_HEAD = do_OPTIONS = do_PATCH = do_POST = do_PUT = _serve

    def handle_expect_100(self) -> bool:
        """Say `100 Continue`, without waiting for more to send: the client waits for it."""
        proceed = super().handle_expect_100()
        self.wfile.flush()
        return proceed

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            chunks = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                chunks.append(self._exactly(size))
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass  # trailers of the transfer; those of aws-chunked are content
            return b"".join(chunks)
        return self._exactly(int(self.headers.get("Content-Length", 0)))

    def _exactly(self, size: int) -> bytes:
        data = self.rfile.read(size)
        if len(data) < size:
            raise ConnectionError("the client went away in the middle of its request")
        return data

    def _upstream(self, call: Call) -> tuple[int, list[tuple[str, str]], bytes]:
        with contextlib.closing(self.server.connection()) as connection:
            # Host too is passed on as it came: the client's signature is made for it.
            connection.putrequest(call.method, call.target, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in HOP_BY_HOP:
                    connection.putheader(name, value)
            if call.body or "content-length" in call.headers:
                connection.putheader("Content-Length", str(len(call.body)))
            connection.endheaders(call.body or None)
            response = connection.getresponse()
            body = response.read()
            kept = [pair for pair in response.getheaders() if pair[0].lower() not in HOP_BY_HOP]
            if call.method == "HEAD" and (length := response.getheader("Content-Length")):
                kept.append(("Content-Length", length))
            return response.status, kept, body

    def _answer(self, call: Call, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        # Set before the client can know, so that the test that waited for the client sees them.
        call.status, call.answer, call.answer_headers = status, body, dict(headers)
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        if call.method == "HEAD":
            body = b""
        elif status != http.HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _reset(self) -> None:
        # Closed with nothing to linger for, and not shut down before, it ends by RST and not by FIN.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.server.to_reset.add(self.connection)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the calls are recorded."""
