"""Every command's link does its work: for each client, and against each server, byte for byte."""

import base64
import csv
import hashlib
import uuid
from pathlib import Path

from tests.enforcement.bucket import ALGORITHM_HEADER, KEY_HEADER
from tests.enforcement.clients import CLIENTS, SENDERS, TIMEOUT_SECONDS, Client, document, printed_curl
from tests.enforcement.places import Place
from tests.presign.presign_support import Presign

import pytest
import requests

DATA = bytes(range(256)) * 40 + b"\r\n"  # every byte, and an end that a text client would change


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> Client:
    return CLIENTS[request.param]


@pytest.fixture
def key() -> str:
    """A key that nobody has used."""
    return f"{uuid.uuid4()}/ü 1.bin"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file to upload."""
    (tmp_path / "source.bin").write_bytes(DATA)
    return tmp_path / "source.bin"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A file to download to, which is not there yet."""
    return tmp_path / "target.bin"


def assert_stored(place: Place, key: str, content: bytes = DATA) -> None:
    """The object is exactly this one, under the bucket's own key."""
    assert place.stored(key) == content
    head = place.head(key)
    encryption = {ALGORITHM_HEADER: head["ServerSideEncryption"], KEY_HEADER: head["SSEKMSKeyId"]}
    assert encryption == place.headers


@pytest.mark.parametrize("check", [[], ["--check"]], ids=["", "check"])
def test_put(
    place: Place, presign: Presign, client: Client, key: str, source: Path, check: list[str]
) -> None:
    assert client(presign, "put", *check, key, file=source).code == ""
    assert_stored(place, key)


@pytest.mark.parametrize("check", [[], ["--check"]], ids=["", "check"])
def test_get(
    place: Place, presign: Presign, client: Client, key: str, target: Path, check: list[str]
) -> None:
    place.store(key, DATA)
    assert client(presign, "get", *check, key, file=target).code == ""
    assert target.read_bytes() == DATA


def test_get_version_id(place: Place, presign: Presign, client: Client, key: str, target: Path) -> None:
    old = place.store(key, DATA)
    place.store(key, b"newer")
    assert client(presign, "get", "--version-id", old, key, file=target).code == ""
    assert target.read_bytes() == DATA


def test_get_download_as(place: Place, presign: Presign, client: Client, key: str, target: Path) -> None:
    place.store(key, DATA)
    assert client(presign, "get", "--download-as", "Bericht für Ü.bin", key, file=target).code == ""
    assert target.read_bytes() == DATA


@pytest.mark.parametrize("place", ["SeaweedFS"], indirect=True)
def test_get_download_as_makes_the_server_say_so(place: Place, presign: Presign, key: str) -> None:
    """MiniStack checks the parameter's signature, and does not answer with the header."""
    place.store(key, DATA)
    link = document(presign, "get", "--download-as", "Bericht für Ü.bin", key)
    named = requests.get(link["url"], timeout=TIMEOUT_SECONDS).headers["content-disposition"]
    assert named.startswith("attachment; filename=")
    assert named.endswith("filename*=UTF-8''Bericht%20f%C3%BCr%20%C3%9C.bin")


def test_put_content_type(place: Place, presign: Presign, client: Client, key: str, source: Path) -> None:
    options = ("--content-type", "text/csv; charset=utf-8")
    assert client(presign, "put", *options, key, file=source).code == ""
    assert_stored(place, key)
    assert place.head(key)["ContentType"] == "text/csv; charset=utf-8"


def test_put_checksum(place: Place, presign: Presign, client: Client, key: str, source: Path) -> None:
    digest = hashlib.sha256(DATA)
    options = ("--checksum", f"sha256:{digest.hexdigest()}")
    assert client(presign, "put", *options, key, file=source).code == ""
    assert_stored(place, key)
    known = place.s3.head_object(Bucket=place.bucket, Key=key, ChecksumMode="ENABLED")
    assert known["ChecksumSHA256"] == base64.b64encode(digest.digest()).decode()


@pytest.mark.parametrize("options", [[], ["--key"], ["--check"]], ids=["", "key", "check"])
def test_post(
    place: Place, presign: Presign, client: Client, key: str, source: Path, options: list[str]
) -> None:
    limits = ("--max-size", "1MB", "--content-type", "application/octet-stream")
    prefix = f"{key}/"
    wanted = f"{prefix}one" if "--key" in options else f"{prefix}{source.name}"
    options = [*options, wanted] if "--key" in options else options
    assert client(presign, "post", *limits, *options, prefix, file=source).code == ""
    assert_stored(place, wanted)
    assert place.head(wanted)["ContentType"] == "application/octet-stream"


def test_post_an_odd_file_name(
    place: Place, presign: Presign, client: Client, key: str, tmp_path: Path
) -> None:
    odd = tmp_path / 'it\'s; a "ü", $HOME [1].bin'
    odd.write_bytes(DATA)
    assert client(presign, "post", "--max-size", "1MB", f"{key}; a/", file=odd).code == ""
    # HTML says that forms send a quote in a name so, and curl has done it since 7.81.
    name = odd.name.replace('"', "%22")
    if place.server == "MiniStack":  # it reads names as Latin-1
        name = name.encode().decode("latin-1")
    assert_stored(place, f"{key}; a/{name}")


def test_post_a_type_that_the_name_tells(place: Place, presign: Presign, key: str, tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(DATA)
    options = ("--key", f"{key}/one", "--content-type", "image/*", f"{key}/")
    assert printed_curl(presign, "post", *options, file=tmp_path / "cat.png").code == ""
    assert_stored(place, f"{key}/one")
    assert place.head(f"{key}/one")["ContentType"] == "image/png"


@pytest.mark.parametrize("sender", SENDERS)
def test_bulk(place: Place, presign: Presign, tmp_path: Path, sender: str) -> None:
    keys = [f"bulk/{sender}/{name}" for name in ("plain.bin", "ü, 2.bin", "a+b%2F c.bin")]
    (tmp_path / "keys.txt").write_text("\n".join(keys))
    for command, method, headers in (("put", "PUT", place.headers), ("get", "GET", {})):
        made = presign("bulk", command, "keys.txt", "-o", "links.csv")
        assert made.code == 0, made.err
        assert all(f"{name}: {value}" in made.err for name, value in headers.items())
        with (tmp_path / "links.csv").open(newline="") as links:
            rows = list(csv.DictReader(links))
        assert [row["key"] for row in rows] == keys
        for row in rows:
            file = tmp_path / "file"
            file.write_bytes(DATA + row["key"].encode() if method == "PUT" else b"")
            link = {"method": method, "headers": headers, "url": row["url"]}
            assert SENDERS[sender](link, file).code == ""
            assert file.read_bytes() == DATA + row["key"].encode()
            assert_stored(place, row["key"], DATA + row["key"].encode())


def test_show_check(place: Place, presign: Presign) -> None:
    place.store("shown.bin", DATA)
    assert "the credentials may see this bucket" in presign("show", "--check").out
    assert "the credentials may read this object" in presign("show", "--check", "shown.bin").out
    missing = presign("show", "--check", "missing.bin")
    assert (missing.code, missing.err) == (1, f"Error: there is no object s3://{place.bucket}/missing.bin\n")
