"""An upload in parts against the bucket's own policy, by somebody who has the stack's managed policy."""

import json
from pathlib import Path
from typing import Any

from tests.enforcement import policies
from tests.enforcement.bucket import ALGORITHM_HEADER, KEY_HEADER, Deploy
from tests.enforcement.places import Place
from tests.presign.multipart_support import PARTS, run, saved
from tests.presign.presign_support import Presign

import pytest

KEY = "in-parts/ü 1.bin"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "large.bin").write_bytes(bytes(range(256)) * 4096 * 6)
    return tmp_path / "large.bin"


def assert_uploaded(place: Place, presign: Presign, source: Path) -> None:
    """The script stores the file under the bucket's own key."""
    script = saved(presign("put", *PARTS, "--file", str(source), KEY), source.parent)
    trusted = {name: value for name, value in place.variables.items() if name == "CURL_CA_BUNDLE"}
    ran = run(script, **trusted)
    assert ran.returncode == 0, ran.stderr
    assert place.stored(KEY) == source.read_bytes()
    head = place.head(KEY)
    assert {ALGORITHM_HEADER: head["ServerSideEncryption"], KEY_HEADER: head["SSEKMSKeyId"]} == place.headers


@pytest.mark.parametrize("place", ["MiniStack"], indirect=True)
def test_the_script_passes_the_policy_that_requires_headers(
    place: Place, presign: Presign, source: Path, all_stacks: dict[str, Any], key_arn: str
) -> None:
    """Only what begins the upload sends the headers; S3 refuses a part with them."""
    described = policies.resolved(all_stacks["secure-storage-dev"], key_arn=key_arn)
    whole = json.loads(policies.only(described, "aws_s3_bucket_policy")["policy"])
    before = place.s3.get_bucket_policy(Bucket=place.bucket)["Policy"]
    over_http = policies.without(whole, "DenyInsecureTransport", "DenyOutdatedTLS")
    place.s3.put_bucket_policy(Bucket=place.bucket, Policy=json.dumps(over_http))
    try:
        assert_uploaded(place, presign, source)
    finally:
        place.s3.put_bucket_policy(Bucket=place.bucket, Policy=before)


@pytest.mark.parametrize("place", ["SeaweedFS"], indirect=True)
def test_the_script_uploads_over_https(place: Place, presign: Presign, source: Path, deploy: Deploy) -> None:
    """This server wants the headers with every part, as test_known_differences.py says."""
    with deploy("dev").without("DenyIncorrectKMSKey", "DenyUnencryptedUploads"):
        assert_uploaded(place, presign, source)
