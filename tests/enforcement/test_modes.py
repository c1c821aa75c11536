"""The other kinds of bucket: default encryption, S3's own keys, and Terraform's state."""

from tests.enforcement.bucket import ALGORITHM_HEADER, DENIED, KEY_HEADER, Deploy

import pytest

AES256 = {ALGORITHM_HEADER: "AES256"}


@pytest.mark.parametrize("name", ["lenient", "dev-state"])
def test_where_no_headers_are_required_the_bucket_encrypts_with_its_own_key(
    deploy: Deploy, key_arn: str, name: str
) -> None:
    bucket = deploy(name)
    assert bucket.headers == {}
    assert bucket.upload().outcome == "200"
    assert bucket.encryption() == ("aws:kms", key_arn)
    assert bucket.upload({ALGORITHM_HEADER: "aws:kms", KEY_HEADER: key_arn}).outcome == "200"


@pytest.mark.parametrize("name", ["lenient", "dev-state"])
def test_where_no_headers_are_required_wrong_ones_are_denied(
    deploy: Deploy, other_key_arn: str, name: str
) -> None:
    bucket = deploy(name)
    assert bucket.upload(AES256).outcome == DENIED
    assert bucket.upload({ALGORITHM_HEADER: "aws:kms"}).outcome == DENIED
    assert bucket.upload({ALGORITHM_HEADER: "aws:kms", KEY_HEADER: other_key_arn}).outcome == DENIED
    assert bucket.upload(scheme="http").outcome == DENIED


def test_where_no_headers_are_required_the_statements_stop_what_they_name(
    deploy: Deploy, other_key_arn: str
) -> None:
    bucket = deploy("lenient")
    with bucket.without("DenyUnencryptedUploads", "DenyIncorrectKMSKey"):
        assert bucket.upload(AES256, key="attack").outcome == "200"
        assert bucket.encryption("attack") == ("AES256", None)
    with bucket.without("DenyIncorrectKMSKey", "DenyOtherKMSKey"):
        headers = {ALGORITHM_HEADER: "aws:kms", KEY_HEADER: other_key_arn}
        assert bucket.upload(headers, key="attack").outcome == "200"


def test_with_keys_of_s3_an_upload_names_them_or_is_denied(deploy: Deploy, key_arn: str) -> None:
    bucket = deploy("sse-s3")
    assert bucket.headers == AES256
    assert bucket.upload().outcome == "200"
    assert bucket.encryption() == ("AES256", None)
    kms = {ALGORITHM_HEADER: "aws:kms", KEY_HEADER: key_arn}
    for headers in ({}, {ALGORITHM_HEADER: "aws:kms"}, kms):
        assert bucket.upload(headers).outcome == DENIED
    with bucket.without("DenyUnencryptedUploads"):
        assert bucket.upload({}).outcome == "200"
    with bucket.without("DenyUnencryptedUploads", "DenyOtherKMSKey"):
        assert bucket.upload(kms).outcome == "200"


@pytest.mark.parametrize("name", ["lenient", "sse-s3-lenient"])
def test_where_no_headers_are_required_a_key_without_an_encryption_is_denied(
    deploy: Deploy, other_key_arn: str, name: str
) -> None:
    bucket = deploy(name)
    assert bucket.upload({KEY_HEADER: other_key_arn}).outcome == DENIED
    with bucket.without("DenyOtherKMSKey"):
        assert bucket.upload({KEY_HEADER: other_key_arn}).outcome == "200"


def test_with_keys_of_s3_and_no_headers_required_only_others_are_denied(deploy: Deploy, key_arn: str) -> None:
    bucket = deploy("sse-s3-lenient")
    assert bucket.upload().outcome == "200"
    assert bucket.encryption() == ("AES256", None)
    assert bucket.upload(AES256).outcome == "200"
    assert bucket.upload({ALGORITHM_HEADER: "aws:kms", KEY_HEADER: key_arn}).outcome == DENIED
