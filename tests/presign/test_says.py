"""What an upload and a download say is signed, and what S3 or HTTP cannot carry is refused in one line.

What servers do with it is in tests/enforcement/test_said.py.
"""

import base64
import hashlib
import json
import zlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

from presign import checksums, says
from presign.errors import RequestError
from tests.presign.presign_support import OUTPUTS, OutputsFile, Presign

import pytest

SHA256 = hashlib.sha256(b"data")
CRC32 = f"{zlib.crc32(b'data'):08x}"

pytestmark = pytest.mark.usefixtures("keys")


@pytest.mark.parametrize("digest", [SHA256.hexdigest(), SHA256.hexdigest().upper()])
def test_a_checksum_may_be_hexadecimal_or_base64(digest: str) -> None:
    encoded = base64.b64encode(SHA256.digest()).decode()
    assert checksums.header(f"sha256:{digest}") == {"x-amz-checksum-sha256": encoded}
    assert checksums.header(f"SHA-256:{encoded}") == {"x-amz-checksum-sha256": encoded}


@pytest.mark.parametrize(
    ("name", "size", "header"),
    [
        ("crc32", 4, "x-amz-checksum-crc32"),
        ("crc32c", 4, "x-amz-checksum-crc32c"),
        ("CRC-64NVME", 8, "x-amz-checksum-crc64nvme"),
        ("sha1", 20, "x-amz-checksum-sha1"),
        ("md5", 16, "content-md5"),
    ],
)
def test_every_algorithm_has_its_header_and_its_length(name: str, size: int, header: str) -> None:
    digest = bytes(range(size))
    assert checksums.header(f"{name}:{digest.hex()}") == {header: base64.b64encode(digest).decode()}
    for wrong in (digest[1:], digest + b"x"):
        with pytest.raises(RequestError, match=f"hexadecimal digits, or its {size} bytes in base64"):
            checksums.header(f"{name}:{wrong.hex()}")


@pytest.mark.parametrize(
    "text", ["sha512:00", "abc", "sha256:", "sha256:abc", "sha256:" + "g" * 64, "sha256:" + "é" * 64, ""]
)
def test_what_is_no_checksum_is_refused(text: str) -> None:
    with pytest.raises(RequestError, match=r"is not a (digest|checksum)"):
        checksums.header(text)


def test_an_upload_signs_all_that_it_says(presign: Presign, outputs_file: OutputsFile) -> None:
    result = presign(
        *("put", "--outputs", outputs_file(), "--format", "json", "k", "--if-none-match"),
        *(
            "--metadata",
            "Owner=Team A = B",
            "--metadata",
            "x_y.z=1",
            "--tag",
            "Art=Rohdaten ü",
            "--tag",
            "e=",
        ),
        *("--cache-control", "max-age=60, private", "--content-disposition", 'attachment; filename="a b"'),
        *("--content-encoding", "gzip, br", "--content-language", "de-CH, fr", "--content-type", "text/csv"),
        *("--storage-class", "STANDARD_IA", "--checksum", f"crc32:{CRC32}"),
    )
    document = json.loads(result.out)
    own = {
        "content-type": "text/csv",
        "cache-control": "max-age=60, private",
        "content-disposition": 'attachment; filename="a b"',
        "content-encoding": "gzip, br",
        "content-language": "de-CH, fr",
        "x-amz-storage-class": "STANDARD_IA",
        "x-amz-tagging": "Art=Rohdaten%20%C3%BC&e=",
        "if-none-match": "*",
        "x-amz-meta-owner": "Team A = B",
        "x-amz-meta-x_y.z": "1",
        "x-amz-checksum-crc32": base64.b64encode(bytes.fromhex(CRC32)).decode(),
    }
    assert document["headers"] == OUTPUTS["UploadHeaders"] | own
    [signed] = parse_qs(urlsplit(document["url"]).query)["X-Amz-SignedHeaders"]
    assert set(signed.split(";")) == {*document["headers"], "host"}
    assert "needs s3:PutObjectTagging" in result.err


def test_a_download_says_how_it_is_answered(presign: Presign, outputs_file: OutputsFile) -> None:
    result = presign(
        *("get", "--outputs", outputs_file(), "--format", "url", "k", "--inline", "--download-as", "a.pdf"),
        *("--content-type", "application/pdf", "--cache-control", "no-store", "--content-language", "de"),
    )
    query = parse_qs(urlsplit(result.out.strip()).query)
    assert {name: value for name, [value] in query.items() if name.startswith("response-")} == {
        "response-content-disposition": 'inline; filename="a.pdf"',
        "response-content-type": "application/pdf",
        "response-cache-control": "no-store",
        "response-content-language": "de",
    }


