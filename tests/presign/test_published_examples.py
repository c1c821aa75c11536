"""The signer's results are those that AWS publishes for its own examples."""

import hmac
from datetime import UTC, datetime

from presign import Signer
from presign.signer import signing_key
from tests.presign.botocore_support import ACCESS_KEY, SECRET_KEY

import pytest

URL = (
    "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
    "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
    "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
    "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
)


def test_the_presigned_url_is_the_published_one() -> None:
    # https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
    plan = Signer(
        access_key=ACCESS_KEY,
        secret_key=SECRET_KEY,
        region="us-east-1",
        bucket_url="https://examplebucket.s3.amazonaws.com",
        clock=lambda: datetime(2013, 5, 24, tzinfo=UTC),
    ).plan("GET", 86400)
    assert plan.url("test.txt") == URL
    assert list(plan.urls(["test.txt"])) == [URL]


@pytest.mark.parametrize(
    ("request_hash", "signature"),
    [
        (  # GET object
            "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972",
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (  # GET bucket lifecycle
            "9766c798316ff2757b517bc739a67f6213b4ab36dd5da2f94eaebf79c77395ca",
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (  # list objects
            "df57d21db20da04d7fa30298dd4488ba3a2b47ca3a489c74750e0f1e7df1b9b7",
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)
def test_the_signing_key_gives_the_published_signatures(request_hash: str, signature: str) -> None:
    # https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
    # AWS publishes no signing key for S3, only what it signs.
    key = signing_key(SECRET_KEY, "20130524", "us-east-1")
    text = f"AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n{request_hash}"
    assert hmac.digest(key, text.encode(), "sha256").hex() == signature
