"""What the CORS rule of the settings tells a browser, asked of an embedded AWS that answers by it."""

import http.client
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

from ops.embedded.aws import EmbeddedAws
from presign import Signer
from tests.enforcement.bucket import aws_client

import pytest

BUCKET = "secure-browser-data-bucket"
ALLOWED = [
    "https://app.example.com",
    "https://pr-7.preview.example.com",
    "http://localhost:5173",
]
OTHERS = [
    "https://evil.example.com",
    "http://app.example.com",
    "https://app.example.com.evil.example",
    "http://localhost:8080",
    "null",
]


@pytest.fixture(scope="session")
def link(aws: EmbeddedAws, key_arn: str, stacks: dict[str, dict[str, Any]]) -> tuple[str, dict[str, str]]:
    """A link for an upload, and the headers that it needs, with the synthesized CORS rule on its bucket."""
    s3 = aws_client("s3", aws.endpoint, "test", "test")
    s3.create_bucket(Bucket=BUCKET)
    stack = stacks["secure-storage-browser"]
    (cors,) = stack["resource"]["aws_s3_bucket_cors_configuration"].values()
    (rule,) = cors["cors_rule"]
    configuration = {
        "AllowedOrigins": rule["allowed_origins"],
        "AllowedMethods": rule["allowed_methods"],
        "AllowedHeaders": rule["allowed_headers"],
        "ExposeHeaders": rule["expose_headers"],
        "MaxAgeSeconds": rule["max_age_seconds"],
    }
    s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [configuration]})
    signer = Signer(
        access_key="test",
        secret_key="test",
        region="us-east-1",
        bucket_url=f"{aws.endpoint}/{BUCKET}/",
    )
    headers = dict.fromkeys(stack["output"]["UploadHeaders"]["value"], "aws:kms")
    headers["x-amz-server-side-encryption-aws-kms-key-id"] = key_arn
    return signer.url("PUT", "from a page.txt", 900, headers), headers


def send(url: str, method: str, headers: dict[str, str], body: bytes | None = None) -> tuple[int, Any]:
    parts = urlsplit(url)
    with closing(http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)) as connection:
        connection.request(method, f"{parts.path}?{parts.query}", body, headers)
        response = connection.getresponse()
        response.read()
        return response.status, response.headers


def question(origin: str, method: str, headers: list[str]) -> dict[str, str]:
    """What a browser asks before it sends a page's request."""
    return {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": ",".join(sorted(headers)),
    }


@pytest.mark.parametrize("origin", ALLOWED)
def test_a_page_that_is_named_uploads_with_a_link(link: tuple[str, dict[str, str]], origin: str) -> None:
    url, headers = link
    status, answer = send(url, "OPTIONS", question(origin, "PUT", [*headers, "content-type"]))
    assert (status, answer["Access-Control-Allow-Origin"]) == (200, origin)
    sent = {**headers, "Content-Type": "text/plain", "Origin": origin}
    status, answer = send(url, "PUT", sent, b"hello")
    assert (status, answer["Access-Control-Allow-Origin"]) == (200, origin)
    assert answer["Access-Control-Expose-Headers"] == "ETag, x-amz-version-id"


@pytest.mark.parametrize("origin", OTHERS)
def test_any_other_page_does_not(link: tuple[str, dict[str, str]], origin: str) -> None:
    url, headers = link
    status, answer = send(url, "OPTIONS", question(origin, "PUT", [*headers]))
    assert (status, answer["Access-Control-Allow-Origin"]) == (403, None)
    # Anyone with the link can still use it, but the browser shows the page nothing of the answer.
    status, answer = send(url, "PUT", {**headers, "Origin": origin}, b"hello")
    assert (status, answer["Access-Control-Allow-Origin"]) == (200, None)


@pytest.mark.parametrize(("method", "header"), [("DELETE", "content-type"), ("PUT", "authorization")])
def test_a_page_that_is_named_may_do_no_more_than_it_says(
    link: tuple[str, dict[str, str]], method: str, header: str
) -> None:
    url, headers = link
    status, answer = send(url, "OPTIONS", question(ALLOWED[0], method, [*headers, header]))
    assert (status, answer["Access-Control-Allow-Origin"]) == (403, None)
