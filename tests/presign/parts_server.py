"""An S3 that takes uploads in parts and keeps only their checksums. It looks at no signature.

Of other objects, such as the page of an upload, it keeps the content.
"""

import hashlib
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from urllib.parse import parse_qs, urlsplit

UPLOAD_ID = "an upload/id=="
CHUNK = 1 << 20  # bytes

Fault = Callable[[int, int], tuple[int, str] | None]
"""Says how a part is refused, by its number and how often it was sent; None takes it."""


@dataclass
class Parts:
    """What has arrived.

    Attributes:
        endpoint: the server's URL.
        fault: what goes wrong.
        digests: each part's SHA-256.
        sent: how often each part was sent as a whole.
        with_md5: the parts that came with an MD5 digest, which fitted.
        order: the ETags that completed the upload; empty before.
        condition: the If-None-Match that came with the completion.
        completions: how the next requests to complete the upload are refused, a status and a code each.
        hold: the next completion begins its answer, and waits for this to be set; S3 can take minutes, too.
        aborted: whether the upload was ended.
        sizes: each part's size in bytes.
        objects: the type and the content of each object that was uploaded whole, by its path.
    """

    endpoint: str
    fault: Fault = lambda number, times: None
    digests: dict[int, str] = field(default_factory=dict)
    sent: Counter[int] = field(default_factory=Counter)
    with_md5: set[int] = field(default_factory=set)
    order: list[str] = field(default_factory=list)
    sizes: dict[int, int] = field(default_factory=dict)
    objects: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    completions: list[tuple[int, str]] = field(default_factory=list)
    hold: Event | None = None
    aborted: bool = False
    condition: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def etags(self) -> list[str]:
        """Return the ETags of the parts in order."""
        return [digest[:32] for _, digest in sorted(self.digests.items())]


@contextmanager
def running() -> Iterator[Parts]:
    """Run the server on a free port of 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            if "uploads" in self.query():
                parts.headers = {name.lower(): value for name, value in self.headers.items()}
                self.answer(200, f"<Result><UploadId>{UPLOAD_ID}</UploadId></Result>")
                return
            if parts.completions:
                self.refuse(*parts.completions.pop(0))
                return
            parts.condition = self.headers["If-None-Match"]
            parts.order = re.findall(r'<ETag>"(\w+)"</ETag>', body)
            self.send_response_only(200)
            self.send_header("Content-Type", "application/xml")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"1\r\n \r\n")
            if hold := parts.hold:
                parts.hold = None
                hold.wait()
            self.wfile.write(b"20\r\n<CompleteMultipartUploadResult/>\r\n0\r\n\r\n")

        def do_DELETE(self) -> None:
            parts.aborted = True
            self.answer(204, "")

        def do_GET(self) -> None:
            if "uploadId" in self.query():
                if parts.order:
                    self.refuse(404, "NoSuchUpload")
                    return
                listed = (
                    f'<Part><PartNumber>{number}</PartNumber><ETag>"{digest[:32]}"</ETag>'
                    f"<Size>{parts.sizes[number]}</Size></Part>"
                    for number, digest in sorted(parts.digests.items())
                )
                self.answer(200, f"<ListPartsResult>{''.join(listed)}</ListPartsResult>")
                return
            kind, content = parts.objects[urlsplit(self.path).path]
            self.answer(200, content.decode(), **{"Content-Type": kind, "Date": self.date_time_string()})

        def do_PUT(self) -> None:
            if "uploadId" not in self.query():
                content = self.rfile.read(int(self.headers["Content-Length"]))
                parts.objects[urlsplit(self.path).path] = self.headers["Content-Type"], content
                self.answer(200, "")
                return
            assert self.query()["uploadId"] == [UPLOAD_ID]
            number = int(self.query()["partNumber"][0])
            sha, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
            expected = self.headers["Content-MD5"]
            left = size = int(self.headers["Content-Length"])
            while left:
                try:
                    chunk = self.rfile.read(min(CHUNK, left))
                except ConnectionResetError:
                    return  # the script was killed
                if not chunk:
                    return
                left -= len(chunk)
                sha.update(chunk)
                if expected:
                    md5.update(chunk)
            with parts.lock:
                parts.sent[number] += 1
                refused = (404, "NoSuchUpload") if parts.order else parts.fault(number, parts.sent[number])
                if expected and b64encode(md5.digest()).decode() != expected:
                    refused = 400, "BadDigest"
                if refused is None:
                    parts.digests[number] = sha.hexdigest()
                    parts.sizes[number] = size
                    if expected:
                        parts.with_md5.add(number)
            if refused:
                self.refuse(*refused)
            else:
                self.answer(200, "", ETag=f'"{sha.hexdigest()[:32]}"')

        def query(self) -> dict[str, list[str]]:
            return parse_qs(urlsplit(self.path).query, keep_blank_values=True)

        def refuse(self, status: int, code: str) -> None:
            self.answer(status, f"<Error><Code>{code}</Code><Message>no</Message></Error>")

        def answer(self, status: int, body: str, **headers: str) -> None:
            self.send_response_only(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        parts = Parts(f"http://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield parts
        server.shutdown()
        thread.join()
