"""The printed curl lines name the right files.

What links do on servers that enforce is in tests/enforcement.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.presign.presign_support import BUCKET, Presign

import pytest
from mypy_boto3_s3 import S3Client

DATA = bytes(range(256)) * 40

pytestmark = pytest.mark.usefixtures("keys")


def bash(line: str) -> subprocess.CompletedProcess[bytes]:
    """Run a line as if it had been pasted into bash."""
    return subprocess.run(["bash", "-c", line], capture_output=True, check=False, timeout=60)


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
    presign: Presign, outputs: str, s3: S3Client, upload_headers: dict[str, str], tmp_path: Path, key: str
) -> None:
    put = presign("put", "--outputs", outputs, "--", key)
    line = put.out.splitlines()[-1]
    name = key.rstrip("/").split("/")[-1].replace("\n", "_")
    (tmp_path / name).write_bytes(DATA)
    uploaded = bash(line)
    assert uploaded.returncode == 0, uploaded
    stored = s3.get_object(Bucket=BUCKET, Key=key)
    assert stored["Body"].read() == DATA
    assert stored["SSEKMSKeyId"] == upload_headers["x-amz-server-side-encryption-aws-kms-key-id"]

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


def test_curl_fails_when_s3_refuses(presign: Presign, outputs: str) -> None:
    line = link(presign, "get", outputs, "k", "--file", "-")["curl"]
    refused = bash(line.replace("X-Amz-Expires=900", "X-Amz-Expires=901"))
    assert refused.returncode == 22
    assert b"SignatureDoesNotMatch" in refused.stdout


def test_a_refused_download_leaves_a_file_of_that_name_alone(
    presign: Presign, outputs: str, tmp_path: Path
) -> None:
    (tmp_path / "missing").write_bytes(DATA)
    refused = bash(presign("get", "--outputs", outputs, "--", "missing").out.splitlines()[-1])
    assert refused.returncode == 22
    assert b"404" in refused.stderr
    assert (tmp_path / "missing").read_bytes() == DATA
