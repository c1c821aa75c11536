"""`presign explain --answer`: whose answer it is, and whether the link worked, whatever came back."""

import json
from pathlib import Path

from presign.signer import Signer
from tests.presign.presign_support import OUTPUTS, Presign

import pytest

SIGNER = Signer(
    access_key="AKIAIOSFODNN7EXAMPLE",
    secret_key="s",
    region="eu-west-1",
    bucket_url="https://secure-dev-data-bucket.s3.eu-west-1.amazonaws.com/",
)
GET = SIGNER.url("GET", "k", 900)
PUT = SIGNER.url("PUT", "k", 900, OUTPUTS["UploadHeaders"])
COMPLETE = SIGNER.plan("POST", 900, {}, {"uploadId": "i"}).url("k")
S3 = "Server: AmazonS3\r\nx-amz-request-id: 4442587FB7D0A2F9\r\n"
ERROR = "<Error><Code>{}</Code><Message>m</Message></Error>"
HTML = "<html><head><title>ERROR</title></head><body>Access Denied by proxy</body></html>"


def answered(presign: Presign, url: str, answer: str) -> str:
    Path("answer").write_bytes(answer.encode())
    result = presign("explain", "--answer", "answer", url)
    assert (result.code, result.err) == (0, "")
    return result.out.partition("\n")[0]


@pytest.mark.parametrize(
    ("url", "answer", "status"),
    [
        (PUT, f"HTTP/1.1 200 OK\r\n{S3}ETag: x\r\nContent-Length: 0\r\n\r\n", 200),
        (PUT, f"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n{S3}\r\n", 200),
        (GET, f"HTTP/2 200 \r\n{S3.lower().replace('amazons3', 'AmazonS3')}\r\nid,name\n1,a\n", 200),
        (GET, f"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 206 OK\r\n{S3}\r\ni", 206),
        (GET, f"HTTP/1.1 204 No Content\r\n{S3}\r\n", 204),
        (GET, f"HTTP/1.1 304 Not Modified\r\n{S3}\r\n", 304),
        (GET, f"HTTP/1.1 200 OK\r\n{S3}\r\n<Order><Code>AccessDenied</Code></Order>", 200),
        (GET, f"HTTP/1.1 200 OK\r\n{S3}\r\n{ERROR.format('AccessDenied')}", 200),
        (GET, "HTTP/1.1 200 OK\r\nServer: MinIO\r\nx-amz-request-id: 1\r\n\r\ni", 200),
        (COMPLETE, f"HTTP/1.1 200 OK\r\n{S3}\r\n<CompleteMultipartUploadResult/>", 200),
        (
            GET,
            "> GET /k HTTP/1.1\n> \n< HTTP/1.1 200 OK\n< Server: AmazonS3\n< \n{ [5 bytes data]\n<Order/>",
            200,
        ),
    ],
)
def test_what_s3_did_is_not_explained_as_a_refusal(
    presign: Presign, url: str, answer: str, status: int
) -> None:
    assert answered(presign, url, answer) == f"S3 accepted the link: it answered {status}."
    document = json.loads(presign("explain", "--format", "json", "--answer", "answer", url).out)
    assert (document["cause"], document["answer"]["status"]) == (None, status)


@pytest.mark.parametrize(
    ("url", "answer", "words"),
    [
        # Not S3's.
        (
            GET,
            f"HTTP/1.1 403 Forbidden\r\nServer: squid/5.2\r\n\r\n{HTML}",
            "answer (403) is not S3's: it comes",
        ),
        (
            GET,
            f"HTTP/1.1 502 Bad Gateway\r\nServer: nginx\r\n\r\n{HTML}",
            "The answer (502) is not S3's: it comes",
        ),
        (GET, "HTTP/1.1 407 Proxy Authentication Required\r\n\r\nlog in", "The answer (407) is not S3's: it"),
        (GET, "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "The answer (407) is not S3's: it comes"),
        (
            GET,
            "HTTP/1.1 403 No\r\n\r\n<Order><Code>AccessDenied</Code></Order>",
            "The answer (403) is not S3's",
        ),
        # Nobody can know.
        (
            GET,
            f"HTTP/1.1 200 OK\r\nServer: portal\r\n\r\n{HTML}",
            "a proxy or a login page answered in its place",
        ),
        (
            GET,
            "id,name\n1,a\n",
            "This is none of S3's errors: it is what the link was used for, or comes from",
        ),
        (GET, HTML, "This is none of S3's errors: it is what the link was used for, or comes from a proxy"),
        (GET, "<Order><Code>AccessDenied</Code></Order>", "This is none of S3's errors: it is what"),
        (PUT, "HTTP/1.1 100 Continue\r\n\r\n", "This is not the whole answer: after 100 another one comes."),
        # S3's, but not why.
        (
            GET,
            "HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 403 Forbidden\r\nDate: x\r\n\r\n",
            "A server answered 403 without a body, as to HEAD, so it does not say why.",
        ),
        (
            PUT,
            f"HTTP/1.1 403 Forbidden\r\n{S3}\r\n",
            "S3 answered 403 without a body: the link was most likely used",
        ),
        (
            GET,
            f"HTTP/1.1 400 Bad Request\r\n{S3}\r\n<h1>Bad Request</h1>",
            "S3 answered 400 without an error code.",
        ),
        # Errors, wherever they stand.
        (
            COMPLETE,
            f"HTTP/1.1 200 OK\r\n{S3}\r\n{ERROR.format('InternalError')}",
            "S3 had an error of its own.",
        ),
        (
            GET,
            f"HTTP/1.1 404 No\r\n\r\n<?xml version='1.0'?>\n{ERROR.format('NoSuchKey')}",
            "There is no object",
        ),
        (
            GET,
            f"This XML file has no style.\n{ERROR.format('NoSuchKey')}",
            "There is no object under this key",
        ),
        (
            GET,
            f"> GET /k HTTP/1.1\r\n> \r\n< HTTP/1.1 404 No\r\n< \r\n{ERROR.format('NoSuchKey')}",
            "There is no object under this key",
        ),
    ],
)
def test_an_answer_is_said_to_be_s3s_only_where_it_shows_that(
    presign: Presign, url: str, answer: str, words: str
) -> None:
    assert words in answered(presign, url, answer)


def test_the_place_to_which_a_form_sends_the_browser_is_a_success(presign: Presign) -> None:
    link = json.dumps({"url": GET.partition("k?")[0], "fields": {"key": "k", "x-amz-credential": "x"}})
    answer = f"HTTP/1.1 303 See Other\r\n{S3}Location: https://example.com/\r\n\r\n"
    assert answered(presign, link, answer) == "S3 accepted the link: it answered 303."
    assert "accepted" not in answered(presign, GET, answer)
