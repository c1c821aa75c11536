"""An account with authorization on: a bucket, its objects, and roles with the policies of a test."""

import itertools
import json
import ssl
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from ops.embedded.aws import ACCOUNT_ID, EmbeddedAws, assume
from presign import Signer
from presign.credentials import Credentials
from presign.form import Rules
from presign.form import fields as signed_fields
from tests.enforcement.http_client import Answer, send

import pytest
from botocore.exceptions import ClientError

ROOT_ARN = f"arn:aws:iam::{ACCOUNT_ID}:root"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str, **condition: dict[str, Any]) -> dict[str, Any]:
    """A statement that allows actions under conditions such as `StringEquals={key: value}`."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return statement | ({"Condition": condition} if condition else {})


def trust(principal: object = None, action: str = "sts:AssumeRole", **condition: dict[str, Any]) -> str:
    statement = allow(action, **condition) | {"Principal": principal or {"AWS": ROOT_ARN}}
    return document({name: value for name, value in statement.items() if name != "Resource"})


class Account:
    """The account, as root sees it."""

    def __init__(self, aws: EmbeddedAws) -> None:
        self.aws = aws
        self.id = uuid.uuid4().hex[:8]
        self.bucket = f"bucket-{self.id}"
        self._numbers = itertools.count(1)

    @cached_property
    def s3(self) -> Any:
        """S3, with the bucket and an object `there` in it."""
        s3 = self.aws.client("s3")
        s3.create_bucket(Bucket=self.bucket)
        s3.put_object(Bucket=self.bucket, Key="there", Body=b"content")
        return s3

    @cached_property
    def iam(self) -> Any:
        return self.aws.client("iam")

    @cached_property
    def kms(self) -> Any:
        return self.aws.client("kms")

    def key(self, alias: str | None = None) -> str:
        """Make a key; return its ARN."""
        arn = str(self.kms.create_key()["KeyMetadata"]["Arn"])
        if alias:
            self.kms.create_alias(AliasName=alias, TargetKeyId=arn)
        return arn

    def encrypt_by_default(self, key_arn: str, *, bucket_key: bool = False) -> None:
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_arn}
        rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": bucket_key}
        self.s3.put_bucket_encryption(Bucket=self.bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})

    def policy(self, name: str) -> str:
        """Make a managed policy that allows nothing of interest; return its ARN."""
        text = document(allow("sts:DecodeAuthorizationMessage"))
        made = self.iam.create_policy(PolicyName=f"{name}-{self.id}", PolicyDocument=text)
        return str(made["Policy"]["Arn"])

    def role(self, name: str = "role", path: str = "/", **options: Any) -> str:
        """Make a role that root may take; return its ARN."""
        options = {"AssumeRolePolicyDocument": trust()} | options
        made = self.iam.create_role(RoleName=f"{name}-{self.id}", Path=path, **options)
        return str(made["Role"]["Arn"])

    def session(self, *statements: dict[str, Any], role: str | None = None, **options: Any) -> "Caller":
        """Return a session of a role, which may do what the statements say."""
        arn = role or self.role(f"role-{next(self._numbers)}")
        if statements:
            name = arn.rpartition("/")[2]
            self.iam.put_role_policy(RoleName=name, PolicyName="policy", PolicyDocument=document(*statements))
        return Caller(self, assume(self.aws, arn, **options))

    def user(self, *statements: dict[str, Any]) -> "Caller":
        """Return the access key of a user, who may do what the statements say."""
        name = f"user-{self.id}-{next(self._numbers)}"
        self.iam.create_user(UserName=name)
        self.iam.put_user_policy(UserName=name, PolicyName="policy", PolicyDocument=document(*statements))
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        keys = {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}
        return Caller(self, replace(self.aws, **keys))


@dataclass(frozen=True)
class Caller:
    """A session or a user's access key, and what it sends."""

    account: Account
    aws: EmbeddedAws

    @property
    def s3(self) -> Any:
        assert self.account.s3  # the bucket is there
        return self.aws.client("s3")

    def get(self, key: str = "there") -> None:
        self.s3.get_object(Bucket=self.account.bucket, Key=key)["Body"].read()

    def put(self, **options: Any) -> None:
        self.s3.put_object(**{"Bucket": self.account.bucket, "Key": "new", "Body": b"new"} | options)

    def get_by_sigv2(self) -> None:
        assert self.account.s3
        old = self.aws.client("s3", signature_version="s3")
        old.get_object(Bucket=self.account.bucket, Key="there")

    def get_by_link(self, age: timedelta = timedelta(), tls: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> None:
        """Get the object with a link that was signed some time ago, with a version of TLS."""
        assert self.account.s3
        signer = Signer(
            access_key=self.aws.access_key_id,
            secret_key=self.aws.secret_access_key,
            session_token=self.aws.session_token,
            region="us-east-1",
            bucket_url=f"{self.aws.endpoint}/{self.account.bucket}/",
            clock=lambda: datetime.now(UTC) - age,
        )
        must_succeed(fetch(self.aws, signer.url("GET", "there", 3600), tls))

    def post_form(self, age: timedelta = timedelta(), headers: Mapping[str, str] | None = None) -> str:
        """Upload with a form that was signed some time ago, as a browser does; return the outcome."""
        assert self.account.s3
        form = signed_fields(
            Rules("", "form"),
            bucket=self.account.bucket,
            region="us-east-1",
            credentials=Credentials(
                self.aws.access_key_id, self.aws.secret_access_key, self.aws.session_token
            ),
            headers=headers or {},
            content_type=None,
            expires=3600,
            now=datetime.now(UTC) - age,
        )
        boundary = "----boundary"
        fields = [*(f'name="{name}"\r\n\r\n{value}' for name, value in form.items())]
        parts = [*fields, 'name="file"; filename="f"\r\n\r\ncontent']
        head = f"--{boundary}\r\nContent-Disposition: form-data; "
        body = "".join(f"{head}{part}\r\n" for part in parts) + f"--{boundary}--\r\n"
        return send(
            "POST",
            f"{self.aws.endpoint}/{self.account.bucket}?",
            headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
            body=body.encode(),
            trusted=ssl.create_default_context(cafile=str(self.aws.certificate)),
        ).outcome


def fetch(aws: EmbeddedAws, url: str, tls: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> Answer:
    trusted = ssl.create_default_context(cafile=str(aws.certificate))
    trusted.maximum_version = tls
    return send("GET", url, headers={}, body=None, trusted=trusted)


def must_succeed(answer: Answer) -> None:
    """Raise what boto3 raises."""
    if answer.status != 200:
        _, _, code = answer.outcome.rpartition(" ")
        raise ClientError({"Error": {"Code": code, "Message": answer.body.decode()}}, "GetObject")


def refused(call: Callable[[], object]) -> str:
    """Call what must be refused; return the error's text."""
    with pytest.raises(ClientError, match=r"AccessDenied|403") as error:
        call()
    return str(error.value)
