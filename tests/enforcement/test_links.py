"""Links of the command line, and what becomes of those that were changed or came too late."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from ops.demo.main_job import tampered
from tests.enforcement.bucket import ALGORITHM_HEADER, Bucket, Deploy
from tests.enforcement.seaweedfs import TEAM

import pytest

KEY = "a name with spaces & ümlauts.txt"
SIGNATURE = "403 SignatureDoesNotMatch"


@pytest.fixture
def bucket(deploy: Deploy) -> Bucket:
    return deploy("dev")


def presign(bucket: Bucket, folder: Path, method: str) -> Any:
    """Run the command line in a process of its own, on the outputs of the stack."""
    outputs = folder / "outputs.json"
    outputs.write_text(json.dumps(bucket.outputs))
    done = subprocess.run(
        [sys.executable, "-m", "presign", method, "--outputs", outputs, "--format", "json", KEY],
        env={
            "AWS_ACCESS_KEY_ID": TEAM.access_key,
            "AWS_SECRET_ACCESS_KEY": TEAM.secret_key,
            "AWS_ENDPOINT_URL": bucket.server.https,
        },
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)


def test_links_of_the_command_line_pass_the_policy(bucket: Bucket, tmp_path: Path, key_arn: str) -> None:
    put, get = presign(bucket, tmp_path, "put"), presign(bucket, tmp_path, "get")
    assert bucket.use("PUT", put["url"], put["headers"], body=b"by presign").outcome == "200"
    assert bucket.encryption(KEY) == ("aws:kms", key_arn)
    assert bucket.use("GET", get["url"]).body == b"by presign"


def test_tampered_links_are_refused(bucket: Bucket) -> None:
    put, get = bucket.link("PUT", KEY, headers=bucket.headers), bucket.link("GET", KEY)
    assert bucket.use("PUT", tampered(put), bucket.headers).outcome == SIGNATURE
    assert bucket.use("GET", tampered(get)).outcome == SIGNATURE


def test_a_link_to_one_object_does_not_serve_for_another(bucket: Bucket) -> None:
    assert bucket.upload(key="mine").outcome == bucket.upload(key="yours").outcome == "200"
    link = bucket.link("GET", "mine")
    assert bucket.use("GET", link).outcome == "200"
    assert bucket.use("GET", link.replace("/mine?", "/yours?")).outcome == SIGNATURE


def test_a_link_to_download_does_not_upload(bucket: Bucket) -> None:
    assert bucket.use("PUT", bucket.link("GET", KEY), bucket.headers).outcome == SIGNATURE


def test_an_expired_link_is_refused(bucket: Bucket) -> None:
    assert bucket.upload(key=KEY, expires=120, age=timedelta(seconds=60)).outcome == "200"
    assert bucket.upload(key=KEY, expires=60, age=timedelta(seconds=120)).status == 403
    assert bucket.download(KEY, expires=60, age=timedelta(seconds=120)).status == 403


def test_a_header_that_is_changed_or_missing_is_refused(bucket: Bucket) -> None:
    link = bucket.link("PUT", KEY, headers=bucket.headers)
    assert bucket.use("PUT", link, bucket.headers).outcome == "200"
    assert bucket.use("PUT", link, {**bucket.headers, ALGORITHM_HEADER: "AES256"}).status == 403
    assert bucket.use("PUT", link, {}).status == 403


def test_a_header_that_was_not_signed_is_refused(bucket: Bucket) -> None:
    """Else a link without headers would serve for any encryption.

    AWS says 403 AccessDenied, "headers present in the request which were not signed"; this server says
    403 SignatureDoesNotMatch.
    """
    link = bucket.link("PUT", KEY)
    assert bucket.use("PUT", link, bucket.headers).outcome == SIGNATURE
    assert bucket.use("PUT", link, {ALGORITHM_HEADER: "AES256"}).outcome == SIGNATURE
