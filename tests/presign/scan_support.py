"""An S3 whose objects are scanned for malware, as far as presign asks it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, unquote, urlsplit

TAG, CLEAN = "GuardDutyMalwareScanStatus", "NO_THREATS_FOUND"
Said = str | int | tuple[int, str] | None
"""What is said of an object: its tag, None for no tag, or a status instead, perhaps with S3's code."""
MANY: Mapping[str, Said] = {
    "inbox/clean": CLEAN,
    "inbox/new": None,
    "inbox/bad": "THREATS_FOUND",
    "inbox/zip": "UNSUPPORTED",
    "inbox/denied": "ACCESS_DENIED",
    "inbox/failed": "FAILED",
    "inbox/odd": "NEW",
    "other/a": None,
}
"""An object of each result, and one that is not scanned."""
LEFT = [
    "objects that GuardDuty has not scanned yet",
    "objects in which GuardDuty found a threat",
    "objects that GuardDuty cannot scan",
    "objects that GuardDuty may not read",
    "objects whose scan failed",
    "objects whose scan says NEW",
]
"""What is said of those that are left out."""
_CODES = {403: "AccessDenied", 404: "NoSuchKey", 500: "InternalError"}


def scan(*prefixes: str, enforced: bool = True) -> dict[str, object]:
    """Return the output of a bucket that is scanned."""
    return {"Prefixes": list(prefixes), "Enforced": enforced, "Tag": TAG, "Clean": CLEAN}


@contextmanager
def scanning(
    tags: Mapping[str, Said], others: Said = 404, before: Callable[[str], object] = lambda _: None
) -> Iterator[str]:
    """Run an S3 whose objects have these results as tags; those of a version are at `KEY?VERSION`.

    It denies every read of what is not clean, as the bucket's policy does; also of `others`. Before it
    answers a request for tags, it calls `before` with the key.
    """

    def answer(key: str, version: str, *, tagging: bool) -> tuple[int, str]:
        value = tags.get(f"{key}?{version}", tags.get(key, others))
        if not tagging:
            return (200, "x") if value == CLEAN else (403, "<Error><Code>AccessDenied</Code></Error>")
        before(key)
        if isinstance(value, int):
            value = value, _CODES[value]
        if isinstance(value, tuple):
            status, code = value
            refusal = f"<Error><Code>{code}</Code><Message>In words</Message></Error>"
            return status, refusal if code else "<Tagging></Tagging>"
        one = "" if value is None else f"<Tag><Key>{TAG}</Key><Value>{value}</Value></Tag>"
        return 200, f"<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag>{one}</TagSet></Tagging>"

    def listing(prefix: str) -> str:
        about = "<LastModified>2026-11-22T06:41:05Z</LastModified><Size>7</Size>"
        found = "".join(
            f"<Contents><Key>{key}</Key>{about}</Contents>" for key in tags if key.startswith(prefix)
        )
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{found}</ListBucketResult>"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            query = parse_qs(url.query, keep_blank_values=True)
            _, _, key = unquote(url.path).removeprefix("/").partition("/")
            if self.command == "PUT":
                self.rfile.read(int(self.headers["Content-Length"]))
                status, body = 200, ""
            elif key:
                status, body = answer(key, query.get("versionId", [""])[0], tagging="tagging" in query)
            else:
                status, body = 200, listing(query["prefix"][0])
            self.send_response_only(status)
            self.send_header("Date", self.date_time_string())
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        do_PUT = do_GET

        def log_message(self, format: str, *args: object) -> None: ...

    class Server(ThreadingHTTPServer):
        request_queue_size = (
            64  # five connections at once would have to be enough, and the others wait for seconds
        )

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
