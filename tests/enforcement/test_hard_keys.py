"""Keys that tools get wrong: a server that can hold one stores exactly it, and gives it back."""

import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.enforcement.clients import (
    Answer,
    Client,
    answer,
    by_requests,
    document,
    printed_curl,
    printed_python,
)
from tests.enforcement.places import Place
from tests.presign.presign_support import Presign

import pytest
import requests

DOTS = (".", "./a", "a/.", "a/..", "a/./b", "a/../b", "a/b/../../c")
"""What clients that normalize paths make another key of."""

KEYS = (
    *DOTS,
    "ü/日本.txt",
    "e\u0301",  # not the same as é
    "\N{GRINNING FACE}",
    "with  two spaces",
    " spaces around ",
    "a+b",
    "100%",
    "a%2Fb",
    "%20",
    "%2520",
    "q?x=1&y=2",
    "h#ash",
    "double//slash",
    "/leading",
    "/",
    "trailing/",
    'it\'s a "quote" `id` $HOME !',
    "\\back\\slash",
    "glob[1-3]{a,b}*",
    "a;b=c&amp;d|e<f>",
    "@file",
    "-v",
    "~",
    "tab\there",
    "line\nbreak",
    "carriage\rreturn",
    "null\0byte",
    "\x01\x7f",
    "\ufeff\u200b\uffff",
    "x" * 1024,
    "ü" * 512,
    "a/" * 511 + "ab",
)

# What becomes of the keys that a server cannot hold; AWS holds them all. Should a server learn one, the test
# fails, and the line goes.
CANNOT_HOLD: Mapping[str, Mapping[str, str]] = {
    "MiniStack": {
        # It holds this one, but its policies of users do not match it.
        "/": "AccessDenied",
    },
    "SeaweedFS": {
        **dict.fromkeys(DOTS, "InvalidRequest"),
        "double//slash": "stored as 'double/slash'",
        "/leading": "stored as 'leading'",
        "/": "not listed",
        "\\back\\slash": "stored as 'back/slash'",
        "trailing/": "loses its content",  # it is a folder
        "tab\there": "InternalError",
        "line\nbreak": "InternalError",
        "carriage\rreturn": "InternalError",
        "null\0byte": "InvalidRequest",
    },
}


def unchanged_by_requests(presign: Presign, *command: str, file: Path) -> Answer:
    """Keep requests from changing the path, by setting the URL once more."""
    made = document(presign, *command)
    with requests.Session() as session:
        content = file.read_bytes() if made["method"] == "PUT" else None
        request = requests.Request(made["method"], made["url"], headers=made["headers"], data=content)
        prepared = session.prepare_request(request)
        prepared.url = made["url"]
        settings = session.merge_environment_settings(made["url"], {}, None, None, None)
        got = session.send(prepared, **settings)
    return answer(got.ok, got.content, file if made["method"] == "GET" else None)


@pytest.mark.parametrize("client", [printed_curl, printed_python, unchanged_by_requests])
def test_a_key_is_stored_as_itself_and_comes_back(
    place: Place, presign: Presign, tmp_path: Path, client: Client
) -> None:
    expected = {key: CANNOT_HOLD[place.server].get(key, "") for key in KEYS}
    assert fates(place, presign, client, tmp_path / "file", KEYS) == expected


def test_plain_requests_stores_and_gets_all_but_keys_with_dots(
    place: Place, presign: Presign, tmp_path: Path
) -> None:
    """It resolves . and .. in the path, which breaks the signature, as `presign` warns."""
    keys = [key for key in KEYS if key not in DOTS]
    expected = {key: CANNOT_HOLD[place.server].get(key, "") for key in keys}
    assert fates(place, presign, by_requests, tmp_path / "file", keys) == expected
    of_dots = fates(place, presign, by_requests, tmp_path / "file", DOTS)
    assert set(of_dots.values()) <= {"SignatureDoesNotMatch", "AccessDenied", "failed"}


@pytest.mark.parametrize("client", [printed_curl, unchanged_by_requests])
@pytest.mark.parametrize("place", ["MiniStack"], indirect=True)
def test_so_it_is_where_the_name_of_the_host_has_the_bucket(
    place: Place, presign: Presign, tmp_path: Path, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on AWS. curl knows that *.localhost is this machine; Python asks the system, which may not."""
    look_up = socket.getaddrinfo

    def look_up_locally(host: str, *rest: Any, **options: Any) -> Any:
        return look_up("127.0.0.1" if host.endswith(".localhost") else host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up_locally)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "localhost")
    endpoint = place.variables["AWS_ENDPOINT_URL"].replace("//127.0.0.1:", "//s3.localhost:")
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    (tmp_path / "config").write_text("[default]\ns3 =\n  addressing_style = virtual\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    assert presign("get", "--format", "url", "k").out.startswith(f"http://{place.bucket}.s3.localhost:")
    expected = {key: CANNOT_HOLD[place.server].get(key, "") for key in KEYS}
    assert fates(place, presign, client, tmp_path / "file", KEYS) == expected


def fates(place: Place, presign: Presign, client: Client, file: Path, keys: Sequence[str]) -> dict[str, str]:
    """Upload to every key, and download; return what became of each, which is "" where all went well."""
    before = place.listed()
    contents = {key: f"{client.__name__}: {key}".encode() for key in keys}
    refused = {}
    for key, content in contents.items():
        file.write_bytes(content)
        refused[key] = client(presign, "put", "--", key, file=file).code
    listed = place.listed() - before
    under = {place.stored(key): key for key in listed}

    def fate(key: str, content: bytes) -> str:
        if refused[key]:
            return refused[key]
        if content in under and under[content] != key:
            return f"stored as {under[content]!r}"
        if key not in listed:
            return "not listed"
        file.unlink(missing_ok=True)
        client(presign, "get", "--", key, file=file)
        return "" if file.exists() and file.read_bytes() == content else "loses its content"

    found = {key: fate(key, content) for key, content in contents.items()}
    for key in listed:
        place.delete(key)
    assert place.listed() == before
    return found