LONG = "x" * 2100


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"metadata": {"a b": "c"}}, "cannot be a metadata name"),
        ({"metadata": {"": "c"}}, "cannot be a metadata name"),
        ({"metadata": {"ü": "c"}}, "cannot be a metadata name"),
        ({"metadata": {"a\r\nx-amz-acl": "public-read"}}, "cannot be a metadata name"),
        ({"metadata": {"a": "b\r\nx-amz-acl: public-read"}}, "printable ASCII"),
        ({"metadata": {"a": "ü"}}, "printable ASCII"),
        ({"metadata": {"a": ""}}, "printable ASCII"),
        ({"metadata": {"a": " b"}}, "blanks at the ends"),
        ({"metadata": {"A": "b", "a": "c"}}, "given twice"),
        ({"metadata": {"a": LONG}}, "has 2,101 bytes: S3 takes at most 2,048"),
        ({"tags": {str(number): "" for number in range(11)}}, "cannot have 11 tags: S3 takes at most 10"),
        ({"tags": {"": "a"}}, "name has 0 characters"),
        ({"tags": {"a" * 129: ""}}, "name has 129 characters: S3 takes 1 to 128"),
        ({"tags": {"a": "\N{MATHEMATICAL BOLD CAPITAL A}" * 129}}, "has 258 characters: S3 takes 0 to 256"),
        ({"tags": {"a": "b&c"}}, "give letters, digits, spaces"),
        ({"tags": {"a\n": "b"}}, "give letters, digits, spaces"),
        ({"tags": {"aws:a": "b"}}, "AWS keeps for itself"),
        ({"cache_control": "max-age=1\nx: y"}, "cache-control cannot be"),
        ({"cache_control": ""}, "cache-control cannot be"),
        ({"content_disposition": "attachment; filename=ü"}, "content-disposition cannot be"),
        ({"content_encoding": "gzip br"}, "is not a content-encoding"),
        ({"content_encoding": "aws-chunked"}, "a link's content is sent as it is"),
        ({"content_language": "Deutsch (Schweiz)"}, "is not a content-language"),
        ({"content_language": "de\t,fr"}, "is not a content-language"),
        ({"storage_class": "standard"}, "is not a storage class: give one of STANDARD, "),
        ({"storage_class": "EXPRESS_ONEZONE"}, "is not a storage class"),
        ({"content_type": "csv"}, "is not a content type"),
        ({"checksum": "sha256"}, "is not a checksum"),
    ],
)
def test_what_an_upload_cannot_say_is_refused(wrong: Any, problem: str) -> None:
    with pytest.raises(RequestError, match=problem) as refused:
        says.headers(wrong)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--metadata", "a"], "'a' is not NAME=VALUE"),
        (["--metadata", "a=1", "--metadata", "a=2"], "'a' is given twice"),
        (["--tag", "a"], "'a' is not NAME=VALUE"),
    ],
)
def test_pairs_are_names_and_values(
    presign: Presign, outputs_file: OutputsFile, options: list[str], problem: str
) -> None:
    result = presign("put", "--outputs", outputs_file(), *options, "k")
    assert (result.code, result.out) == (2, "")
    assert problem in result.err
    assert result.err.count("\n") == 1


@pytest.mark.parametrize(
    "wrong",
    [{"content_type": "pdf"}, {"cache_control": "a\nb"}, {"content_language": "?"}, {"version_id": " "}],
)
def test_what_a_download_cannot_say_is_refused(wrong: Any) -> None:
    with pytest.raises(RequestError):
        says.query(wrong)


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"success_redirect": "https://a.example/", "success_status": 200}, "one of the two"),
        ({"success_redirect": "javascript:alert(1)"}, "is not a page to go to"),
        ({"success_redirect": "https://a.example/\r\nx"}, "is not a page to go to"),
        ({"success_redirect": "https://a.example/${key}"}, "S3 refuses a '\\$' in a form"),
        ({"success_status": 302}, "give 200, 201 or 204"),
        ({"metadata": {"a": "$b"}}, "S3 refuses a '\\$' in a form"),
        ({"metadata": {"a": "b\n"}}, "printable ASCII"),
        ({"checksum": "md5"}, "is not a checksum"),
        ({"checksum": "md5:" + "0" * 32}, "cannot demand an MD5 digest"),
        ({"tags": {"a": "<"}}, "give letters, digits"),
        ({"tags": {"aws:a": ""}}, "cannot start with aws:"),
    ],
)
def test_what_a_form_cannot_say_is_refused(wrong: Any, problem: str) -> None:
    with pytest.raises(RequestError, match=problem):
        says.fields(wrong)
