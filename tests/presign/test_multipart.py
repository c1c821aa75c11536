"""Uploads in parts against a server that checks signatures: begun, completed, listed and aborted."""

import json
import random
import re
from pathlib import Path

from tests.presign.multipart_support import MIB, PARTS, run, saved
from tests.presign.presign_support import BUCKET, Presign

import pytest
import requests
from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.usefixtures("keys")

KEY = "reports/ü 'in' parts.bin"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file of three parts, of which the last one is small, with a name that a shell would take apart."""
    path = tmp_path / "it's a $file.bin"
    path.write_bytes(random.Random(1).randbytes(10 * MIB + 77))  # noqa: S311
    return path


@pytest.fixture(autouse=True)
def nothing_is_left(s3: S3Client, outputs: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test begins with no upload, and has the outputs."""
    for one in s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []):
        s3.abort_multipart_upload(Bucket=BUCKET, Key=one["Key"], UploadId=one["UploadId"])
    monkeypatch.setenv("PRESIGN_OUTPUTS", outputs)


def left(s3: S3Client) -> list[str]:
    return [one["Key"] for one in s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])]


@pytest.mark.parametrize("shell", ["dash", "bash"])
def test_the_script_uploads_the_file_with_the_buckets_headers(
    presign: Presign,
    s3: S3Client,
    source: Path,
    tmp_path: Path,
    shell: str,
    upload_headers: dict[str, str],
) -> None:
    made = presign("put", *PARTS, "--file", str(source), "--content-type", "text/csv", KEY)
    assert "has begun: 3 parts of 5 MiB, until" in made.err
    script = saved(made, tmp_path)
    ran = run(script, shell=shell)
    assert ran.returncode == 0, ran.stderr
    assert "3 of 3 parts, 100 %\n" in ran.stderr
    assert f"to s3://{BUCKET}/{KEY}: {10 * MIB + 77} bytes" in ran.stderr
    stored = s3.get_object(Bucket=BUCKET, Key=KEY)
    assert stored["Body"].read() == source.read_bytes()
    assert stored["ContentType"] == "text/csv"
    assert [stored["ServerSideEncryption"], stored["SSEKMSKeyId"]] == list(upload_headers.values())
    assert list(tmp_path.glob("presign-upload-*")) == []
    assert left(s3) == []
    again = run(script, shell=shell)
    assert again.returncode == 1
    assert "S3 has no such upload: it was completed, aborted or removed" in again.stderr


@pytest.mark.parametrize("size", [0, 1, 5 * MIB, 10 * MIB])
def test_a_smaller_file_takes_fewer_parts(presign: Presign, s3: S3Client, tmp_path: Path, size: int) -> None:
    script = saved(presign("put", *PARTS, "--size", "10MiB", "k"), tmp_path)
    (tmp_path / "k").write_bytes(b"x" * size)
    ran = run(script, "k")
    assert ran.returncode == 0, ran.stderr
    assert s3.get_object(Bucket=BUCKET, Key="k")["Body"].read() == b"x" * size


def test_a_larger_file_is_refused_by_the_script(presign: Presign, s3: S3Client, tmp_path: Path) -> None:
    script = saved(presign("put", *PARTS, "--size", "10MiB", "k"), tmp_path)
    (tmp_path / "k").write_bytes(b"x" * (10 * MIB + 1))
    ran = run(script)
    assert ran.returncode == 1
    assert f"k has {10 * MIB + 1} bytes, and these links take at most {10 * MIB}" in ran.stderr


def test_json_has_a_link_for_each_part_for_completing_and_for_aborting(
    presign: Presign, s3: S3Client, source: Path
) -> None:
    command = ("put", *PARTS, "--file", str(source), "--part-checksums", "--format", "json", "k")
    made = json.loads(presign(*command).out)
    content = source.read_bytes()
    tags = []
    for part in made["parts"]:
        piece = content[part["offset"] : part["offset"] + part["size"]]
        assert requests.put(part["url"], b"other", headers=part["headers"], timeout=30).status_code == 400
        sent = requests.put(part["url"], piece, headers=part["headers"], timeout=30)
        assert sent.status_code == 200, sent.text
        tags.append(
            f"<Part><PartNumber>{part['number']}</PartNumber><ETag>{sent.headers['ETag']}</ETag></Part>"
        )
    body = f"<CompleteMultipartUpload>{''.join(tags)}</CompleteMultipartUpload>"
    assert requests.post(made["complete"]["url"], body, timeout=30).status_code == 200
    assert s3.get_object(Bucket=BUCKET, Key="k")["Body"].read() == content
    other = json.loads(presign(*command).out)
    assert other["upload_id"] != made["upload_id"]
    assert requests.delete(other["abort"]["url"], timeout=30).status_code == 204
    assert left(s3) == []


def test_the_script_aborts(presign: Presign, s3: S3Client, source: Path, tmp_path: Path) -> None:
    script = saved(presign("put", *PARTS, "--file", str(source), "k"), tmp_path)
    assert left(s3) == ["k"]
    ran = run(script, "--abort")
    assert (ran.returncode, ran.stderr) == (0, f"Aborted the upload to s3://{BUCKET}/k\n")
    assert left(s3) == []
    assert "S3 has no such upload" in run(script).stderr


def test_what_is_left_is_listed_and_aborted(presign: Presign, s3: S3Client) -> None:
    for key in ("a/1", "a/1", "a/12", "b"):
        assert presign("put", "--multipart", "--size", "6GB", key).code == 0
    listed = presign("multipart", "list", "a/")
    assert [line.split()[1] for line in listed.out.splitlines()] == ["a/1", "a/1", "a/12"]
    found = json.loads(presign("multipart", "list", "--format", "json").out)
    assert [one["key"] for one in found] == ["a/1", "a/1", "a/12", "b"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", found[0]["begun_at"])
    assert presign("multipart", "abort", f"s3://{BUCKET}/a/1").out.count("Aborted the upload") == 2
    assert left(s3) == ["a/12", "b"]
    assert presign("multipart", "abort", "b", found[3]["upload_id"]).code == 0
    assert left(s3) == ["a/12"]
    missing = presign("multipart", "abort", "b", found[3]["upload_id"])
    assert (missing.code, missing.out) == (1, "")
    assert "there is no such upload: it was completed, aborted or removed" in missing.err
    assert "there is no upload in parts to 'b'" in presign("multipart", "abort", "b").err
    assert presign("multipart", "list", "none/").err == "No upload in parts is left\n"


def test_where_the_links_cannot_be_written_no_upload_is_left(
    presign: Presign, s3: S3Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(text: str) -> None:
        assert left(s3) == ["k"]
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("presign.report.write", fail)
    assert presign("put", "--multipart", "--size", "6GB", "k").code == 1
    assert left(s3) == []


def test_a_bucket_that_is_not_there_is_one_line(presign: Presign, outputs: str) -> None:
    text = Path(outputs).read_text()
    Path(outputs).write_text(text.replace(BUCKET, "no-such-bucket-here"))
    for command in (
        ["put", "--multipart", "--size", "1MB", "k"],
        ["multipart", "list"],
        ["multipart", "abort", "k"],
    ):
        result = presign(*command)
        assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
        assert "there is no such bucket" in result.err
