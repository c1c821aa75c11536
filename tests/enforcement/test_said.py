"""What uploads and downloads say reaches S3 as it was signed, and nothing else passes."""

import hashlib
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.enforcement.clients import CLIENTS, SENDERS, document
from tests.enforcement.places import Place
from tests.presign.presign_support import Presign

import pytest
import requests

DATA = b"k,v\n1,2\n"
SAID = {
    "--content-type": "text/csv",
    "--cache-control": "max-age=60, private",
    "--content-disposition": 'attachment; filename="it\'s a $HOME.csv"',
    "--content-encoding": "identity",
    "--content-language": "de-CH",
    "--storage-class": "STANDARD_IA",
}
OPTIONS = [word for pair in SAID.items() for word in pair]
OPTIONS += ["--metadata", "Owner=Team A; 'B' = \"C\" $HOME `id` !", "--metadata", "x-y.z=1"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "file"
    made.write_bytes(DATA)
    return made


@pytest.mark.parametrize("client", CLIENTS)
def test_what_an_upload_says_is_kept(place: Place, presign: Presign, file: Path, client: str) -> None:
    assert CLIENTS[client](presign, "put", *OPTIONS, "said", file=file).code == ""
    kept = place.head("said")
    assert kept["Metadata"] == {"owner": "Team A; 'B' = \"C\" $HOME `id` !", "x-y.z": "1"}
    assert {name: kept[name] for name in ("CacheControl", "ContentDisposition", "ContentType")} == {
        "CacheControl": SAID["--cache-control"],
        "ContentDisposition": SAID["--content-disposition"],
        "ContentType": SAID["--content-type"],
    }
    assert (kept["ContentEncoding"], kept["ContentLanguage"]) == ("identity", "de-CH")
    assert kept["StorageClass"] == "STANDARD_IA"
    place.delete("said")


@pytest.mark.parametrize("sender", SENDERS)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-amz-meta-owner", "somebody else"),
        ("x-amz-meta-owner", None),
        ("x-amz-storage-class", "GLACIER"),
        ("cache-control", "no-store"),
        ("content-disposition", None),
    ],
)
def test_an_upload_that_says_something_else_is_refused(
    place: Place, presign: Presign, file: Path, sender: str, name: str, value: str | None
) -> None:
    made = document(presign, "put", *OPTIONS, "said")
    headers = made["headers"] | {name: value}
    changed = {**made, "headers": {name: value for name, value in headers.items() if value is not None}}
    assert SENDERS[sender](changed, file).code in ("SignatureDoesNotMatch", "AccessDenied")
    assert "said" not in place.listed()


def reflected_crc(polynomial: int, bits: int, data: bytes) -> str:
    """The digest of a CRC that begins and ends with all bits inverted."""
    ones = crc = (1 << bits) - 1
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (polynomial if crc & 1 else 0)
    return f"{crc ^ ones:0{bits // 4}x}"


CRC32C, CRC64NVME = (0x82F63B78, 32), (0x9A6C9329AC4BC9B5, 64)
DIGESTS: Mapping[str, str] = {
    "crc32": f"{zlib.crc32(DATA):08x}",
    "crc32c": reflected_crc(*CRC32C, DATA),
    "crc64nvme": reflected_crc(*CRC64NVME, DATA),
    "sha1": hashlib.sha1(DATA).hexdigest(),  # noqa: S324
    "sha256": hashlib.sha256(DATA).hexdigest(),
    "md5": hashlib.md5(DATA).hexdigest(),  # noqa: S324
}


@pytest.mark.parametrize("algorithm", DIGESTS)
def test_only_the_content_of_the_checksum_is_taken(
    place: Place, presign: Presign, file: Path, algorithm: str
) -> None:
    made = document(presign, "put", "--checksum", f"{algorithm}:{DIGESTS[algorithm]}", "summed")
    file.write_bytes(DATA + b"more")
    refused = SENDERS["requests"](made, file).code
    assert refused in ("BadDigest", "InvalidRequest", "InvalidDigest", "XAmzContentChecksumMismatch"), refused
    assert "summed" not in place.listed()
    file.write_bytes(DATA)
    assert SENDERS["requests"](made, file).code == ""
    assert place.stored("summed") == DATA
    place.delete("summed")


@pytest.mark.parametrize("client", CLIENTS)
def test_an_upload_may_demand_that_the_key_is_free(
    place: Place, presign: Presign, file: Path, client: str
) -> None:
    assert CLIENTS[client](presign, "put", "--if-none-match", "free", file=file).code == ""
    file.write_bytes(b"another")
    assert CLIENTS[client](presign, "put", "--if-none-match", "free", file=file).code == "PreconditionFailed"
    assert place.stored("free") == DATA
    place.delete("free")


