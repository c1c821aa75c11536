"""The proxy in front of the embedded AWS."""

import base64
import http.client
import json
import urllib.request
import zlib
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

from ops.embedded.aws import EmbeddedAws
from tests.aws_proxy import Answer, AwsProxy, Reset, Stall, no_fault

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

pytestmark = pytest.mark.real

CONTENT = bytes(range(256)) * 400


@pytest.fixture(scope="module")
def proxy(empty_aws: EmbeddedAws) -> Iterator[AwsProxy]:
    with AwsProxy(empty_aws.endpoint) as proxy:
        client(proxy, "s3").create_bucket(Bucket="bucket")
        yield proxy


@pytest.fixture(autouse=True)
def fresh(proxy: AwsProxy) -> None:
    proxy.fault = no_fault
    proxy.calls.clear()


def client(proxy: AwsProxy, service: str, **config: Any) -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=proxy.endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(signature_version="s3v4", proxies={}, **config) if service == "s3" else None,
    )


def connect(proxy: AwsProxy) -> http.client.HTTPConnection:
    parts = urlsplit(proxy.endpoint)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)


def test_calls_pass_with_their_bodies_and_are_recorded(proxy: AwsProxy) -> None:
    s3 = client(proxy, "s3")
    s3.put_object(Bucket="bucket", Key="a/b c", Body=CONTENT)
    assert s3.get_object(Bucket="bucket", Key="a/b c")["Body"].read() == CONTENT
    assert s3.head_object(Bucket="bucket", Key="a/b c")["ContentLength"] == len(CONTENT)
    s3.delete_object(Bucket="bucket", Key="a/b c")
    assert [(call.method, call.url.path, call.status) for call in proxy.calls] == [
        ("PUT", "/bucket/a/b%20c", 200),
        ("GET", "/bucket/a/b%20c", 200),
        ("HEAD", "/bucket/a/b%20c", 200),
        ("DELETE", "/bucket/a/b%20c", 204),
    ]
    assert CONTENT in (proxy.calls[0].body, proxy.calls[1].answer)
    assert proxy.calls[0].headers["host"] == urlsplit(proxy.endpoint).netloc


def test_services_other_than_s3_pass(proxy: AwsProxy) -> None:
    identity = client(proxy, "sts").get_caller_identity()
    assert identity["Account"] == "000000000000"
    assert b"Action=GetCallerIdentity" in proxy.calls[0].body
    with pytest.raises(ClientError, match="NoSuchEntity"):
        client(proxy, "iam").get_role(RoleName="nobody")
    assert proxy.calls[-1].status == 404


@pytest.mark.parametrize("transfer", ["length", "chunked"])
def test_an_aws_chunked_upload_passes(proxy: AwsProxy, transfer: str) -> None:
    checksum = base64.b64encode(zlib.crc32(CONTENT).to_bytes(4, "big"))
    body = b"%x\r\n%s\r\n0\r\nx-amz-checksum-crc32:%s\r\n\r\n" % (len(CONTENT), CONTENT, checksum)
    headers = {
        "Content-Encoding": "aws-chunked",
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-decoded-content-length": str(len(CONTENT)),
        "x-amz-trailer": "x-amz-checksum-crc32",
    }
    with closing(connect(proxy)) as connection:
        sent = iter([body]) if transfer == "chunked" else body
        connection.request("PUT", "/bucket/stream", sent, headers, encode_chunked=transfer == "chunked")
        assert connection.getresponse().status == 200
    assert proxy.calls[0].body == body
    assert client(proxy, "s3").get_object(Bucket="bucket", Key="stream")["Body"].read() == CONTENT


def test_a_link_signed_for_the_proxy_works_through_it(proxy: AwsProxy) -> None:
    s3 = client(proxy, "s3")
    s3.put_object(Bucket="bucket", Key="key", Body=b"content")
    link = s3.generate_presigned_url("get_object", Params={"Bucket": "bucket", "Key": "key"})
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(link) as response:
        assert response.read() == b"content"


