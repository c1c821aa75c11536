"""The libraries that presign's signer is measured against, each as a function from keys to URLs.

Every one is used as its documentation says and keeps what it can between keys: client, store,
credentials. Only the keys differ from one URL to the next.
"""

import os
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import shake_256
from importlib import import_module
from importlib.metadata import version
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from presign import Signer
from presign.endpoint import bucket_url

ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
TOKEN = b64encode(shake_256(b"a session token").digest(525)).decode()  # of some 700 characters, as AWS's
REGION = "eu-west-1"
BUCKET = "secure-dev-data-bucket"
KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
UPLOAD_HEADERS = {
    "x-amz-server-side-encryption": "aws:kms",
    "x-amz-server-side-encryption-aws-kms-key-id": KEY_ARN,
}
EXPIRES = 900  # seconds

_HOST = f"{BUCKET}.s3.{REGION}.amazonaws.com"

Sign = Callable[[Sequence[str]], Iterable[str]]


@dataclass(frozen=True)
class Case:
    """What is signed: the method, the headers besides Host, and whose credentials."""

    name: str
    method: str
    headers: Mapping[str, str] = field(default_factory=dict)
    token: str | None = None


GET = Case("GET", "GET")
PUT = Case("PUT with SSE-KMS", "PUT", UPLOAD_HEADERS)
PUT_WITH_TOKEN = Case("PUT with SSE-KMS, session token", "PUT", UPLOAD_HEADERS, TOKEN)
CASES = (GET, Case("GET, session token", "GET", token=TOKEN), PUT, PUT_WITH_TOKEN)


@dataclass(frozen=True)
class Contestant:
    """One way to sign; ``make`` prepares it for a case. ``signs_headers``: others than Host."""

    name: str
    make: Callable[[Case], Sign]
    signs_headers: bool = True

    @property
    def label(self) -> str:
        """Return the name with the version that is installed."""
        return f"{self.name} {version(self.name)}" if self.name != "presign" else self.name


def key(number: int) -> str:
    """Return one of the keys that are signed. Every tenth has characters that must be escaped."""
    return f"exports/2026/11/22/{'part-' if number % 10 else 'Zürich '}{number:07}.parquet"


def presign(case: Case, clock: Callable[[], datetime] | None = None) -> Sign:
    """Sign with this project's signer, a plan for all keys."""
    signer = Signer(
        access_key=ACCESS_KEY,
        secret_key=SECRET_KEY,
        session_token=case.token,
        region=REGION,
        bucket_url=bucket_url(BUCKET, REGION),
        **({"clock": clock} if clock else {}),
    )
    return lambda keys: signer.plan(case.method, EXPIRES, case.headers).urls(keys)


def obstore(case: Case) -> Sign:
    """Sign with obstore, Rust's object_store: all keys in one call."""
    sign: Any = import_module("obstore").sign
    store = import_module("obstore.store").S3Store(
        BUCKET,
        region=REGION,
        access_key_id=ACCESS_KEY,
        secret_access_key=SECRET_KEY,
        virtual_hosted_style_request=True,
        **({"session_token": case.token} if case.token else {}),
    )
    lifetime = timedelta(seconds=EXPIRES)
    return lambda keys: sign(store, case.method, keys, lifetime)


def awscrt(case: Case) -> Sign:
    """Sign with awscrt, AWS's signer in C."""
    auth: Any = import_module("awscrt.auth")
    http: Any = import_module("awscrt.http")
    config = auth.AwsSigningConfig(
        algorithm=auth.AwsSigningAlgorithm.V4,
        signature_type=auth.AwsSignatureType.HTTP_REQUEST_QUERY_PARAMS,
        credentials_provider=auth.AwsCredentialsProvider.new_static(ACCESS_KEY, SECRET_KEY, case.token),
        region=REGION,
        service="s3",
        use_double_uri_encode=False,
        should_normalize_uri_path=False,
        signed_body_value=auth.AwsSignedBodyValue.UNSIGNED_PAYLOAD,
        expiration_in_seconds=EXPIRES,
    )
    headers = [("host", _HOST), *case.headers.items()]

    def sign(keys: Sequence[str]) -> Iterator[str]:
        for key in keys:
            request = http.HttpRequest(case.method, f"/{quote(key, safe='/~')}", http.HttpHeaders(headers))
            yield f"https://{_HOST}{auth.aws_sign_request(request, config).result().path}"

    return sign


def minio(case: Case) -> Sign:
    """Sign with the MinIO client."""
    client = import_module("minio").Minio(
        f"s3.{REGION}.amazonaws.com",
        access_key=ACCESS_KEY,
        secret_key=SECRET_KEY,
        session_token=case.token,
        region=REGION,
    )
    lifetime = timedelta(seconds=EXPIRES)
    return lambda keys: (client.get_presigned_url(case.method, BUCKET, key, lifetime) for key in keys)


def botocore(case: Case) -> Sign:
    """Sign with botocore's signer alone, without what a client does before it."""
    awsrequest: Any = import_module("botocore.awsrequest")
    credentials = import_module("botocore.credentials").Credentials(ACCESS_KEY, SECRET_KEY, case.token)
    auth = import_module("botocore.auth").S3SigV4QueryAuth(credentials, "s3", REGION, expires=EXPIRES)

    def sign(keys: Sequence[str]) -> Iterator[str]:
        for key in keys:
            url = f"https://{_HOST}/{quote(key, safe='/~')}"
            request = awsrequest.AWSRequest(case.method, url, headers=case.headers)
            auth.add_auth(request)
            yield request.url

    return sign


def boto3(case: Case) -> Sign:
    """Sign with a boto3 client."""
    os.environ["BOTO_DISABLE_CRT"] = "true"  # its own signer, even where awscrt is installed
    client = import_module("boto3").client(
        "s3",
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        aws_session_token=case.token,
        config=import_module("botocore.config").Config(
            signature_version="s3v4", s3={"addressing_style": "virtual"}
        ),
    )
    operation = "put_object" if case.method == "PUT" else "get_object"
    same = {"Bucket": BUCKET}
    if case.headers:
        same |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": KEY_ARN}
    return lambda keys: (
        client.generate_presigned_url(operation, Params={**same, "Key": key}, ExpiresIn=EXPIRES)
        for key in keys
    )


OURS = Contestant("presign", presign)
PEERS = (
    Contestant("obstore", obstore, signs_headers=False),
    Contestant("awscrt", awscrt),
    Contestant("minio", minio, signs_headers=False),
    Contestant("botocore", botocore),
    Contestant("boto3", boto3),
)


def parts(url: str) -> tuple[str, str, str, dict[str, list[str]]]:
    """Take a URL apart: two with equal parts ask S3 for the same, however they are written."""
    split = urlsplit(url)
    return split.scheme, split.netloc, unquote(split.path), parse_qs(split.query, strict_parsing=True)


def differs(case: Case, url: str, key: str) -> str | None:
    """Compare a peer's URL with ours of the same moment, signature included; return ours if they differ."""
    theirs = parts(url)
    [date] = theirs[3].get("X-Amz-Date", ["20000101T000000Z"])  # SigV2 has none
    moment = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    [ours] = presign(case, lambda: moment)([key])
    return None if parts(ours) == theirs else ours
