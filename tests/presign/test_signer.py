"""The signer writes byte for byte what botocore writes, for every place, and refuses what S3 cannot have."""

import pickle
from collections.abc import Iterator, Mapping
from datetime import timedelta, timezone

from presign import Signer
from presign.endpoint import access_point_url, bucket_url
from presign.errors import ExpiryError, ObjectKeyError
from presign.signer import Plan
from tests.example_count import examples
from tests.presign.botocore_support import (
    ACCESS_KEY,
    KEY_ARN,
    KMS_HEADERS,
    NOON,
    SECRET_KEY,
    TOKEN,
    client,
    noon,
    noon_in_botocore,
)

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

object_keys = st.text(st.characters(codec="utf-8"), min_size=1, max_size=300).filter(
    lambda key: len(key.encode()) <= 1024
)
tokens = st.sampled_from([None, TOKEN])
expiries = st.integers(min_value=1, max_value=604800)
# bucket, region, endpoint and the addressing style that botocore is given for the same place
places = st.sampled_from(
    [
        ("my-bucket", "us-east-1", None, "virtual"),
        ("my-bucket", "eu-west-1", None, "virtual"),
        ("my-bucket", "cn-north-1", None, "virtual"),
        ("my-bucket", "us-gov-west-1", None, "virtual"),
        ("dotted.bucket", "eu-west-1", None, "virtual"),
        ("my-bucket", "eu-west-1", "http://127.0.0.1:4566", "path"),
        ("my-bucket", "eu-west-1", "http://localhost:80/", "path"),
        ("my-bucket", "eu-west-1", "http://[::1]:9000", "path"),
        ("my-bucket", "eu-west-1", "https://s3.example.com", "path"),
        ("my-bucket", "eu-west-1", "https://s3.example.com:443", "path"),
        ("my-bucket", "eu-west-1", "https://s3.example.com:9000/base/", "path"),
        ("dotted.bucket", "eu-west-1", "https://s3.example.com:9000/base", "path"),
    ]
)
Place = tuple[str, str, str | None, str]


@pytest.fixture(scope="module", autouse=True)
def frozen_clock() -> Iterator[None]:
    with noon_in_botocore():
        yield


def signer_for(place: Place, token: str | None = None) -> Signer:
    bucket, region, endpoint, _ = place
    return Signer(
        access_key=ACCESS_KEY,
        secret_key=SECRET_KEY,
        session_token=token,
        region=region,
        bucket_url=bucket_url(bucket, region, endpoint),
        clock=noon,
    )


PLACE: Place = ("my-bucket", "eu-west-1", None, "virtual")


@settings(max_examples=examples(400))
@given(place=places, key=object_keys, token=tokens, expires=expiries)
@example(place=PLACE, key="/", token=None, expires=900)
@example(place=PLACE, key="a//../b/./", token=None, expires=900)
@example(place=PLACE, key="a b+c?d#e%2Ff&g=h;~é\n\x00'\"[]{}\\", token=TOKEN, expires=604800)
@example(place=PLACE, key="x" * 1024, token=TOKEN, expires=1)
def test_download_links_equal_those_of_botocore(
    place: Place, key: str, token: str | None, expires: int
) -> None:
    bucket, region, endpoint, style = place
    theirs = client(region, endpoint, style, token).generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=expires
    )
    assert signer_for(place, token).url("GET", key, expires) == theirs


@settings(max_examples=examples(400))
@given(place=places, key=object_keys, token=tokens, expires=expiries)
def test_upload_links_with_kms_headers_equal_those_of_botocore(
    place: Place, key: str, token: str | None, expires: int
) -> None:
    bucket, region, endpoint, style = place
    theirs = client(region, endpoint, style, token).generate_presigned_url(
        "put_object",
        Params={"Bucket": bucket, "Key": key, "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": KEY_ARN},
        ExpiresIn=expires,
    )
    assert signer_for(place, token).url("PUT", key, expires, KMS_HEADERS) == theirs


@pytest.mark.parametrize(
    ("headers", "params"),
    [
        ({}, {}),
        ({"x-amz-server-side-encryption": "AES256"}, {"ServerSideEncryption": "AES256"}),
    ],
)
def test_upload_links_without_a_key_equal_those_of_botocore(
    headers: Mapping[str, str], params: Mapping[str, str]
) -> None:
    theirs = client("eu-west-1", None, "virtual", None).generate_presigned_url(
        "put_object", Params={"Bucket": "my-bucket", "Key": "k", **params}, ExpiresIn=60
    )
    assert signer_for(PLACE).url("PUT", "k", 60, headers) == theirs


def test_header_names_are_signed_in_lower_case_and_blanks_are_collapsed() -> None:
    signer = signer_for(PLACE)
    assert signer.url("PUT", "k", 60, {"X-Amz-Meta-A": "  one   two "}) == signer.url(
        "PUT", "k", 60, {"x-amz-meta-a": "one two"}
    )


def test_a_plan_signs_like_the_signer_and_knows_when_its_links_expire() -> None:
    signer = signer_for(PLACE, TOKEN)
    plan = signer.plan("PUT", 900, KMS_HEADERS)
    assert [plan.url(key) for key in ("a", "b")] == [
        signer.url("PUT", key, 900, KMS_HEADERS) for key in ("a", "b")
    ]
    assert (plan.signed_at, plan.expires_at) == (NOON, NOON + timedelta(minutes=15))