def test_a_connection_serves_many_calls_and_a_chunked_body_arrives_whole(proxy: AwsProxy) -> None:
    with closing(connect(proxy)) as connection:
        for number in range(3):
            pieces = [CONTENT[:100], CONTENT[100:]]
            connection.request("PUT", f"/bucket/{number}", body=iter(pieces), encode_chunked=True)
            assert connection.getresponse().read() == b""
        connection.request("HEAD", "/bucket/2")
        response = connection.getresponse()
        assert (response.getheader("Content-Length"), response.read()) == (str(len(CONTENT)), b"")
        sock = connection.sock
        connection.request("GET", "/bucket/2")
        assert connection.getresponse().read() == CONTENT
        assert connection.sock is sock
    assert proxy.calls[0].body == CONTENT


def test_an_answer_is_injected_and_does_not_reach_aws(proxy: AwsProxy) -> None:
    body = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
    proxy.fault = lambda call: Answer(503, body) if call.method == "PUT" and len(proxy.calls) < 3 else None
    s3 = client(proxy, "s3", retries={"total_max_attempts": 2, "mode": "standard"})
    with pytest.raises(ClientError, match="SlowDown"):
        s3.put_object(Bucket="bucket", Key="slow", Body=b"1")
    assert [call.status for call in proxy.calls] == [503, 503]
    assert "slow" not in json.dumps([one["Key"] for one in s3.list_objects_v2(Bucket="bucket")["Contents"]])
    s3.put_object(Bucket="bucket", Key="slow", Body=b"1")


@pytest.mark.parametrize("carried_out", [False, True])
def test_a_connection_is_reset_before_or_after_the_call(proxy: AwsProxy, *, carried_out: bool) -> None:
    key = f"reset-{carried_out}"
    proxy.fault = lambda call: Reset(carried_out) if call.method == "PUT" else None
    with closing(connect(proxy)) as connection:
        connection.request("PUT", f"/bucket/{key}", body=b"1")
        with pytest.raises(ConnectionResetError) as error:
            connection.getresponse()
    assert error.type is ConnectionResetError  # http.client's own error, for a mere end, is of that kind too
    assert [call.status for call in proxy.calls] == [None]
    once = client(proxy, "s3", retries={"total_max_attempts": 1})
    with pytest.raises(ConnectionClosedError):
        once.put_object(Bucket="bucket", Key="other", Body=b"1")
    keys = [one["Key"] for one in once.list_objects_v2(Bucket="bucket").get("Contents", [])]
    assert (key in keys) is carried_out


def test_a_stalled_call_keeps_its_client_waiting_and_then_goes_on(proxy: AwsProxy) -> None:
    proxy.fault = lambda call: Stall(1) if call.method == "PUT" else None
    impatient = client(proxy, "s3", read_timeout=0.1, retries={"total_max_attempts": 1})
    with pytest.raises(ReadTimeoutError):
        impatient.put_object(Bucket="bucket", Key="late", Body=b"1")
    client(proxy, "s3").get_waiter("object_exists").wait(
        Bucket="bucket", Key="late", WaiterConfig={"Delay": 1, "MaxAttempts": 20}
    )
    assert proxy.calls[0].fault == Stall(1)


def test_the_proxy_ends_at_once_though_calls_are_stalled(proxy: AwsProxy) -> None:
    with AwsProxy(proxy.endpoint, lambda call: Stall(3600)) as stalled, closing(connect(stalled)) as idle:
        idle.connect()
        s3 = client(stalled, "s3", read_timeout=0.2, retries={"total_max_attempts": 1})
        with pytest.raises(ReadTimeoutError):
            s3.list_buckets()


def test_a_mistake_in_the_fault_function_is_not_lost() -> None:
    def mistaken(_call: object) -> None:
        raise KeyError("mistake")

    with pytest.raises(ExceptionGroup, match="the proxy itself failed"):
        ask_through(AwsProxy("http://127.0.0.1:9", mistaken))


def ask_through(ending: AwsProxy) -> None:
    """Ask once, and get no answer."""
    with ending as proxy, closing(connect(proxy)) as connection:
        connection.request("GET", "/")
        with pytest.raises(ConnectionResetError):
            connection.getresponse()


def test_aws_that_is_down_is_a_reset_connection() -> None:
    ask_through(AwsProxy("http://127.0.0.1:9"))
