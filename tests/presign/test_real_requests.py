"""The links work, and changed links do not, against an S3 that checks them."""

import hashlib
import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from presign import Signer
from presign.endpoint import bucket_url
from tests.presign.presign_support import OutputsFile, Presign

import boto3
import pytest
from mypy_boto3_s3 import S3Client

BUCKET = "presign-test-bucket"
REGION: Literal["eu-west-1"] = "eu-west-1"
DATA = bytes(range(256)) * 40

pytestmark = pytest.mark.usefixtures("keys")


@pytest.fixture(scope="module")
def aws(s3_endpoint: str) -> dict[str, Any]:
    """How boto3 reaches the embedded AWS."""
    return {
        "endpoint_url": s3_endpoint,
        "region_name": REGION,
        "aws_access_key_id": "test",
        "aws_secret_access_key": "test",
    }


@pytest.fixture(scope="module")
def s3(aws: dict[str, Any]) -> S3Client:
    client: S3Client = boto3.client("s3", **aws)
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    return client


@pytest.fixture(scope="module")
def headers(aws: dict[str, Any]) -> dict[str, str]:
    """What an upload must send: the encryption, and a key that exists."""
    arn = boto3.client("kms", **aws).create_key()["KeyMetadata"]["Arn"]
    return {
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": arn,
    }


