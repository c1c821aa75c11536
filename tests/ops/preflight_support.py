"""What the tests of the preflight share: an account as a deploy leaves it, and the lines by subject."""

import http.client
import json
import os
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ops.embedded.aws import EmbeddedAws
from ops.preflight import command as preflight
from ops.preflight.state import StateFacts
from ops.preflight.verdict import Verdict

import boto3
import pytest

ACCOUNT = "000000000000"
OTHER_ACCOUNT = "111122223333"
STATE_BUCKET, BUCKET = "secure-dev-terraform-state", "secure-dev-data-bucket"
STATE_KEY = "secure-storage-dev/terraform.tfstate"
STATE_ALIAS, ALIAS = "alias/secure-dev-terraform-state", "alias/secure-s3-key-dev"
POLICY_ARN = f"arn:aws:iam::{ACCOUNT}:policy/SecureS3Access-dev"
HARMLESS = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}'


NO_STATE = StateFacts(snapshot=None, readable=True, bootstrapped=True)
NO_STACK: dict[str, Any] = {"provider": {"aws": []}, "resource": {}}
"""A stack that takes no names, for tests of what the settings name."""


@dataclass(frozen=True)
class Account:
    """An account of MiniStack, for which 12 digits as the access key stand."""

    endpoint: str
    access_key: str = "test"
    certificate: Path | None = None

    @cache  # noqa: B019 - the accounts are few
    def client(self, service: str, region: str = "us-east-1") -> Any:
        """Return a boto3 client, whatever the credentials of this process."""
        make: Any = boto3.client
        return make(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key="test",
            verify=str(self.certificate) if self.certificate else None,
        )

    @cached_property
    def s3(self) -> Any:
        return self.client("s3")

    @cached_property
    def kms(self) -> Any:
        return self.client("kms")

    @cached_property
    def iam(self) -> Any:
        return self.client("iam")

    def key(self, alias: str) -> str:
        """Make a key with an alias; return its id."""
        key: str = self.kms.create_key()["KeyMetadata"]["KeyId"]
        self.kms.create_alias(AliasName=alias, TargetKeyId=key)
        return key

    def bootstrap(self) -> None:
        """Make the state backend of dev."""
        self.s3.create_bucket(Bucket=STATE_BUCKET)
        self.s3.put_bucket_versioning(Bucket=STATE_BUCKET, VersioningConfiguration={"Status": "Enabled"})
        self.encrypt_state("aws:kms", self.key(STATE_ALIAS))
        self.block_public_access()

    def encrypt_state(self, algorithm: str, key: str | None = None) -> None:
        """Set the state bucket's default encryption."""
        default = {"SSEAlgorithm": algorithm} | ({} if key is None else {"KMSMasterKeyID": key})
        self.s3.put_bucket_encryption(
            Bucket=STATE_BUCKET,
            ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": default}]},
        )

    def block_public_access(self, **but: bool) -> None:
        """Block public access to the state bucket in all four ways, but for those given."""
        block = {
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        }
        self.s3.put_public_access_block(Bucket=STATE_BUCKET, PublicAccessBlockConfiguration=block | but)

    def put_state(self, body: bytes) -> None:
        """Write the storage stack's state."""
        self.s3.put_object(Bucket=STATE_BUCKET, Key=STATE_KEY, Body=body)

    def deploy(self) -> None:
        """Make what dev's storage stack makes, as far as the preflight looks at it, and its state."""
        self.s3.create_bucket(Bucket=BUCKET)
        self.key(ALIAS)
        self.iam.create_policy(PolicyName="SecureS3Access-dev", PolicyDocument=HARMLESS)
        self.put_state(state())


def use_account(aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Point this process at an embedded AWS, and at nothing of the user's."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in aws.environment({}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def reset(aws: EmbeddedAws) -> None:
    """Empty the embedded AWS."""
    address = urlsplit(aws.endpoint)
    connection = http.client.HTTPConnection(address.hostname or "", address.port)
    connection.request("POST", "/_ministack/reset")
    assert connection.getresponse().status == 200
    connection.close()


def state() -> bytes:
    """Return the state of a deployed dev, with what the preflight looks for."""
    resources = [
        ("aws_s3_bucket", {"bucket": BUCKET}),
        ("aws_kms_alias", {"name": ALIAS}),
        ("aws_iam_policy", {"name": "SecureS3Access-dev", "arn": POLICY_ARN}),
    ]
    content = {
        "version": 4,
        "terraform_version": "1.11.4",
        "serial": 7,
        "lineage": "4f1c",
        "outputs": {},
        "resources": [
            {"mode": "managed", "type": kind, "name": "it", "instances": [{"attributes": attributes}]}
            for kind, attributes in resources
        ],
    }
    return json.dumps(content).encode()


def lines(environment: str = "dev") -> dict[str, Verdict]:
    """Run the preflight in this process; return its lines by their subjects."""
    return {line.subject: line for line in preflight.check(environment)}
