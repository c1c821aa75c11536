"""Where a bucket answers."""

from presign.endpoint import bucket_url
from presign.errors import EndpointError

import pytest


@pytest.mark.parametrize(
    ("bucket", "region", "endpoint", "url"),
    [
        ("b-1", "us-east-1", None, "https://b-1.s3.us-east-1.amazonaws.com/"),
        ("b-1", "cn-north-1", None, "https://b-1.s3.cn-north-1.amazonaws.com.cn/"),
        ("b.1", "eu-west-1", None, "https://s3.eu-west-1.amazonaws.com/b.1/"),
        ("b-1", "eu-west-1", "http://127.0.0.1:4566", "http://127.0.0.1:4566/b-1/"),
        ("b-1", "eu-west-1", "http://[::1]:4566/", "http://[::1]:4566/b-1/"),
        ("b-1", "eu-west-1", "http://localhost:4566", "http://localhost:4566/b-1/"),
        ("b-1", "eu-west-1", "https://s3.example.com:9000", "https://s3.example.com:9000/b-1/"),
        ("b.1", "eu-west-1", "https://s3.example.com/base", "https://s3.example.com/base/b.1/"),
    ],
)
def test_the_bucket_is_in_the_host_unless_that_cannot_work(
    bucket: str, region: str, endpoint: str | None, url: str
) -> None:
    assert bucket_url(bucket, region, endpoint) == url


@pytest.mark.parametrize(
    "endpoint",
    [
        "s3.example.com",
        "ftp://s3.example.com",
        "http://",
        "http://host:port",
        "http://host:99999",
        "http://[::1",
        "http://user@host",
        "http://host/?query",
        "http://host/#part",
        "http://host/it's",
        "http://ho st",
        "http://host\n",
        "http://hôst",
    ],
)
def test_an_endpoint_that_is_not_a_plain_url_is_refused(endpoint: str) -> None:
    with pytest.raises(EndpointError, match="the endpoint"):
        bucket_url("b-1", "eu-west-1", endpoint)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://s3.eu-west-1.amazonaws.com", "denies plain http"),
        ("https://s3.us-east-1.amazonaws.com", "it is in us-east-1, and the bucket in eu-west-1"),
        ("https://s3.cn-north-1.amazonaws.com.cn", "it is in cn-north-1"),
    ],
)
def test_an_endpoint_of_aws_that_would_refuse_the_link_is_refused(url: str, problem: str) -> None:
    with pytest.raises(EndpointError, match=problem):
        bucket_url("bucket", "eu-west-1", url)


def test_other_endpoints_of_the_region_are_used() -> None:
    url = "https://s3.dualstack.eu-west-1.amazonaws.com"
    assert bucket_url("bucket", "eu-west-1", url) == "https://bucket.s3.dualstack.eu-west-1.amazonaws.com/"