@pytest.fixture
def outputs(
    outputs_file: OutputsFile,
    s3: S3Client,
    headers: dict[str, str],
    s3_endpoint: str,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """The outputs of the bucket that exists, with AWS_ENDPOINT_URL telling where."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_endpoint)
    return outputs_file(S3BucketName=BUCKET, S3BucketRegion=REGION, UploadHeaders=headers)


def bash(line: str) -> subprocess.CompletedProcess[bytes]:
    """Run a line as if it had been pasted into bash."""
    return subprocess.run(["bash", "-c", line], capture_output=True, check=False, timeout=60)


def request(
    method: str, url: str, headers: Mapping[str, str] = {}, data: bytes | None = None
) -> tuple[int, bytes]:
    """Send a request as any HTTP client would; urllib adds a content type only where none is given."""
    sent = urllib.request.Request(url, data, {**headers}, method=method)  # noqa: S310
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(sent, timeout=30) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def link(presign: Presign, method: str, outputs: str, key: str, *options: str) -> dict[str, Any]:
    result = presign(method, "--outputs", outputs, "--format", "json", *options, "--", key)
    assert result.code == 0, result.err
    document: dict[str, Any] = json.loads(result.out)
    return document


@pytest.mark.parametrize(
    "key",
    [
        "plain.bin",
        "folder/with space & 'quotes' $HOME `id` !.bin",
        "ünï/cödé-\N{GRINNING FACE}.bin",
        "glob[1-3]{a,b}#1\\.bin",
        "100%25+~;=?.bin",
        "-v",
        "double//slash///.bin",
        "a/../b/./c.bin",
        "trailing/",
        "line\nbreak.bin",
    ],
)
def test_the_printed_curl_lines_upload_and_download(
    presign: Presign, outputs: str, s3: S3Client, headers: dict[str, str], tmp_path: Path, key: str
) -> None:
    put = presign("put", "--outputs", outputs, "--", key)
    line = put.out.splitlines()[-1]
    name = key.rstrip("/").split("/")[-1].replace("\n", "_")
    (tmp_path / name).write_bytes(DATA)
    uploaded = bash(line)
    assert uploaded.returncode == 0, uploaded
    stored = s3.get_object(Bucket=BUCKET, Key=key)
    assert stored["Body"].read() == DATA
    assert stored["SSEKMSKeyId"] == headers["x-amz-server-side-encryption-aws-kms-key-id"]

    (tmp_path / name).unlink()
    get = presign("get", "--outputs", outputs, "--", key)
    downloaded = bash(get.out.splitlines()[-1])
    assert downloaded.returncode == 0, downloaded
    assert (tmp_path / name).read_bytes() == DATA


def test_the_file_option_names_the_local_file(
    presign: Presign, outputs: str, s3: S3Client, tmp_path: Path
) -> None:
    source, target = tmp_path / "it's [a] {file}.bin", tmp_path / "got #1.bin"
    source.write_bytes(DATA)
    assert bash(link(presign, "put", outputs, "k", "--file", str(source))["curl"]).returncode == 0
    assert bash(link(presign, "get", outputs, "k", "--file", str(target))["curl"]).returncode == 0
    assert target.read_bytes() == DATA
    assert bash(link(presign, "get", outputs, "k", "--file", "-")["curl"]).stdout == DATA


def test_an_empty_file_can_be_uploaded(presign: Presign, outputs: str, s3: S3Client, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert bash(link(presign, "put", outputs, "empty")["curl"]).returncode == 0
    assert s3.head_object(Bucket=BUCKET, Key="empty")["ContentLength"] == 0


def test_any_http_client_can_upload_and_download(presign: Presign, outputs: str) -> None:
    put = link(presign, "put", outputs, "any client/ü.bin")
    assert request("PUT", put["url"], put["headers"], DATA)[0] == 200
    get = link(presign, "get", outputs, "any client/ü.bin")
    assert request("GET", get["url"], get["headers"]) == (200, DATA)


def test_a_missing_signed_header_is_refused(presign: Presign, outputs: str) -> None:
    put = link(presign, "put", outputs, "k")
    for name in put["headers"]:
        fewer = {other: value for other, value in put["headers"].items() if other != name}
        assert request("PUT", put["url"], fewer, DATA)[0] == 403


def test_a_changed_signed_header_is_refused(presign: Presign, outputs: str) -> None:
    put = link(presign, "put", outputs, "k")
    changed = {**put["headers"], "x-amz-server-side-encryption": "AES256"}
    assert request("PUT", put["url"], changed, DATA)[0] == 403


def test_a_tampered_link_is_refused(presign: Presign, outputs: str) -> None:
    put = link(presign, "put", outputs, "tampered")
    assert request("PUT", put["url"], put["headers"], DATA)[0] == 200
    url = link(presign, "get", outputs, "tampered")["url"]
    assert request("GET", url)[0] == 200
    last = "0" if url[-1] != "0" else "1"
    for tampered in (
        url[:-1] + last,
        url.replace("/tampered?", "/other?"),
        url.replace("X-Amz-Expires=900", "X-Amz-Expires=901"),
    ):
        assert tampered != url
        assert request("GET", tampered)[0] == 403


def test_a_download_link_does_not_upload(presign: Presign, outputs: str) -> None:
    assert request("PUT", link(presign, "get", outputs, "k")["url"], {}, DATA)[0] == 403


def test_curl_fails_when_s3_refuses(presign: Presign, outputs: str) -> None:
    line = link(presign, "get", outputs, "k", "--file", "-")["curl"]
    refused = bash(line.replace("X-Amz-Expires=900", "X-Amz-Expires=901"))
    assert refused.returncode == 22
    assert b"SignatureDoesNotMatch" in refused.stdout


def test_an_expired_link_is_refused(s3: S3Client, s3_endpoint: str) -> None:
    s3.put_object(Bucket=BUCKET, Key="old", Body=DATA)

    def status(age: timedelta) -> int:
        signer = Signer(
            access_key="test",
            secret_key="test",
            region=REGION,
            bucket_url=bucket_url(BUCKET, REGION, s3_endpoint),
            clock=lambda: datetime.now(UTC) - age,
        )
        return request("GET", signer.url("GET", "old", 900))[0]

    assert status(timedelta(minutes=14)) == 200
    assert status(timedelta(minutes=16)) == 403


def test_one_version_is_downloaded_and_the_name_to_save_as_cannot_be_changed(
    presign: Presign, outputs: str, s3: S3Client, tmp_path: Path
) -> None:
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    old = s3.put_object(Bucket=BUCKET, Key="versions", Body=DATA)["VersionId"]
    s3.put_object(Bucket=BUCKET, Key="versions", Body=b"new")
    line = link(presign, "get", outputs, "versions", "--version-id", old, "--download-as", "ü 1.bin")["curl"]
    assert bash(line).returncode == 0
    assert (tmp_path / "versions").read_bytes() == DATA
    # The embedded S3 checks the parameter's signature, but does not answer with the header.
    assert bash(line.replace("%201.bin", "%202.bin")).returncode == 22
    assert bash(line.replace(f"versionId={old}", "versionId=other")).returncode == 22


def test_an_upload_is_held_to_its_content_type_and_checksum(
    presign: Presign, outputs: str, s3: S3Client, tmp_path: Path
) -> None:
    digest = hashlib.sha256(DATA).hexdigest()
    put = link(
        presign, "put", outputs, "held", "--content-type", "text/csv", "--checksum", f"sha256:{digest}"
    )
    (tmp_path / "held").write_bytes(DATA)
    assert bash(put["curl"]).returncode == 0
    assert s3.head_object(Bucket=BUCKET, Key="held")["ContentType"] == "text/csv"
    assert request("PUT", put["url"], {**put["headers"], "content-type": "text/html"}, DATA)[0] == 403
    assert request("PUT", put["url"], put["headers"], b"other")[0] == 400
