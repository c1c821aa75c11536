"""The development environment's policy: what an upload must be like."""

import hashlib
from base64 import b64encode

from tests.enforcement.bucket import ALGORITHM_HEADER, DENIED, KEY_HEADER, Bucket, Deploy

import pytest

CUSTOMER_KEY = b"k" * 32
SSE_C = {
    f"{ALGORITHM_HEADER}-customer-algorithm": "AES256",
    f"{ALGORITHM_HEADER}-customer-key": b64encode(CUSTOMER_KEY).decode(),
    f"{ALGORITHM_HEADER}-customer-key-md5": b64encode(
        hashlib.md5(CUSTOMER_KEY, usedforsecurity=False).digest()
    ).decode(),
}


@pytest.fixture
def bucket(deploy: Deploy) -> Bucket:
    return deploy("dev")


def test_upload_with_the_headers_of_the_outputs_lies_under_our_key(bucket: Bucket, key_arn: str) -> None:
    assert bucket.headers == {ALGORITHM_HEADER: "aws:kms", KEY_HEADER: key_arn}
    assert bucket.upload().outcome == "200"
    assert bucket.encryption() == ("aws:kms", key_arn)
    assert bucket.download().body == b"content"


def test_upload_without_headers_is_denied_and_passes_without_the_statements(bucket: Bucket) -> None:
    assert bucket.upload({}).outcome == DENIED
    # Either statement is enough to stop it.
    for one in ("DenyUnencryptedUploads", "DenyIncorrectKMSKey"):
        with bucket.without(one):
            assert bucket.upload({}).outcome == DENIED
    with bucket.without("DenyUnencryptedUploads", "DenyIncorrectKMSKey"):
        assert bucket.upload({}).outcome == "200"


def test_upload_with_another_algorithm_is_denied_and_passes_without_the_statement(
    bucket: Bucket, key_arn: str
) -> None:
    assert bucket.upload({ALGORITHM_HEADER: "AES256"}).outcome == DENIED
    # Our key's header keeps DenyIncorrectKMSKey out of it. S3 itself would refuse this pair with 400.
    headers = {ALGORITHM_HEADER: "AES256", KEY_HEADER: key_arn}
    assert bucket.upload(headers, key="attack").outcome == DENIED
    with bucket.without("DenyUnencryptedUploads"):
        assert bucket.upload(headers, key="attack").outcome == "200"
        assert bucket.encryption("attack") == ("AES256", None)


def test_upload_with_another_key_is_denied_and_passes_without_the_statement(
    bucket: Bucket, other_key_arn: str
) -> None:
    headers = {ALGORITHM_HEADER: "aws:kms", KEY_HEADER: other_key_arn}
    assert bucket.upload(headers, key="attack").outcome == DENIED
    with bucket.without("DenyIncorrectKMSKey"):
        assert bucket.upload(headers, key="attack").outcome == "200"
        assert bucket.encryption("attack") == ("aws:kms", other_key_arn)


def test_upload_with_kms_and_no_key_is_denied_by_the_statement_alone(bucket: Bucket) -> None:
    """AWS would take its managed key for S3; this server gets past the policy, and then has no such key."""
    headers = {ALGORITHM_HEADER: "aws:kms"}
    assert bucket.upload(headers).outcome == DENIED
    with bucket.without("DenyIncorrectKMSKey"):
        assert bucket.upload(headers).outcome == "500 InternalError"


def test_upload_with_the_id_of_our_key_in_place_of_its_arn_is_denied(bucket: Bucket, key_arn: str) -> None:
    headers = {ALGORITHM_HEADER: "aws:kms", KEY_HEADER: key_arn.rpartition("/")[2]}
    assert bucket.upload(headers).outcome == DENIED


def test_upload_with_a_key_of_the_customer_is_denied(bucket: Bucket) -> None:
    assert bucket.upload(SSE_C).outcome == DENIED


def test_where_no_headers_are_required_only_its_own_statement_stops_a_key_of_the_customer(
    deploy: Deploy,
) -> None:
    lenient = deploy("lenient")
    assert lenient.upload(SSE_C, key="attack").outcome == DENIED
    with lenient.without("DenyCustomerProvidedKeys"):
        assert lenient.upload(SSE_C, key="attack").outcome == "200"
    # Its owner cannot read it: that is the harm.
    assert lenient.download("attack").status == 400
    assert lenient.upload().outcome == "200"


def test_upload_and_download_over_plain_http_are_denied_and_pass_without_the_statement(
    bucket: Bucket,
) -> None:
    assert bucket.upload().outcome == "200"
    assert bucket.upload(scheme="http").outcome == DENIED
    assert bucket.download(scheme="http").outcome == DENIED
    with bucket.without("DenyInsecureTransport"):
        assert bucket.upload(scheme="http").outcome == "200"
        assert bucket.download(scheme="http").outcome == "200"
