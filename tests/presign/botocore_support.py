"""Links as botocore makes them, for all that the signer can do: keys, cases, and two ways to ask botocore."""

import os
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from unittest.mock import patch
from urllib.parse import quote, urlencode

from presign import Signer
from presign.endpoint import access_point_url, bucket_url
from presign.signer import Plan

from mypy_boto3_s3 import S3Client

ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
TOKEN = "IQoJb3JpZ2luX2VjEXAMPLE//+==token with/odd+characters~="
NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
EXPIRES = 900  # seconds
KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
KMS_HEADERS = {
    "x-amz-server-side-encryption": "aws:kms",
    "x-amz-server-side-encryption-aws-kms-key-id": KEY_ARN,
}
KMS_PARAMS = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": KEY_ARN}
DIGEST = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
VERSION = "3/L4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY+MTRCxf3vjVBH40Nr8X8gdRQBpUMLUo"
DISPOSITION = "attachment; filename=\"Bericht f_r _.csv\"; filename*=UTF-8''Bericht%20f%C3%BCr%20%C3%9C.csv"


@dataclass(frozen=True)
class Case:
    """One kind of link: to ask of the signer (headers, query) and of botocore's client (operation, params).

    ``bucket`` may be the ARN of an access point; ``style`` is the addressing that the client is given.
    """

    method: str = "GET"
    bucket: str = "my-bucket"
    region: str = "eu-west-1"
    endpoint: str | None = None
    style: str = "virtual"
    token: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        place = access_point_url if self.bucket.startswith("arn:") else bucket_url
        return place(self.bucket, self.region, self.endpoint)

    @property
    def plan(self) -> Plan:
        signer = Signer(
            access_key=ACCESS_KEY,
            secret_key=SECRET_KEY,
            session_token=self.token,
            region=self.region,
            bucket_url=self.url,
            clock=noon,
        )
        return signer.plan(self.method, EXPIRES, self.headers, self.query)


CASES = {
    "get": Case(),
    "get-token": Case(region="us-east-1", token=TOKEN),
    "get-version": Case(query={"versionId": VERSION}, params={"VersionId": VERSION}, token=TOKEN),
    "get-download-as": Case(
        region="cn-north-1",
        query={"response-content-disposition": DISPOSITION},
        params={"ResponseContentDisposition": DISPOSITION},
    ),
    "get-path-style": Case(endpoint="http://127.0.0.1:4566", style="path", token=TOKEN),
    "get-access-point": Case(bucket="arn:aws:s3:eu-west-1:111122223333:accesspoint/my-point", token=TOKEN),
    "get-access-point-china": Case(
        bucket="arn:aws-cn:s3:cn-north-1:111122223333:accesspoint/my-point", region="cn-north-1"
    ),
    "head": Case("HEAD", region="us-gov-west-1"),
    "head-dotted": Case("HEAD", bucket="dotted.bucket", style="path", token=TOKEN),
    "put": Case("PUT"),
    "put-kms": Case("PUT", headers=KMS_HEADERS, params=KMS_PARAMS, token=TOKEN),
    "put-sse-s3-dotted": Case(
        "PUT",
        bucket="dotted.bucket",
        style="path",
        headers={"x-amz-server-side-encryption": "AES256"},
        params={"ServerSideEncryption": "AES256"},
    ),
    "put-checksum-type": Case(
        "PUT",
        headers={**KMS_HEADERS, "content-type": "text/csv; charset=utf-8", "x-amz-checksum-sha256": DIGEST},
        params={**KMS_PARAMS, "ContentType": "text/csv; charset=utf-8", "ChecksumSHA256": DIGEST},
        token=TOKEN,
    ),
}

_PARTS = ["/", "//", ".", "..", "/./", "/../", " ", "+", "%", "%2F", "%FF", "é", "ÿ", "ü/", "日本", "😀"]
_PARTS += ["\n", "~=&?#", "a-Z_0.9", "folder/", "name"]


def noon() -> datetime:
    return NOON


def distinct_keys(count: int, seed: int = 1) -> list[str]:
    """Return keys of 1 to 1,024 bytes, of all that is hard to encode and of any other character."""
    chance = random.Random(seed)  # noqa: S311
    any_code = chance.sample([code for code in range(0x110000) if not 0xD800 <= code < 0xE000], 1920)
    # Hard parts, ASCII with all controls, two-byte characters and any others, each about as often.
    pool = [*_PARTS * 90, *map(chr, [*range(0x80)] * 15), *map(chr, range(0x80, 0x800)), *map(chr, any_code)]
    keys: dict[str, None] = {}
    while len(keys) < count:
        longest = chance.choice([1, 8, 40, 40, 200, 1024])
        key = "".join(chance.choices(pool, k=longest)).encode()[:longest].decode(errors="ignore")
        if key:
            keys[key] = None
    return list(keys)


@contextmanager
def noon_in_botocore() -> Iterator[None]:
    # awscrt, where it is installed, would sign instead, with a clock of its own.
    with (
        patch.dict(os.environ, BOTO_DISABLE_CRT="true"),
        patch("botocore.auth.get_current_datetime", noon),
    ):
        yield


@cache
def client(region: str, endpoint: str | None, style: str, token: str | None) -> S3Client:
    import boto3
    from botocore.config import Config

    addressing = {"addressing_style": style, "us_east_1_regional_endpoint": "regional"}
    return boto3.client(
        "s3",
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        aws_session_token=token,
        config=Config(signature_version="s3v4", s3=addressing),  # type: ignore[arg-type]
    )


def links_of_client(case: Case, keys: Sequence[str], expires: int = EXPIRES) -> list[str]:
    """Return what boto3's client makes for the keys, as anybody would ask it."""
    theirs = client(case.region, case.endpoint, case.style, case.token)
    operation = {"GET": "get_object", "HEAD": "head_object", "PUT": "put_object"}[case.method]
    return [
        theirs.generate_presigned_url(
            operation, Params={"Bucket": case.bucket, "Key": key, **case.params}, ExpiresIn=expires
        )
        for key in keys
    ]


def links_of_auth(case: Case, keys: Sequence[str]) -> list[str]:
    """Return what botocore's own signer makes, without the client around it: five times as fast."""
    from botocore.auth import S3SigV4QueryAuth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    signer = S3SigV4QueryAuth(
        Credentials(ACCESS_KEY, SECRET_KEY, case.token), "s3", case.region, expires=EXPIRES
    )
    query = f"?{urlencode(case.query, quote_via=quote, safe='')}" if case.query else ""
    links = []
    for key in keys:
        request = AWSRequest(case.method, f"{case.url}{quote(key, safe='/~')}{query}", dict(case.headers))
        signer.add_auth(request)
        links.append(str(request.url))
    return links
