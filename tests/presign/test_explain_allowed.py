"""`presign explain` compares a link with the bucket's outputs."""

from presign.endpoint import access_point_url, bucket_url
from presign.signer import Signer
from tests.presign.presign_support import OutputsFile, Presign

import pytest

TOKEN = "IQoJb3JpZ2luX2VjEHgaCXVzLWVhc3QtMSJHMEUCIQC"
HOST = "https://secure-dev-data-bucket.s3.eu-west-1.amazonaws.com/"


def signer(url: str = HOST, region: str = "eu-west-1", token: str | None = None) -> Signer:
    key_id = "ASIAIOSFODNN7EXAMPLE" if token else "AKIAIOSFODNN7EXAMPLE"
    return Signer(access_key=key_id, secret_key="s", session_token=token, region=region, bucket_url=url)


def first_line(presign: Presign, *arguments: str) -> str:
    result = presign("explain", *arguments)
    assert (result.code, result.err) == (0, "")
    return result.out.partition("\n")[0]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (signer().url("GET", "k", 604800), "denies signatures older than 1 hour"),
        (
            signer(HOST.replace("https", "http")).url("GET", "k", 60),
            "The link uses http, which the bucket's policy",
        ),
        (
            signer(bucket_url("secure-dev-data-bucket", "us-east-1"), "us-east-1").url("GET", "k", 60),
            "signed for the region us-east-1, and the bucket is in eu-",
        ),
        (
            signer(bucket_url("other-bucket", "eu-west-1")).url("GET", "k", 60),
            "is for the bucket other-bucket, and",
        ),
        (
            signer("https://secure-dev-data-bucket.s3.amazonaws.com/").url("GET", "k", 60),
            "host has no region",
        ),
        (
            signer("https://s3.us-east-1.amazonaws.com/secure-dev-data-bucket/").url("GET", "k", 60),
            "host is in us-ea",
        ),
        (
            signer("http://localhost:1/secure-dev-data-bucket/").url("GET", "k", 60),
            "neither AWS nor the endpoint",
        ),
        (
            signer().url("PUT", "k", 60, {"content-type": "text/csv"}),
            "The bucket's policy denies uploads without x-amz-",
        ),
        (
            signer(access_point_url("arn:aws:s3:eu-west-1:111122223333:accesspoint/team", "eu-west-1")).url(
                "GET", "k", 60
            ),
            "The access point team is not in the outputs",
        ),
    ],
)
def test_what_the_bucket_does_not_allow_is_the_cause(
    presign: Presign, outputs_file: OutputsFile, url: str, words: str
) -> None:
    outputs = outputs_file(PresignMaxSeconds=3600)
    assert words in first_line(presign, "--outputs", outputs, url)


def test_the_outputs_of_this_checkout_are_used_where_they_are_of_the_bucket(
    presign: Presign, outputs_file: OutputsFile
) -> None:
    outputs_file(PresignMaxSeconds=60)
    assert "older than 1 minute" in first_line(presign, signer().url("GET", "k", 900))
    other = signer(bucket_url("other-bucket", "eu-west-1")).url("GET", "k", 900)
    assert first_line(presign, other).startswith("Nothing is wrong")
    assert "\nBucket     not compared: no outputs (--outputs)" in presign("explain", other).out
