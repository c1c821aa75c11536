"""A bucket as a stack describes it, and links to it."""

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from constructs_lib.policies import Document
from presign import Signer
from tests.enforcement import policies
from tests.enforcement.agreement import SENT, Sent
from tests.enforcement.http_client import Answer, send
from tests.enforcement.seaweedfs import OPERATOR, TEAM, Identity, Server

import boto3
import pytest
from botocore.config import Config

ALGORITHM_HEADER = "x-amz-server-side-encryption"
KEY_HEADER = f"{ALGORITHM_HEADER}-aws-kms-key-id"
DENIED = "403 AccessDenied"


@dataclass(frozen=True)
class Bucket:
    """A bucket on the server, set up from a stack's JSON as far as the server can.

    Attributes:
        name: its name.
        headers: what an upload must send, as the stack's outputs say.
        outputs: the stack's outputs, as `terraform output -json` prints them.
        policy: the part of the bucket policy that the server takes, and enforces.
        server: where it is.
        in_force: the policies that it has had; the last one counts.
    """

    name: str
    headers: Mapping[str, str]
    outputs: Mapping[str, Any]
    policy: Document
    server: Server
    in_force: list[Document] = field(default_factory=list)

    def link(
        self,
        method: str,
        key: str,
        *,
        headers: Mapping[str, str] | None = None,
        who: Identity = TEAM,
        scheme: str = "https",
        expires: int = 900,
        age: timedelta = timedelta(0),
    ) -> str:
        """Return a link that `who` signed `age` ago, made by the project's own signer."""
        signer = Signer(
            access_key=who.access_key,
            secret_key=who.secret_key,
            region="us-east-1",
            bucket_url=f"{self.server.https if scheme == 'https' else self.server.http}/{self.name}/",
            clock=lambda: datetime.now(UTC) - age,
        )
        return signer.url(method, key, expires, headers or {})

    def use(self, method: str, url: str, headers: Mapping[str, str] | None = None, **how: Any) -> Answer:
        """Send a request to a link; `how` may say from which `source` address and with which `body`."""
        how.setdefault("body", b"content" if method == "PUT" else None)
        answer = send(method, url, headers=headers or {}, trusted=self.server.trusted, **how)
        source = how.get("source", "127.0.0.1")
        SENT.append(Sent(self.in_force[-1], method, url, headers or {}, source, answer))
        return answer

    def upload(
        self,
        headers: Mapping[str, str] | None = None,
        *,
        key: str = "uploads/report.csv",
        source: str = "127.0.0.1",
        **link: Any,
    ) -> Answer:
        """Upload through a link made for `headers`, by default those that the stack's outputs ask for."""
        sent = self.headers if headers is None else headers
        return self.use("PUT", self.link("PUT", key, headers=sent, **link), sent, source=source)

    def download(self, key: str = "uploads/report.csv", *, source: str = "127.0.0.1", **link: Any) -> Answer:
        """Download through a link."""
        return self.use("GET", self.link("GET", key, **link), source=source)

    def list(self, prefix: str | None, who: Identity = TEAM) -> Answer:
        """List what lies below `prefix` through a link; None lists everything."""
        filters = {} if prefix is None else {"Prefix": prefix}
        url = client(self.server, who).generate_presigned_url(
            "list_objects_v2", Params={"Bucket": self.name, **filters}
        )
        return self.use("GET", url)

    def encryption(self, key: str = "uploads/report.csv") -> tuple[str | None, str | None]:
        """Return the algorithm and the KMS key under which the object really lies there."""
        head = client(self.server, OPERATOR).head_object(Bucket=self.name, Key=key)
        return head.get("ServerSideEncryption"), head.get("SSEKMSKeyId")

    def apply(self, policy: Document) -> None:
        """Put `policy` on the bucket."""
        client(self.server, OPERATOR).put_bucket_policy(Bucket=self.name, Policy=json.dumps(policy))
        self.in_force.append(policy)

    @contextlib.contextmanager
    def without(self, *sids: str) -> Iterator[None]:
        """Take these statements out of the bucket's policy for the time of the block."""
        self.apply(policies.without(self.policy, *sids))
        try:
            yield
        finally:
            self.apply(self.policy)


Deploy = Callable[[str], Bucket]
"""Makes the bucket of the stack secure-storage-NAME."""


def create(stack: dict[str, Any], *, key_arn: str, server: Server) -> Bucket:
    """Make the bucket that a synthesized stack describes: versioned, with default encryption and policy."""
    described = policies.resolved(stack, key_arn=key_arn)
    s3 = client(server, OPERATOR)
    name = policies.only(described, "aws_s3_bucket")["bucket"]
    s3.create_bucket(Bucket=name)
    versioning = policies.only(described, "aws_s3_bucket_versioning")["versioning_configuration"]
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": versioning["status"]})
    (rule,) = policies.only(described, "aws_s3_bucket_server_side_encryption_configuration")["rule"]
    by_default = rule["apply_server_side_encryption_by_default"]
    default = {"SSEAlgorithm": by_default["sse_algorithm"]}
    if "kms_master_key_id" in by_default:
        default["KMSMasterKeyID"] = by_default["kms_master_key_id"]
    s3.put_bucket_encryption(
        Bucket=name,
        ServerSideEncryptionConfiguration={
            "Rules": [
                {
                    "ApplyServerSideEncryptionByDefault": default,
                    "BucketKeyEnabled": rule.get("bucket_key_enabled", False),
                }
            ]
        },
    )
    outputs = described["output"]
    bucket = Bucket(
        name=name,
        headers=outputs.get("UploadHeaders", {"value": {}})["value"],
        outputs={key: {**output, "type": "dynamic"} for key, output in outputs.items()},
        policy=policies.takeable(json.loads(policies.only(described, "aws_s3_bucket_policy")["policy"]))[0],
        server=server,
    )
    bucket.apply(bucket.policy)
    return bucket


@cache
def client(server: Server, who: Identity, **config: Any) -> Any:
    """Return a boto3 client of S3 that signs as `who`; the same for the same, as it takes long to make."""
    settings = {"signature_version": "s3v4", "s3": {"addressing_style": "path"}, **config}
    trust = {"verify": str(server.certificate), "config": Config(**settings)}
    return aws_client("s3", server.https, who.access_key, who.secret_key, **trust)


def aws_client(service: Any, endpoint: str, access_key: str, secret_key: str, **settings: Any) -> Any:
    """Return a boto3 client that the machine's AWS settings and proxies have no part in."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.upper().startswith("AWS_") or name.upper().endswith("_PROXY"):
                patch.delenv(name)
        return boto3.client(
            service,
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            **settings,
        )
