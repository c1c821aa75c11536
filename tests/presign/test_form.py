"""Forms equal those of botocore, work with curl, and hold their users to what they say."""

import base64
import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from unittest.mock import patch

from presign import form
from presign.credentials import Credentials
from presign.errors import ObjectKeyError, RequestError
from tests.presign.presign_support import KEY_ARN, OutputsFile, Presign

import boto3
import pytest
from botocore.config import Config
from mypy_boto3_s3 import S3Client

BUCKET = "presign-form-bucket"
REGION: Literal["eu-west-1"] = "eu-west-1"
NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
HEADERS = {
    "x-amz-server-side-encryption": "aws:kms",
    "x-amz-server-side-encryption-aws-kms-key-id": KEY_ARN,
}

pytestmark = pytest.mark.usefixtures("keys")


@pytest.mark.parametrize("token", [None, "token//+="])
@pytest.mark.parametrize("key", ["photos/${filename}", "photos/ü 1.png"])
def test_a_form_equals_that_of_botocore(token: str | None, key: str) -> None:
    client: S3Client = boto3.client(
        "s3",
        region_name=REGION,
        aws_access_key_id="AKIA",
        aws_secret_access_key="secret",
        aws_session_token=token,
        config=Config(signature_version="s3v4"),
    )
    own = {**HEADERS, "Content-Type": "image/png"}
    conditions: list[Any] = [
        ["content-length-range", 1, 1000],
        *({name: value} for name, value in own.items()),
    ]
    with (
        patch.dict("os.environ", BOTO_DISABLE_CRT="true"),
        patch("botocore.auth.get_current_datetime", lambda: NOON),
        patch("botocore.signers.get_current_datetime", lambda: NOON),
    ):
        theirs = client.generate_presigned_post(
            BUCKET, key, Fields=dict(own), Conditions=conditions, ExpiresIn=900
        )
    ours = form.fields(
        form.Rules(
            "photos/", None if "$" in key else key, min_size=1, max_size=1000, content_type="image/png"
        ),
        bucket=BUCKET,
        region=REGION,
        found=Credentials("AKIA", "secret", token),
        headers=HEADERS,
        content_type=None,
        expires=900,
        now=NOON,
    )
    assert ours == theirs["fields"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"min_size": 2, "max_size": 1}, "contradict"),
        ({"max_size": form.MAX_SIZE + 1}, "at most 5368709120"),
        ({"key": "other/k"}, "does not start with the prefix 'in/'"),
        ({"prefix": "a/${filename}"}, "needs not be given"),
    ],
)
def test_rules_that_cannot_be_kept_are_refused(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(RequestError, match=problem):
        form.Rules(**{"prefix": "in/", **changes})


def test_a_prefix_that_leaves_no_room_for_a_name_is_refused() -> None:
    with pytest.raises(ObjectKeyError, match="1025 bytes"):
        form.Rules("x" * 1024)


@pytest.fixture(scope="module")
def s3(s3_endpoint: str) -> S3Client:
    client: S3Client = boto3.client(
        "s3",
        endpoint_url=s3_endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    return client


@pytest.fixture
def outputs(
    outputs_file: OutputsFile, s3: S3Client, s3_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> str:
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_endpoint)
    arn = boto3.client(
        "kms",
        endpoint_url=s3_endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    ).create_key()["KeyMetadata"]["Arn"]
    headers = {**HEADERS, "x-amz-server-side-encryption-aws-kms-key-id": arn}
    return outputs_file(S3BucketName=BUCKET, S3BucketRegion=REGION, UploadHeaders=headers)


def bash(line: str) -> tuple[int, bytes]:
    ran = subprocess.run(["bash", "-c", line], capture_output=True, check=False, timeout=60)
    return ran.returncode, ran.stdout


def line_for(presign: Presign, outputs: str, *options: str) -> str:
    result = presign("post", "--outputs", outputs, "--format", "curl", *options)
    assert (result.code, result.err) == (0, "")
    return result.out.strip()


@pytest.mark.parametrize("name", ["plain.bin", 'it\'s; a "ü", $HOME [1].bin'])
def test_the_curl_line_uploads_under_the_prefix(
    presign: Presign, outputs: str, s3: S3Client, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(b"data")
    line = line_for(presign, outputs, "--max-size", "1KB", "--file", name, "in/a; b/")
    assert bash(line) == (0, b"")
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix="in/a; b/")["Contents"]
    assert any(entry["Key"].startswith("in/a; b/") for entry in listed)
    if name == "plain.bin":
        stored = s3.get_object(Bucket=BUCKET, Key=f"in/a; b/{name}")
        assert (stored["Body"].read(), stored["ServerSideEncryption"]) == (b"data", "aws:kms")


def test_the_one_key_and_the_content_type_are_kept(
    presign: Presign, outputs: str, s3: S3Client, tmp_path: Path
) -> None:
    (tmp_path / "cat.png").write_bytes(b"data")
    options = ("--key", "in/one", "--file", "cat.png", "--content-type", "image/*", "in/")
    line = line_for(presign, outputs, *options)
    assert bash(line)[0] == 0
    assert s3.head_object(Bucket=BUCKET, Key="in/one")["ContentType"] == "image/png"
    code, answer = bash(line.replace("Content-Type=image/png", "Content-Type=text/html"))
    assert (code, b"AccessDenied" in answer) == (22, True)


@pytest.mark.parametrize(("size", "code"), [(9, 22), (10, 0), (20, 0), (21, 22)])
def test_the_size_limits_are_kept(
    presign: Presign, outputs: str, tmp_path: Path, size: int, code: int
) -> None:
    (tmp_path / "f").write_bytes(b"x" * size)
    line = line_for(presign, outputs, "--min-size", "10", "--max-size", "20", "--file", "f", "sizes/")
    assert bash(line)[0] == code


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("key=kept/", "key=other/"),
        ("x-amz-server-side-encryption=aws:kms", "x-amz-server-side-encryption=AES256"),
        ("x-amz-credential=test/", "x-amz-credential=other/"),
    ],
)
def test_a_changed_field_is_refused(
    presign: Presign, outputs: str, tmp_path: Path, field: str, changed: str
) -> None:
    (tmp_path / "f").write_bytes(b"x")
    line = line_for(presign, outputs, "--file", "f", "kept/")
    assert bash(line)[0] == 0
    assert field in line
    assert bash(line.replace(field, changed))[0] == 22


def test_json_and_text_hold_all_that_a_user_needs(presign: Presign, outputs_file: OutputsFile) -> None:
    result = presign("post", "--outputs", outputs_file(), "--format", "json", "--expires", "1h", "in/")
    document = json.loads(result.out)
    assert list(document) == ["url", "method", "expires_at", "fields", "min_size", "max_size", "curl"]
    assert document["url"] == "https://secure-dev-data-bucket.s3.eu-west-1.amazonaws.com/"
    policy = json.loads(base64.b64decode(document["fields"]["policy"]))
    assert policy["expiration"] == document["expires_at"]
    text = presign("post", "--outputs", outputs_file(), "in/").out
    assert "Upload     s3://secure-dev-data-bucket/in/${filename}\nMethod     POST\n" in text
    assert "\nFields     key: in/${filename}\n           x-amz-server-side-encryption: aws:kms\n" in text