def test_a_download_is_answered_as_it_says(place: Place, presign: Presign) -> None:
    place.store("answered", DATA)
    made = document(
        presign,
        *("get", "--inline", "--download-as", "a.csv", "--content-type", "text/plain; charset=utf-8"),
        *("--cache-control", "no-store", "--content-language", "fr", "answered"),
    )
    got = requests.get(made["url"], timeout=30)
    wanted = {
        "Content-Disposition": 'inline; filename="a.csv"',
        "Content-Type": "text/plain; charset=utf-8",
        "Cache-Control": "no-store",
        "Content-Language": "fr",
    }
    assert got.content == DATA
    assert {name: got.headers[name] for name in wanted} == wanted
    for changed in ("response-cache-control=no-store", "response-content-language=fr"):
        other = requests.get(made["url"].replace(changed, changed + "x"), timeout=30)
        assert b"SignatureDoesNotMatch" in other.content
    place.delete("answered")


def test_tags_need_an_action_that_the_managed_policies_do_not_allow(
    place: Place, presign: Presign, file: Path
) -> None:
    """On MiniStack the team has the stack's managed policy alone, on SeaweedFS it may tag as well."""
    made: dict[str, Any] = document(presign, "put", "--tag", "Art=Roh daten/ü", "--tag", "leer=", "tagged")
    if place.server == "MiniStack":
        assert SENDERS["curl"](made, file).code == "AccessDenied"
        assert "tagged" not in place.listed()
        return
    changed = {**made, "headers": {**made["headers"], "x-amz-tagging": "Art=other"}}
    assert SENDERS["curl"](changed, file).code == "SignatureDoesNotMatch"
    assert SENDERS["curl"](made, file).code == ""
    tags = place.s3.get_object_tagging(Bucket=place.bucket, Key="tagged")["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"Art": "Roh daten/ü", "leer": ""}
    place.delete("tagged")


FORM_SAID = {**SAID, "--content-disposition": 'attachment; filename="it\'s a.csv"'}
FORM = [word for pair in FORM_SAID.items() for word in pair if pair[0] != "--content-language"]
FORM += ["--metadata", "Owner=Team A; 'B' = \"C\"", "--success-status", "201"]


@pytest.mark.parametrize("client", CLIENTS)
def test_what_a_form_says_is_kept(place: Place, presign: Presign, file: Path, client: str) -> None:
    assert CLIENTS[client](presign, "post", *FORM, "--key", "in/said", "in/", file=file).code == ""
    kept = place.head("in/said")
    assert kept["Metadata"] == {"owner": "Team A; 'B' = \"C\""}
    assert (kept["CacheControl"], kept["ContentType"]) == (SAID["--cache-control"], "text/csv")
    assert kept["ContentDisposition"] == FORM_SAID["--content-disposition"]
    assert kept["StorageClass"] == "STANDARD_IA"
    place.delete("in/said")


@pytest.mark.parametrize("sender", SENDERS)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-amz-meta-owner", "somebody else"),
        ("x-amz-meta-owner", None),
        ("x-amz-meta-more", "1"),
        ("cache-control", "no-store"),
        ("success_action_status", "200"),
    ],
)
def test_a_form_that_says_something_else_is_refused(
    place: Place, presign: Presign, file: Path, sender: str, name: str, value: str | None
) -> None:
    made = document(presign, "post", *FORM, "--key", "in/said", "in/")
    fields = made["fields"] | {name: value}
    changed = {**made, "fields": {name: value for name, value in fields.items() if value is not None}}
    assert SENDERS[sender](changed, file).code in ("AccessDenied", "InvalidPolicyDocument")
    assert "in/said" not in place.listed()


def test_a_form_answers_with_a_page_or_a_status(place: Place, presign: Presign, file: Path) -> None:
    page = "https://example.com/thanks?for=it"
    for options, status in (
        (["--success-redirect", page], 303),
        (["--success-status", "201"], 201),
        ([], 204),
    ):
        made = document(presign, "post", *options, "in/")
        got = requests.post(
            made["url"],
            data=made["fields"],
            files={"file": ("a", DATA)},
            allow_redirects=False,
            timeout=30,
        )
        assert got.status_code == status
        if status == 303:
            # SeaweedFS puts the object's name into the query, and leaves out what was in it.
            wanted = page.partition("?")[0] if place.server == "SeaweedFS" else page
            assert got.headers["Location"].startswith(wanted)
    place.delete("in/a")


@pytest.mark.parametrize("algorithm", [name for name in DIGESTS if name != "md5"])
def test_a_form_takes_only_the_content_of_its_checksum(
    place: Place, presign: Presign, file: Path, algorithm: str
) -> None:
    """MiniStack compares no form's content with its checksum, but holds the field to the policy."""
    made = document(
        presign, "post", "--checksum", f"{algorithm}:{DIGESTS[algorithm]}", "--key", "in/k", "in/"
    )
    name = f"x-amz-checksum-{algorithm}"
    without = {field: value for field, value in made["fields"].items() if field != name}
    for fields in (without, {**without, name: "AAAA"}):
        assert SENDERS["requests"]({**made, "fields": fields}, file).code == "AccessDenied"
    if place.server == "SeaweedFS":
        file.write_bytes(b"other")
        assert SENDERS["requests"](made, file).code == "BadDigest"
        assert "in/k" not in place.listed()
        file.write_bytes(DATA)
    assert SENDERS["requests"](made, file).code == ""
    assert place.stored("in/k") == DATA
    place.delete("in/k")
