"""What the tests of presign share: outputs, the command line in this process, and an S3 to talk to."""

import json
from collections.abc import Iterator
from pathlib import Path

from ops.embedded.aws import embedded_aws
from tests.presign.parts_server import Parts, running
from tests.presign.presign_support import (
    BUCKET,
    OUTPUTS,
    REGION,
    OutputsFile,
    Presign,
    embedded,
    in_this_process,
    isolate,
)

import boto3
import pytest
from mypy_boto3_s3 import S3Client


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test sees the AWS settings of the machine, and none asks an instance for credentials."""
    isolate(monkeypatch, tmp_path)


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS keys in the environment: those that MiniStack accepts."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


@pytest.fixture
def outputs_file(tmp_path: Path) -> OutputsFile:
    """Writes an outputs file: the usual outputs of one stack, with changes; None takes an output out."""

    def write(**changes: object) -> str:
        values = {name: value for name, value in {**OUTPUTS, **changes}.items() if value is not None}
        path = tmp_path / "outputs.json"
        path.write_text(json.dumps({"secure-storage-dev": values}))
        return str(path)

    return write


@pytest.fixture
def presign(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Presign:
    """Runs the command line in this process."""

    return in_this_process(monkeypatch, capsys)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, outputs_file: OutputsFile) -> Iterator[Parts]:
    """S3 that takes uploads in parts, with outputs for `presign`."""
    with running() as parts:
        monkeypatch.setenv("AWS_ENDPOINT_URL", parts.endpoint)
        monkeypatch.setenv("PRESIGN_OUTPUTS", outputs_file())
        yield parts


@pytest.fixture(scope="session")
def s3_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an embedded AWS, on loopback, that checks the signatures of links and forms."""
    with embedded_aws(tmp_path_factory.mktemp("ministack") / "log", auth=True) as running:
        yield running.endpoint


@pytest.fixture(scope="session")
def s3(s3_endpoint: str) -> S3Client:
    """A client of that AWS, where BUCKET is."""
    client: S3Client = boto3.client("s3", **embedded(s3_endpoint))
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    return client


@pytest.fixture(scope="session")
def upload_headers(s3_endpoint: str) -> dict[str, str]:
    """What an upload must send: the encryption, and a key that exists."""
    arn = boto3.client("kms", **embedded(s3_endpoint)).create_key()["KeyMetadata"]["Arn"]
    return {
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": arn,
    }


@pytest.fixture
def outputs(
    outputs_file: OutputsFile,
    s3: S3Client,
    upload_headers: dict[str, str],
    s3_endpoint: str,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """The outputs of the bucket that exists, with AWS_ENDPOINT_URL telling where."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_endpoint)
    return outputs_file(S3BucketName=BUCKET, S3BucketRegion=REGION, UploadHeaders=upload_headers)
