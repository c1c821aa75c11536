"""`presign explain` says what a link is for only as far as the link shows it: it may be one that deletes."""

from pathlib import Path

from presign.signer import Signer
from tests.presign.presign_support import OUTPUTS, OutputsFile, Presign

import pytest

UNSURE = ": only the signature knows which"
UNKNOWN = f"download, look at, upload or delete (GET or HEAD or PUT or DELETE){UNSURE}"
NO_UPLOAD = f"download, look at or delete (GET or HEAD or DELETE){UNSURE}"
BUCKET = f"list, look at, create or delete the bucket (GET or HEAD or PUT or DELETE){UNSURE}"
SSE_C = {"x-amz-server-side-encryption-customer-algorithm": "AES256"}
SIGNER = Signer(
    access_key="AKIAIOSFODNN7EXAMPLE",
    secret_key="s",
    region="eu-west-1",
    bucket_url="https://secure-dev-data-bucket.s3.eu-west-1.amazonaws.com/",
)


def said_of(presign: Presign, url: str, *options: str) -> str:
    out = presign("explain", *options, url).out
    return out.partition("\nFor        ")[2].partition("\n")[0]


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
@pytest.mark.parametrize("query", [{}, {"versionId": "v1"}, {"partNumber": "1"}])
def test_a_link_without_signed_headers_may_delete(
    presign: Presign, outputs_file: OutputsFile, method: str, query: dict[str, str]
) -> None:
    url = SIGNER.plan(method, 900, {}, query).url("k")
    assert said_of(presign, url) == UNKNOWN
    assert said_of(presign, url, "--outputs", outputs_file()) == NO_UPLOAD
    assert said_of(presign, url, "--outputs", outputs_file(UploadHeaders={})) == UNKNOWN


@pytest.mark.parametrize(
    ("headers", "query", "words"),
    [
        ({"x-amz-checksum-crc32": "AAAAAA=="}, {}, "upload (PUT)"),
        ({}, {"x-amz-meta-a": "b"}, "upload (PUT)"),
        (SSE_C, {}, UNKNOWN),
        ({"if-none-match": "*"}, {}, UNKNOWN),
        ({}, {"x-amz-checksum-mode": "ENABLED"}, UNKNOWN),
        ({}, {"x-amz-checksum-mode": "ENABLED", "x-id": "GetObject"}, "download (GET)"),
        (
            {},
            {"response-content-type": "a/b"},
            f"download or look at (GET or HEAD){UNSURE}",
        ),
        ({}, {"tagging": ""}, "read, change or delete the object's tagging (GET or PUT or DELETE)"),
        ({}, {"acl": ""}, "read or change the object's acl (GET or PUT)"),
        ({"content-md5": "a"}, {"retention": ""}, "read or change the object's retention (GET or PUT)"),
        ({}, {"attributes": ""}, "read the object's attributes (GET)"),
        ({}, {"restore": ""}, "start the object's restore (POST)"),
        ({}, {"uploads": ""}, "start an upload in parts (POST)"),
        ({}, {"uploadId": "i", "partNumber": "3"}, "upload part 3 of an upload in parts (PUT)"),
    ],
)
def test_what_is_signed_tells_it(
    presign: Presign, headers: dict[str, str], query: dict[str, str], words: str
) -> None:
    url = SIGNER.plan("PUT", 900, headers, query).url("k")
    assert said_of(presign, url) == words
    assert presign("explain", url).out.startswith("Nothing is wrong")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({}, BUCKET),
        ({"list-type": "2"}, "list the bucket (GET)"),
        ({"policy": ""}, "read, change or delete the bucket's policy (GET or PUT or DELETE)"),
        ({"versioning": ""}, "read or change the bucket's versioning (GET or PUT)"),
        ({"delete": ""}, "start the bucket's delete (POST)"),
    ],
)
def test_a_link_to_a_bucket_may_do_more_than_list_it(
    presign: Presign, query: dict[str, str], words: str
) -> None:
    url = SIGNER.plan("GET", 900, {}, query).bucket_url()
    assert said_of(presign, url) == words
    assert presign("explain", url).out.startswith("Nothing is wrong")


@pytest.mark.parametrize(("method", "words"), [("GET", "read"), ("PUT", "change"), ("DELETE", "delete")])
def test_the_secret_key_shows_which_of_them_it_is(
    presign: Presign, monkeypatch: pytest.MonkeyPatch, method: str, words: str
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    url = SIGNER.plan(method, 900, {}, {"tagging": ""}).url("k")
    assert said_of(presign, url) == f"{words} the object's tagging ({method})"
    bucket = {"GET": "list", "PUT": "create", "DELETE": "delete"}[method]
    assert said_of(presign, SIGNER.plan(method, 900).bucket_url()) == f"{bucket} the bucket ({method})"


def answered(presign: Presign, outputs: str, url: str, method: str) -> str:
    query = "&".join(sorted(url.partition("?")[2].split("&")[:-1]))
    host = SIGNER.plan("GET", 900).bucket_url().split("/")[2]
    request = f"{method}\n/k\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
    body = f"<Code>SignatureDoesNotMatch</Code><CanonicalRequest>{request}</CanonicalRequest>"
    Path("answer").write_text(f"<Error>{body.replace('&', '&amp;')}</Error>")
    return presign("explain", "--outputs", outputs, "--answer", "answer", url).out.partition("\n")[0]


def test_the_method_is_blamed_only_where_the_link_cannot_be_for_it(
    presign: Presign, outputs_file: OutputsFile
) -> None:
    url = SIGNER.url("DELETE", "k", 900)
    for method in ("GET", "DELETE"):
        said = answered(presign, outputs_file(), url, method)
        assert said.startswith(
            f"S3 got this very link, with {method}: it is for another method, or was changed"
        )
    likely = "The request's method is {}, and the link is most likely for GET, HEAD or DELETE."
    assert answered(presign, outputs_file(), url, "PUT") == likely.format("PUT")
    tags = SIGNER.plan("GET", 900, {}, {"tagging": ""}).url("k")
    said = answered(presign, outputs_file(), tags, "POST")
    assert said == "The request's method is POST, and the link is for GET, PUT or DELETE."


@pytest.mark.parametrize(
    ("method", "headers", "words"),
    [
        ("GET", {}, "may not read it: S3 answers"),
        ("DELETE", {}, "The credentials that signed may not do this: delete."),
        ("PUT", OUTPUTS["UploadHeaders"], "A policy denies the upload"),
        ("", {}, "may not read it (or change it, where the link is for that): S3 answers"),
    ],
)
def test_a_denial_is_explained_by_what_the_link_is_for(
    presign: Presign, outputs_file: OutputsFile, method: str, headers: dict[str, str], words: str
) -> None:
    Path("answer").write_text("<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")
    url = SIGNER.url(method or "DELETE", "k", 900, headers)
    link = f'{{"url": "{url}", "method": "{method}"}}'.encode()
    said = presign("explain", "--outputs", outputs_file(), "--answer", "answer", "-", stdin=link).out
    assert words in said.partition("\n")[0]
