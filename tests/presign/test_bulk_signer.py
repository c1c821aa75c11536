"""Many links at once are the same bytes as botocore's, for every key that S3 can have."""

import os
import pickle
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from unittest.mock import patch

from presign import Signer
from presign.endpoint import bucket_url
from presign.errors import ObjectKeyError
from presign.signer import Plan

import pytest

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
TOKEN = "IQoJb3JpZ2luX2VjEXAMPLE//+==token with/odd+characters~="
KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
KMS_HEADERS = {
    "x-amz-server-side-encryption": "aws:kms",
    "x-amz-server-side-encryption-aws-kms-key-id": KEY_ARN,
}
PARTS = [
    "/",
    "//",
    ".",
    "..",
    "/./",
    "/../",
    " ",
    "+",
    "%",
    "%2F",
    "%FF",
    "é",
    "ÿ",
    "ü/",
    "日本",
    "😀",
    "\n",
    "~=&?#",
    "a-Z_0.9",
]


def noon() -> datetime:
    return NOON


def plan_for(method: str, token: str | None) -> Plan:
    return Signer(
        access_key="AKIAIOSFODNN7EXAMPLE",
        secret_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        session_token=token,
        region="eu-west-1",
        bucket_url=bucket_url("my-bucket", "eu-west-1"),
        clock=noon,
    ).plan(method, 900, KMS_HEADERS if method == "PUT" else {})


def generated_keys(count: int, seed: int) -> Iterator[str]:
    """Yield keys of 1 to 1,024 bytes, of all that is hard to encode and of any other character."""
    chance = random.Random(seed)  # noqa: S311
    for _ in range(count):
        longest = chance.choice([1, 8, 40, 40, 200, 1024])
        key = ""
        while len(key.encode()) < longest:
            code = chance.choice(
                [chance.randrange(0x80), chance.randrange(0x800), chance.randrange(0x110000)]
            )
            anything = "x" if 0xD800 <= code < 0xE000 else chr(code)
            key += chance.choice([*PARTS, anything, "folder/", "name"])
        yield key.encode()[:longest].decode(errors="ignore") or "k"


def differences(method: str, token: str | None, count: int) -> int:
    """Count the generated keys whose links are not those of botocore."""
    import boto3
    from botocore.config import Config

    with (
        # awscrt, where it is installed, would sign instead, with a clock of its own.
        patch.dict(os.environ, BOTO_DISABLE_CRT="true"),
        patch("botocore.auth.get_current_datetime", noon),
    ):
        client = boto3.client(
            "s3",
            region_name="eu-west-1",
            aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
            aws_secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            aws_session_token=token,
            config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}),
        )
        operation = "put_object" if method == "PUT" else "get_object"
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": KEY_ARN} if method == "PUT" else {}
        keys = list(generated_keys(count, seed=count))
        links = list(plan_for(method, token).urls(iter(keys)))
        assert len(links) == count
        return sum(
            ours
            != client.generate_presigned_url(
                operation, Params={"Bucket": "my-bucket", "Key": key, **encryption}, ExpiresIn=900
            )
            for key, ours in zip(keys, links, strict=True)
        )


@pytest.mark.parametrize("token", [None, TOKEN], ids=["keys", "token"])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_links_of_many_keys_equal_those_of_botocore(method: str, token: str | None) -> None:
    assert differences(method, token, 1_100) == 0


@pytest.mark.slow
@pytest.mark.parametrize("token", [None, TOKEN], ids=["keys", "token"])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_100_000_links_equal_those_of_botocore(method: str, token: str | None) -> None:
    assert differences(method, token, 25_000) == 0


def test_many_links_equal_single_ones() -> None:
    plan = plan_for("PUT", TOKEN)
    keys = list(generated_keys(2_500, seed=1))
    assert list(plan.urls(keys)) == [plan.url(key) for key in keys]
    assert list(plan.urls([])) == []


def test_a_pickled_plan_signs_many() -> None:
    plan = plan_for("GET", None)
    copied: Plan = pickle.loads(pickle.dumps(plan))  # noqa: S301
    assert list(copied.urls(["a", "b"])) == list(plan.urls(["a", "b"]))


def test_keys_are_taken_as_they_are_needed() -> None:
    endless = iter(lambda: "key", None)
    assert next(plan_for("GET", None).urls(endless)).startswith("https://my-bucket.s3.eu-west-1")


@pytest.mark.parametrize("bad", ["", "x" * 1025, "a\udc80"])
def test_a_bad_key_among_many_is_refused(bad: str) -> None:
    with pytest.raises(ObjectKeyError):
        list(plan_for("GET", None).urls(["a", bad, "b"]))
