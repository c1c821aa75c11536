"""Names that the tests of presign share. They are not in conftest.py, since every folder may have one."""

import io
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Literal

from presign import cli

import pytest

BUCKET = "presign-test-bucket"
REGION: Literal["eu-west-1"] = "eu-west-1"
KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
OUTPUTS: Mapping[str, Any] = {
    "S3BucketName": "secure-dev-data-bucket",
    "S3BucketArn": "arn:aws:s3:::secure-dev-data-bucket",
    "S3BucketRegion": "eu-west-1",
    "KMSKeyArn": KEY_ARN,
    "IAMPolicyArn": "arn:aws:iam::111122223333:policy/SecureS3Access-dev",
    "UploadHeaders": {
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": KEY_ARN,
    },
    "PresignMaxSeconds": 604800,
}


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


Presign = Callable[..., Result]
OutputsFile = Callable[..., str]


def embedded(endpoint: str) -> dict[str, Any]:
    """Return how boto3 reaches the embedded AWS."""
    return {
        "endpoint_url": endpoint,
        "region_name": REGION,
        "aws_access_key_id": "test",
        "aws_secret_access_key": "test",
    }


def isolate(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Take the machine's AWS settings out of the environment, and work in `folder`, where there are none."""
    for name in os.environ:
        if name.startswith(("AWS_", "PRESIGN_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "aws-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "aws-credentials"))
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1,localhost")
    monkeypatch.chdir(folder)


def in_this_process(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Presign:
    """Return what runs the command line in this process."""

    def run(*args: str, stdin: bytes = b"") -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(stdin))))
        capsys.readouterr()
        code = cli.run(args)
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return run


@contextmanager
def refusing(status: int, code: str, message: str, date: str | None = None) -> Iterator[str]:
    """Run an S3 that refuses everything with one error, and yield its URL."""
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(status)
            self.send_header("Date", date or self.date_time_string())
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_DELETE = do_GET

        def log_message(self, format: str, *args: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
