"""Where links are used: the stack's bucket on each server, and the team's keys."""

import json
from collections.abc import Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from ops.embedded.aws import EmbeddedAws
from tests.enforcement import policies
from tests.enforcement.bucket import Bucket, aws_client, client
from tests.enforcement.seaweedfs import OPERATOR, TEAM

LEFT_OUT_OF_MINISTACK = ("DenyInsecureTransport", "DenyOutdatedTLS", "DenyIncorrectKMSKey")
"""The first two deny every request there: it is used over HTTP. The last one denies another key before the
signature is looked at, and these tests are about the signature."""


@dataclass(frozen=True)
class Place:
    """A bucket with the stack's policy, and the team's way to it.

    Attributes:
        server: the server's name.
        bucket: the bucket's name.
        outputs: the stack's outputs, as `terraform output -json` prints them.
        variables: what the environment of the team has.
        s3: a boto3 client of somebody who may do everything.
    """

    server: str
    bucket: str
    outputs: Mapping[str, Any]
    variables: Mapping[str, str]
    s3: Any

    @property
    def headers(self) -> dict[str, str]:
        """What an upload must send."""
        return dict(self.outputs["UploadHeaders"]["value"])

    def listed(self) -> Set[str]:
        """Return the keys of all objects."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, EncodingType="url")
        return {unquote_plus(entry["Key"]) for page in pages for entry in page.get("Contents", [])}

    def stored(self, key: str) -> bytes:
        """Return the content of an object."""
        body: bytes = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return body

    def head(self, key: str) -> dict[str, Any]:
        """Return what S3 knows of an object."""
        known: dict[str, Any] = self.s3.head_object(Bucket=self.bucket, Key=key)
        return known

    def store(self, key: str, content: bytes) -> str:
        """Store an object, without a link, and return its version."""
        algorithm, arn = self.headers.values()
        version: str = self.s3.put_object(
            Bucket=self.bucket, Key=key, Body=content, ServerSideEncryption=algorithm, SSEKMSKeyId=arn
        )["VersionId"]
        return version

    def delete(self, key: str) -> None:
        """Take an object away."""
        self.s3.delete_object(Bucket=self.bucket, Key=key)


def on_seaweedfs(bucket: Bucket) -> Place:
    """Return the way to a bucket on the server that evaluates the stack's policy."""
    certificate = str(bucket.server.certificate)
    return Place(
        server="SeaweedFS",
        bucket=bucket.name,
        outputs=bucket.outputs,
        variables={
            "AWS_ENDPOINT_URL": bucket.server.https,
            "AWS_ACCESS_KEY_ID": TEAM.access_key,
            "AWS_SECRET_ACCESS_KEY": TEAM.secret_key,
            # Where curl, requests and Python's own library look for certificates to trust.
            **dict.fromkeys(("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"), certificate),
        },
        s3=client(bucket.server, OPERATOR),
    )


def on_ministack(aws: EmbeddedAws, stack: dict[str, Any], *, key_arn: str) -> Place:
    """Make the stack's bucket on the embedded AWS, and a user with nothing but the stack's managed policy."""
    described = policies.resolved(stack, key_arn=key_arn)
    name = policies.only(described, "aws_s3_bucket")["bucket"]
    s3, iam = (aws_client(service, aws.endpoint, "test", "test") for service in ("s3", "iam"))
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    policy = json.loads(policies.only(described, "aws_s3_bucket_policy")["policy"])
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policies.without(policy, *LEFT_OUT_OF_MINISTACK)))
    (managed,) = (
        one
        for one in described["resource"]["aws_iam_policy"].values()
        if one["name"].startswith("SecureS3Access-")
    )
    iam.create_user(UserName="team")
    iam.put_user_policy(UserName="team", PolicyName=managed["name"], PolicyDocument=managed["policy"])
    keys = iam.create_access_key(UserName="team")["AccessKey"]
    return Place(
        server="MiniStack",
        bucket=name,
        outputs={key: {**output, "type": "dynamic"} for key, output in described["output"].items()},
        variables={
            "AWS_ENDPOINT_URL": aws.endpoint,
            "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        },
        s3=s3,
    )


def write_outputs(place: Place, folder: Path) -> None:
    """Write the outputs to where `presign` finds them in `folder`."""
    (folder / "outputs.json").write_text(json.dumps(place.outputs))