def test_the_clock_may_be_in_any_time_zone() -> None:
    signer = Signer(
        access_key=ACCESS_KEY,
        secret_key=SECRET_KEY,
        region="eu-west-1",
        bucket_url=bucket_url("my-bucket", "eu-west-1"),
        clock=lambda: NOON.astimezone(timezone(timedelta(hours=5, minutes=30))),
    )
    assert signer.url("GET", "k", 60) == signer_for(PLACE).url("GET", "k", 60)


def test_signers_and_plans_survive_pickling() -> None:
    signer = signer_for(PLACE, TOKEN)
    copied_signer: Signer = pickle.loads(pickle.dumps(signer))  # noqa: S301
    copied_plan: Plan = pickle.loads(pickle.dumps(signer.plan("GET", 60)))  # noqa: S301
    assert copied_signer.url("GET", "k", 60) == copied_plan.url("k") == signer.url("GET", "k", 60)


def test_neither_signer_nor_plan_shows_its_secrets() -> None:
    signer = signer_for(PLACE)
    plan = signer.plan("GET", 60)
    assert SECRET_KEY not in repr(signer)
    assert "signing_key" not in repr(plan)


@pytest.mark.parametrize("expires", [0, -1, 604801])
def test_an_expiry_that_sigv4_does_not_allow_is_refused(expires: int) -> None:
    with pytest.raises(ExpiryError, match=f"{expires} seconds: SigV4 allows 1 to 604800"):
        signer_for(PLACE).url("GET", "k", expires)


@pytest.mark.parametrize("key", ["x" * 1024, "é" * 512, "\N{GRINNING FACE}" * 256])
def test_a_key_of_1024_bytes_is_signed(key: str) -> None:
    assert signer_for(PLACE).url("GET", key, 60)


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("", "the key is empty"),
        ("x" * 1025, "has 1025 bytes in UTF-8"),
        ("é" * 513, "has 1026 bytes in UTF-8"),
        ("a\udc80", "not valid UTF-8"),
    ],
)
def test_a_key_that_s3_does_not_allow_is_refused(key: str, problem: str) -> None:
    with pytest.raises(ObjectKeyError, match=problem):
        signer_for(PLACE).url("GET", key, 60)


@settings(max_examples=examples(200))
@given(
    place=places, key=object_keys, token=tokens, version=st.text(min_size=1), disposition=st.text(min_size=1)
)
def test_parameters_of_a_download_are_signed_as_botocore_does(
    place: Place, key: str, token: str | None, version: str, disposition: str
) -> None:
    bucket, region, endpoint, style = place
    theirs = client(region, endpoint, style, token).generate_presigned_url(
        "get_object",
        Params={
            "Bucket": bucket,
            "Key": key,
            "VersionId": version,
            "ResponseContentDisposition": disposition,
        },
        ExpiresIn=60,
    )
    query = {"versionId": version, "response-content-disposition": disposition}
    assert signer_for(place, token).plan("GET", 60, query=query).url(key) == theirs


@pytest.mark.parametrize("token", [None, TOKEN])
def test_content_type_and_checksum_of_an_upload_are_signed_as_botocore_does(token: str | None) -> None:
    bucket, region, endpoint, style = PLACE
    digest = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    theirs = client(region, endpoint, style, token).generate_presigned_url(
        "put_object",
        Params={
            "Bucket": bucket,
            "Key": "k",
            "ContentType": "text/plain; charset=utf-8",
            "ChecksumSHA256": digest,
            "ServerSideEncryption": "aws:kms",
            "SSEKMSKeyId": KEY_ARN,
        },
        ExpiresIn=60,
    )
    headers = {**KMS_HEADERS, "Content-Type": "text/plain; charset=utf-8", "x-amz-checksum-sha256": digest}
    assert signer_for(PLACE, token).url("PUT", "k", 60, headers) == theirs


@pytest.mark.parametrize("place", [PLACE, ("dotted.bucket", "eu-west-1", None, "path")])
def test_a_link_to_the_bucket_itself_is_accepted_where_botocores_is(place: Place) -> None:
    bucket, region, endpoint, style = place
    theirs = client(region, endpoint, style, None).generate_presigned_url(
        "head_bucket", Params={"Bucket": bucket}, ExpiresIn=60
    )
    ours = signer_for(place).plan("HEAD", 60).bucket_url()
    if style == "virtual":
        assert ours == theirs
    else:  # botocore leaves out the last slash, which S3 allows
        assert ours.split("?")[0] == theirs.split("?")[0] + "/"


@pytest.mark.parametrize(
    ("partition", "region"), [("aws", "eu-west-1"), ("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")]
)
def test_links_through_an_access_point_equal_those_of_botocore(partition: str, region: str) -> None:
    arn = f"arn:{partition}:s3:{region}:111122223333:accesspoint/my-point"
    theirs = client(region, None, "virtual", TOKEN).generate_presigned_url(
        "get_object", Params={"Bucket": arn, "Key": "a b/ü"}, ExpiresIn=60
    )
    signer = Signer(
        access_key=ACCESS_KEY,
        secret_key=SECRET_KEY,
        session_token=TOKEN,
        region=region,
        bucket_url=access_point_url(arn, region),
        clock=noon,
    )
    assert signer.url("GET", "a b/ü", 60) == theirs
